import type { AcquireController, Controller, Handle, OpenOptions } from '../controller';
import { serveSocket, type SocketServer } from './socket-server';
import { socketPathOf } from './socket-path';

interface Served {
  server: Promise<SocketServer>;
  users: number;
}

const served = new WeakMap<Controller, Served>();

/**
 * Opens the controller of a database, or joins this process's, and listens for commands beside the database while anybody holds it.
 * Rejects as `acquire` does, or with ConfigError when the socket can't be made.
 */
export async function startControllerWithSocket(options: OpenOptions, acquire: AcquireController): Promise<Handle> {
  const handle = await acquire(options);
  const { controller } = handle;
  const entry = served.get(controller) ?? { server: serveSocket(controller, socketPathOf(controller.databasePath)), users: 0 };
  served.set(controller, entry);
  entry.users += 1;

  let released = false;
  const letGo = async (): Promise<void> => {
    if (released) return;
    released = true;
    entry.users -= 1;
    if (entry.users === 0) {
      served.delete(controller);
      await entry.server.then(
        (server) => server.close(),
        () => undefined,
      );
    }
    await handle.release();
  };

  try {
    await entry.server;
  } catch (error) {
    await letGo();
    throw error;
  }
  return { controller, release: letGo };
}
