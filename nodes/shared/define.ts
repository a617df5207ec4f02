import type { Node, NodeAPI, NodeDef, NodeMessage, NodeMessageInFlow, NodeStatus } from 'node-red';
import type { z } from 'zod';
import type { Controller, Handle, Ticket } from '../../src/controller';
import { inputError, toNodeError, type NodeError } from './errors';
import { ticketOf } from './messages';
import { StatusLine } from './status';

/** One message per output, several for an output as a list, null for none. */
export type Outputs = (NodeMessage | NodeMessage[] | null)[];

/** What a paperless-config node offers the nodes that use it. */
export interface ControllerSource {
  open(): Promise<Handle>;
}

/** A node while its controller is open. */
export interface Running<Options> {
  readonly controller: Controller;
  readonly options: Options;
  /** Aborted when the node is closed. */
  readonly signal: AbortSignal;
  /** Nothing leaves a closed node. */
  readonly send: (outputs: Outputs) => void;
  readonly status: (fill: NodeStatus['fill'], shape: NodeStatus['shape'], key: string, values?: Record<string, string | number>) => void;
  /** Logs what went wrong where nobody is told otherwise. */
  readonly report: (thrown: unknown) => void;
  /** Called once when the node closes, last in first out. */
  readonly onClose: (dispose: () => void) => void;
  /** Wraps a callback that others call (events, timers): what it throws becomes a logged error of this node, never an exception in the caller. */
  readonly guard: <Arguments extends unknown[]>(callback: (...values: Arguments) => void) => (...values: Arguments) => void;
}

/** A node while it handles one message. */
export interface Call<Options> extends Running<Options> {
  readonly msg: NodeMessageInFlow;
  /** The ticket in `msg.sync`, checked; throws for a message without. */
  readonly ticket: () => Ticket;
}

export interface NodeSpec<Options> {
  type: `paperless-${string}`;
  /** What the editor saved, checked when the node is made. */
  options: z.ZodType<Options>;
  /** Once, when the controller is open. */
  opened?(running: Running<Options>): void;
  /** Per message; `done` follows when it resolves or rejects. */
  input?(call: Call<Options>): Promise<void> | void;
  /** Tells whoever sent the message of a failure in another way than by a Catch node; true when it did. */
  failed?(error: NodeError, msg: NodeMessageInFlow, send: (outputs: Outputs) => void): boolean;
}

/** A node's own failure, brought back to it by a Catch node: to fail at it again would go round for ever. */
function isOwnFailure(msg: NodeMessage, node: Node): boolean {
  const { error } = msg as { error?: { source?: { id?: unknown } } | null };
  return error?.source?.id === node.id;
}

function isControllerSource(node: unknown): node is ControllerSource {
  return typeof node === 'object' && node !== null && 'open' in node && typeof node.open === 'function';
}

/**
 * Makes a node type of what is its own: its options, what it does once the controller is open, what it does with a message. Everything that all nodes must get
 * right is here: no rejected promise escapes, `done` is called exactly once, status is throttled, a closed node sends nothing, errors are sentences, and closing
 * waits for what is under way before the controller is let go.
 */
export function definePaperlessNode<Options>(RED: NodeAPI, spec: NodeSpec<Options>): void {
  function PaperlessNode(this: Node, def: NodeDef): void {
    RED.nodes.createNode(this, def);
    start(RED, this, def, spec);
  }
  RED.nodes.registerType(spec.type, PaperlessNode);
}

function start<Options>(RED: NodeAPI, node: Node, def: NodeDef, spec: NodeSpec<Options>): void {
  const line = new StatusLine((status) => node.status(status));
  const closing = new AbortController();
  const underWay = new Set<Promise<void>>();
  const disposables: (() => void)[] = [];
  const translate = (key: string): string => RED._(key);
  let hold: Promise<Handle> | null = null;

  const status: Running<Options>['status'] = (fill, shape, key, values = {}) => {
    if (!closing.signal.aborted) line.set({ fill, shape, text: RED._(`status.${key}`, values) });
  };
  const failed = (thrown: unknown): void => {
    if (!closing.signal.aborted) line.set({ fill: 'red', shape: 'ring', text: toNodeError(thrown, translate).code });
  };
  const report = (thrown: unknown): void => {
    node.error(toNodeError(thrown, translate));
  };
  const guard: Running<Options>['guard'] =
    (callback) =>
    (...values) => {
      try {
        callback(...values);
      } catch (thrown) {
        report(thrown);
      }
    };

  const running = (controller: Controller, send: (outputs: Outputs) => void): Running<Options> => ({
    controller,
    options: checkedOptions(),
    signal: closing.signal,
    send: (outputs) => {
      if (!closing.signal.aborted) send(outputs);
    },
    status,
    report,
    onClose: (dispose) => void disposables.push(dispose),
    guard,
  });

  let options: { value: Options } | null = null;
  function checkedOptions(): Options {
    if (options === null) {
      const parsed = spec.options.safeParse(def);
      if (!parsed.success) {
        const issue = parsed.error.issues[0];
        throw inputError(
          'bad-option',
          `An option of this node can't be used: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim(),
          'Open the node in the editor, correct it, and deploy.',
        );
      }
      options = { value: parsed.data };
    }
    return options.value;
  }

  async function open(): Promise<Handle> {
    const { controller } = def as NodeDef & { controller?: unknown };
    const source: unknown = RED.nodes.getNode(typeof controller === 'string' ? controller : '');
    if (!isControllerSource(source)) {
      throw inputError(
        'no-controller',
        'This node has no controller: no paperless-config node is chosen, or it is disabled.',
        'Open the node in the editor and choose or add a controller.',
      );
    }
    const handle = await source.open();
    if (closing.signal.aborted) {
      await handle.release();
      throw inputError('node-closed', 'The node was closed while its controller opened.', 'Nothing to do.');
    }
    try {
      spec.opened?.(running(handle.controller, (outputs) => node.send(outputs)));
    } catch (error) {
      await handle.release();
      throw error;
    }
    return handle;
  }

  /** The controller; one that failed to open is tried again by the next message. */
  function held(): Promise<Handle> {
    hold ??= open().catch((error: unknown) => {
      hold = null;
      failed(error);
      throw error;
    });
    return hold;
  }

  async function handle(msg: NodeMessageInFlow, send: (outputs: Outputs) => void, done: (error?: Error) => void): Promise<void> {
    let outcome: Error | undefined;
    try {
      if (closing.signal.aborted || isOwnFailure(msg, node)) return;
      const { controller } = await held();
      await spec.input?.({ ...running(controller, send), msg, ticket: () => ticketOf(msg) });
    } catch (thrown) {
      // What a closing node gave up is no failure: the rows say where it stands, and the next cycle goes on from there.
      if (!closing.signal.aborted) {
        const error = toNodeError(thrown, translate);
        failed(thrown);
        if (spec.failed?.(error, msg, send) !== true) outcome = error;
      }
    } finally {
      done(outcome);
    }
  }

  if (spec.input !== undefined) {
    node.on('input', (msg, send, done) => {
      const work = handle(msg, send, done).catch(report);
      underWay.add(work);
      void work.then(() => underWay.delete(work));
    });
  }

  node.on('close', (_removed: boolean, done: () => void) => {
    closing.abort(inputError('flow-stopped', 'The flow was stopped or deployed.', 'Nothing to do: the next cycle goes on from here.'));
    line.close();
    for (const dispose of disposables.reverse()) guard(dispose)();
    const opened = hold;
    void Promise.all(underWay)
      .then(() => opened)
      .then((last) => last?.release())
      .catch((thrown: unknown) => {
        // A controller that never opened was told when it failed.
        if (hold !== null) report(thrown);
      })
      .then(done);
  });

  // Open now, so that a wrong setting shows at deploy and not at the first message.
  held().catch(() => undefined);
}
