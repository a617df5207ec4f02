import {
  databaseOf,
  openOptionsOf,
  openReading,
  runOperation,
  socketPathOf,
  startControllerWithSocket,
  type Answer,
  type OperationContext,
} from '../api';
import type { Handle } from '../controller';
import type { Io } from './command';
import { bodyOf, CommandError, EXIT } from './exit';
import { SocketClient } from './socket-client';

/** A way to run operations: the running controller's socket, a controller of our own, or the database opened for reading. */
export interface Connection {
  call(operation: string, input?: Record<string, unknown>): Promise<Answer>;
  close(): Promise<void>;
}

function inProcess(controller: OperationContext['controller'], io: Io, close: () => Promise<void>): Connection {
  const report = (error: unknown): void => {
    if (io.env.PNGX_DEBUG !== undefined) io.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  };
  return { call: (operation, input) => runOperation(operation, input, { controller, who: 'command line', report }), close };
}

export function overSocket(client: SocketClient): Connection {
  return {
    call: (operation, input) => client.call(operation, input),
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

export function ofHandle(handle: Handle, io: Io): Connection {
  return inProcess(handle.controller, io, () => handle.release());
}

export function runningController(io: Io): Promise<SocketClient | null> {
  return SocketClient.connect(socketPathOf(databaseOf(io.env)));
}

/** A controller of our own, for as long as the command runs. Refused when another process has the database. */
export function ownController(io: Io): Promise<Handle> {
  return startControllerWithSocket({ ...openOptionsOf(io.env), logToStdout: false }, io.acquire);
}

/** For commands that only look: asks the running controller, or reads the database. */
export async function connectForReading(io: Io): Promise<Connection> {
  const client = await runningController(io);
  if (client !== null) return overSocket(client);
  const options = openOptionsOf(io.env);
  const reading = openReading(options);
  if (reading === null) {
    throw new CommandError(
      EXIT.configuration,
      'no-database',
      `There is no database at ${options.databasePath} yet.`,
      'Check DATABASE_URL, or make one: pngx replica add or pngx start do.',
    );
  }
  return inProcess(reading.controller, io, () => {
    reading.close();
    return Promise.resolve();
  });
}

/** For commands that change something: asks the running controller, or is one for a moment. */
export async function connectForWriting(io: Io): Promise<Connection> {
  const client = await runningController(io);
  return client !== null ? overSocket(client) : ofHandle(await ownController(io), io);
}

/** Runs `work` on a connection and closes it, however it ends. */
export async function using<T>(connection: Connection, work: (connection: Connection) => Promise<T>): Promise<T> {
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

export async function call(connection: Connection, operation: string, input?: Record<string, unknown>): Promise<unknown> {
  return bodyOf(await connection.call(operation, input));
}
