import type { z } from 'zod';
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
import type { Controller, Handle } from '../controller';
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

/**
 * A controller of our own, for as long as the command runs. Refused when another process has the database.
 * With `needsMaster` MASTER_URL and MASTER_TOKEN are taken over when there is no master yet, after they were tried: a wrong one is refused before it is kept.
 */
export async function ownController(io: Io, needsMaster: boolean): Promise<Handle> {
  const { seed, ...options } = openOptionsOf(io.env);
  const handle = await startControllerWithSocket({ ...options, logToStdout: false }, io.acquire);
  try {
    if (needsMaster) await takeMaster(handle.controller, seed?.masterUrl, seed?.masterToken, io);
    return handle;
  } catch (error) {
    await handle.release();
    throw error;
  }
}

async function takeMaster(controller: Controller, url: string | undefined, token: string | undefined, io: Io): Promise<void> {
  const { settings } = controller.store;
  const [keptUrl, keptToken] = [settings.text('master_url'), settings.secret('master_token')];
  if (keptUrl !== '' && keptToken !== null) {
    const other = [
      ...(url !== undefined && url !== keptUrl ? ['MASTER_URL'] : []),
      ...(token !== undefined && token !== keptToken ? ['MASTER_TOKEN'] : []),
    ];
    if (other.length > 0)
      io.err(`${other.join(' and ')} differs from the master that the database has (${keptUrl}), which is used. pngx master set changes it.\n`);
    return;
  }
  const [newUrl, newToken] = [keptUrl === '' ? url : keptUrl, keptToken ?? token];
  if (newUrl !== undefined && newToken !== undefined) await controller.setMaster({ url: newUrl, token: newToken }, 'MASTER_URL');
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
export async function connectForWriting(io: Io, needsMaster = false): Promise<Connection> {
  const client = await runningController(io);
  return client !== null ? overSocket(client) : ofHandle(await ownController(io, needsMaster), io);
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

/** `call`, and what it answers. Throws where a running controller of another release answers otherwise. */
export async function ask<T>(schema: z.ZodType<T>, connection: Connection, operation: string, input?: Record<string, unknown>): Promise<T> {
  const answer = schema.safeParse(await call(connection, operation, input));
  if (answer.success) return answer.data;
  throw new CommandError(
    EXIT.configuration,
    'controller-version',
    `The running controller doesn't answer "${operation}" as this command expects: it is of another release.`,
    'Use the pngx of the same version, or restart the controller.',
    { cause: answer.error },
  );
}
