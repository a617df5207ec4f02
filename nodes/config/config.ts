import type { Node, NodeAPI, NodeDef } from 'node-red';
import { checkedSecretKey, databasePath } from '../../src/api';
import type { Handle, OpenOptions } from '../../src/controller';
import { forgetFailure, noteFailure, openController } from '../shared/controllers';
import type { ControllerSource } from '../shared/define';
import { inputError, toNodeError } from '../shared/errors';

interface Definition extends NodeDef {
  /** Address or path of the database; empty: DATABASE_URL. */
  database?: string;
}

// A type, not an interface: Node-RED's types want an index signature of it.
type Credentials = {
  /** Empty: SECRET_KEY. */
  secretKey?: string;
};

function openOptions(def: Definition, credentials: Credentials | undefined, env: NodeJS.ProcessEnv): OpenOptions {
  const address = def.database?.trim() || env['DATABASE_URL'] || '';
  if (address === '') {
    throw inputError(
      'no-database',
      'No database is named: the controller node has none, and DATABASE_URL is not set.',
      'Name one in the controller node, such as sqlite:////data/db.sqlite3, or set DATABASE_URL.',
    );
  }
  const { MASTER_URL: masterUrl, MASTER_TOKEN: masterToken } = env;
  return {
    databasePath: databasePath(address),
    secretKey: checkedSecretKey(credentials?.secretKey || env['SECRET_KEY']),
    seed: { ...(masterUrl ? { masterUrl } : {}), ...(masterToken ? { masterToken } : {}) },
    logToStdout: true,
  };
}

/**
 * Holds the controller of one database open. Every node that uses it holds it, too: Node-RED closes this node while theirs are still at work, so the controller
 * stops when the last of them let go.
 */
function start(RED: NodeAPI, node: Node<Credentials> & Partial<ControllerSource>, def: Definition): void {
  let closed = false;
  let own: Promise<Handle> | null = null;
  let said = '';
  const fail = (thrown: unknown): void => {
    if (closed) return;
    const error = toNodeError(thrown, (key) => RED._(key));
    noteFailure(node.id, error.code);
    // Every node that asks tries again; what they all find is said once.
    if (said === error.message) return;
    said = error.message;
    node.error(`${error.message} ${error.nextStep}`);
  };

  const opened = async (): Promise<Handle> => {
    const handle = await openController(openOptions(def, node.credentials, process.env), node.id);
    said = '';
    if (!closed) handle.controller.flowDeployed();
    return handle;
  };
  const hold = (): Promise<Handle> => {
    own ??= opened().catch((error: unknown) => {
      own = null;
      fail(error);
      throw error;
    });
    return own;
  };
  node.open = async () => {
    if (closed) throw inputError('node-closed', 'The controller node was closed.', 'Deploy the flow again.');
    await hold();
    return openController(openOptions(def, node.credentials, process.env), node.id);
  };

  // A deploy of other nodes leaves this one running; what was held back is offered to the changed flow again.
  const deployed = (): void => {
    own?.then((handle) => handle.controller.flowDeployed()).catch(fail);
  };
  RED.events.on('flows:started', deployed);

  node.on('close', (_removed: boolean, done: () => void) => {
    closed = true;
    RED.events.removeListener('flows:started', deployed);
    forgetFailure(node.id);
    const last = own;
    own = null;
    void Promise.resolve(last)
      .then((handle) => handle?.release())
      .catch((thrown: unknown) => node.error(toNodeError(thrown, (key) => RED._(key))))
      .then(done);
  });

  hold().catch(() => undefined);
}

export = (RED: NodeAPI): void => {
  function PaperlessConfig(this: Node<Credentials>, def: Definition): void {
    RED.nodes.createNode(this, def);
    start(RED, this, def);
  }
  RED.nodes.registerType<Node<Credentials>, Definition, unknown, Credentials>('paperless-config', PaperlessConfig, {
    credentials: { secretKey: { type: 'password' } },
  });
};
