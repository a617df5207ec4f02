/** A node as Node-RED keeps it in a flow file. Every property that the editor would save is written out, so that a deploy without a change changes nothing. */
export interface FlowNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  x?: number;
  y?: number;
  wires?: string[][];
  [property: string]: unknown;
}

/** Left to right in steps, top to bottom in rows: one place decides what a step is. */
export interface Place {
  column: number;
  row: number;
}

function at(place: Place): { x: number; y: number } {
  return { x: 140 + Math.round(place.column * 180), y: 40 + Math.round(place.row * 60) };
}

export const controllerId = 'pngx-controller';

export function controllerNode(): FlowNode {
  return { id: controllerId, type: 'paperless-config', name: 'Controller', database: '' };
}

/** Makes the nodes of one tab; ids are the tab's id and a name, so that they stay the same from version to version. */
export class Tab {
  readonly nodes: FlowNode[] = [];

  constructor(
    readonly id: string,
    label: string,
    info: string,
  ) {
    this.nodes.push({ id, type: 'tab', label, disabled: false, info, env: [] });
  }

  /** The id of a node of this tab. */
  ref(name: string): string {
    return `${this.id}-${name}`;
  }

  node(name: string, type: string, place: Place, properties: Record<string, unknown>, wires: string[][] = []): void {
    this.nodes.push({
      id: this.ref(name),
      type,
      z: this.id,
      ...properties,
      ...at(place),
      wires: wires.map((output) => output.map((target) => this.ref(target))),
    });
  }

  comment(name: string, place: Place, title: string, info: string): void {
    this.node(name, 'comment', place, { name: title, info });
  }

  paperless(name: string, kind: string, place: Place, wires: string[][], properties: Record<string, unknown> = {}): void {
    this.node(name, `paperless-${kind}`, place, { name: '', controller: controllerId, ...properties }, wires);
  }

  inject(
    name: string,
    place: Place,
    title: string,
    options: { trigger: string; everySeconds?: number; also?: Record<string, number | boolean> },
    wires: string[][],
  ): void {
    const also = Object.entries(options.also ?? {}).map(([p, v]) => ({ p, v: String(v), vt: typeof v === 'number' ? 'num' : 'bool' }));
    this.node(
      name,
      'inject',
      place,
      {
        name: title,
        props: [{ p: 'trigger', v: options.trigger, vt: 'str' }, ...also],
        repeat: options.everySeconds === undefined ? '' : String(options.everySeconds),
        crontab: '',
        once: options.everySeconds !== undefined,
        onceDelay: 2,
        topic: '',
      },
      wires,
    );
  }

  debug(name: string, place: Place, title: string, options: { active: boolean; console?: boolean; complete?: string }): void {
    const complete = options.complete ?? 'payload';
    this.node(name, 'debug', place, {
      name: title,
      active: options.active,
      tosidebar: true,
      console: options.console ?? false,
      tostatus: false,
      complete,
      targetType: complete === 'true' ? 'full' : 'msg',
      statusVal: '',
      statusType: 'auto',
    });
  }

  catchAll(name: string, place: Place, title: string, wires: string[][]): void {
    this.node(name, 'catch', place, { name: title, scope: null, uncaught: false }, wires);
  }

  httpIn(name: string, place: Place, method: string, url: string, wires: string[][]): void {
    this.node(name, 'http in', place, { name: '', url, method, upload: false, skipBodyParsing: false, swaggerDoc: '' }, wires);
  }

  httpResponse(name: string, place: Place): void {
    this.node(name, 'http response', place, { name: '', statusCode: '', headers: {} });
  }

  functionNode(name: string, place: Place, title: string, func: string, wires: string[][]): void {
    this.node(
      name,
      'function',
      place,
      { name: title, func, outputs: wires.length, timeout: 0, noerr: 0, initialize: '', finalize: '', libs: [] },
      wires,
    );
  }
}
