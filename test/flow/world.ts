import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import type { NodeInitializer } from 'node-red';
import { syncTab } from '../../flows/sync';
import { controllerNode, type FlowNode } from '../../flows/nodes';
import { setAcquireController } from '../../nodes/shared/controllers';
import { acquireController, type Controller, type RunSummary } from '../../src/controller';
import type { SyncRow } from '../../src/state';
import { machineEnvironment } from '../../simulator/environment';
import type { SimulatorRequest } from '../../simulator/http/messages';
import { listen } from '../../simulator/http/server';
import { Instance } from '../../simulator/instance';
import type { Library } from '../../simulator/library/types';
import type { SimulatedVersion } from '../../simulator/profile';
import { core, ours, secretKey } from '../nodes/runtime';

/** A simulated paperless on a loopback port, in this process: its documents can be looked at without asking it. */
export class Server {
  readonly #waiting: { matches: (request: SimulatorRequest) => boolean; found: () => void }[] = [];

  private constructor(
    readonly url: string,
    readonly token: string,
    readonly instance: Instance,
    readonly close: () => Promise<void>,
  ) {
    instance.hooks.onRequest = (request) => {
      for (const waiter of [...this.#waiting]) {
        if (!waiter.matches(request)) continue;
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        waiter.found();
      }
      return undefined;
    };
  }

  static async start(version: SimulatedVersion, seed: number, library: Library | null): Promise<Server> {
    const token = `token-${seed}`;
    const instance = new Instance({ version, environment: machineEnvironment(seed), token, workers: 2, delay: 2 });
    if (library !== null) instance.seed(library);
    const running = await listen((request) => instance.handle(request), 0);
    return new Server(running.url, token, instance, () => running.close());
  }

  /** The next request that is meant. */
  request(matches: (request: SimulatorRequest) => boolean): Promise<void> {
    return new Promise((found) => this.#waiting.push({ matches, found }));
  }

  titles(): string[] {
    return [...this.instance.store.documents.all()].map((document) => document.title).sort();
  }

  requests(kind: string): number {
    return this.instance.counters.snapshot()[kind]?.requests ?? 0;
  }
}

export function isUpload(request: SimulatorRequest): boolean {
  return request.method === 'POST' && request.path.startsWith('/api/documents/post_document/');
}

/** Small text documents, `Document 01` and so on; those with an even number have the tag Even. */
export function smallLibrary(documents: number): Library {
  const names = Array.from({ length: documents }, (_, index) => `Document ${String(index + 1).padStart(2, '0')}`);
  return {
    users: [],
    groups: [],
    tags: [{ name: 'Even' }],
    correspondents: [],
    documentTypes: [],
    storagePaths: [],
    customFields: [],
    documents: names.map((title, index) => ({
      key: index + 1,
      title,
      created: '2026-03-20',
      added: new Date(Date.UTC(2026, 2, 20, 12, 0, index)).toISOString(),
      file: { originalFileName: `${title}.txt`, mimeType: 'text/plain', bytes: () => Buffer.from(`${title}\n`), text: title, pageCount: null },
      tags: index % 2 === 1 ? ['Even'] : [],
      customFields: [],
      notes: [],
    })),
  };
}

export interface Setup {
  documents: number;
  replicas: SimulatedVersion[];
  settings?: Record<string, number>;
}

const coreNodes: NodeInitializer[] = ['common/20-inject.js', 'common/21-debug.js', 'common/90-comment.js', 'function/10-function.js'].map(core);

/** A master, its replicas, a database, and the shipped Sync tab on Node-RED's runtime. */
export class World {
  readonly #folder = mkdtempSync(join(tmpdir(), 'pngx-flow-'));
  readonly databasePath = join(this.#folder, 'db.sqlite3');

  private constructor(
    readonly master: Server,
    readonly replicas: Server[],
  ) {}

  static async start({ documents, replicas, settings = {} }: Setup): Promise<World> {
    const master = await Server.start('3.0.5', 1, smallLibrary(documents));
    const servers = await Promise.all(replicas.map((version, index) => Server.start(version, index + 2, null)));
    const world = new World(master, servers);
    await world.with(async (controller) => {
      for (const [key, value] of Object.entries({ batch_size: 4, ...settings })) controller.store.settings.set(key, value);
      await controller.setMaster({ url: master.url, token: master.token }, 'test');
      for (const [index, server] of servers.entries())
        await controller.addReplica({ name: `replica ${index + 1}`, url: server.url, token: server.token }, 'test');
    });
    return world;
  }

  /** The controller for a moment; it stops afterwards where no flow holds it. */
  async with<T>(use: (controller: Controller) => T | Promise<T>): Promise<T> {
    const handle = await acquireController({ databasePath: this.databasePath, secretKey, logToStdout: false });
    try {
      return await use(handle.controller);
    } finally {
      await handle.release();
    }
  }

  /** The shipped tab as it is, but that nothing starts by itself; with what a user changed. */
  flow(change: (flow: Flow) => void = () => undefined): FlowNode[] {
    const flow = new Flow([...syncTab(), { ...controllerNode(), database: `sqlite:///${this.databasePath}` }]);
    flow.node('tick')['once'] = false;
    flow.node('tick')['repeat'] = '';
    // What fails is looked at in the database and the log; the sidebar and the console have no reader here.
    flow.node('errors')['console'] = false;
    change(flow);
    return flow.nodes;
  }

  async load(nodes: FlowNode[]): Promise<void> {
    // The real controller, but for its lines on stdout.
    setAcquireController((options) => acquireController({ ...options, logToStdout: false }));
    await helper.load([...ours, ...coreNodes], nodes, { 'pngx-controller': { secretKey } });
    await this.attached();
  }

  async deploy(nodes: FlowNode[], kind: 'full' | 'nodes' | 'flows' = 'full'): Promise<void> {
    await helper.setFlows(nodes, kind, { 'pngx-controller': { secretKey } });
    await this.attached();
  }

  /** Until the flow's cycle-start node has announced itself. */
  private attached(): Promise<void> {
    return this.with(async (controller) => {
      while (!controller.flowAttached) await turn();
    });
  }

  /** Presses the button of the tab. */
  press(): void {
    helper.getNode('pngx-sync-manual').receive({});
  }

  /** Starts a cycle by the button and waits until a run has ended; ticks meanwhile, as the tab's timer would. */
  cycle(): Promise<RunSummary> {
    return this.with(async (controller) => {
      const ended: RunSummary[] = [];
      const stop = controller.on((event) => {
        if (event.type === 'run-finished') ended.push(event.summary);
      });
      this.press();
      while (ended[0] === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await controller.tick();
      }
      stop();
      return ended[0];
    });
  }

  rows(replica = 1): Promise<SyncRow[]> {
    return this.with((controller) => controller.store.registry.rows(replica, { limit: 1000 }));
  }

  logs(): Promise<string[]> {
    return this.with((controller) => controller.store.logs.query({ limit: 1000 }).map((line) => line.message));
  }

  async stop(): Promise<void> {
    await helper.unload();
    setAcquireController(null);
    await Promise.all([this.master, ...this.replicas].map((server) => server.close()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A tab under a user's hands. */
export class Flow {
  constructor(readonly nodes: FlowNode[]) {}

  node(name: string): FlowNode {
    const found = this.nodes.find((node) => node.id === `pngx-sync-${name}`);
    if (found === undefined) throw new Error(`The shipped tab has no node ${name}.`);
    return found;
  }

  /** The wires of one output, anew. */
  wire(from: string, output: number, ...to: string[]): void {
    const { wires } = this.node(from);
    if (wires === undefined) throw new Error(`${from} has no outputs.`);
    wires[output] = to.map((name) => `pngx-sync-${name}`);
  }

  /** A function node on the wire into push-doc. */
  between(code: string): void {
    const { x = 0, y = 0 } = this.node('push-doc');
    this.nodes.push({
      id: 'pngx-sync-mine',
      type: 'function',
      z: 'pngx-sync',
      name: 'mine',
      func: code,
      outputs: 1,
      timeout: 0,
      noerr: 0,
      initialize: '',
      finalize: '',
      libs: [],
      x,
      y: y + 200,
      wires: [['pngx-sync-push-doc']],
    });
    this.wire('fetch-changed', 0, 'mine');
  }
}
