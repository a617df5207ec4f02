import { createServer } from 'node:net';
import { UsageError } from './options.js';

/** The port if it is free on loopback (0: any), undefined if something listens there. */
async function free(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

/** The port asked for, or an error that says what to do. */
export async function insistOnPort(port: number, what: string): Promise<number> {
  if ((await free(port)) !== undefined) return port;
  throw new UsageError(
    `Port ${port} for ${what} is taken by another program, or may not be used. Stop that program, or give another port with --port.`,
  );
}

/** The usual port, or a free one when that is taken. */
export async function usualPort(port: number, taken: ReadonlySet<number>): Promise<number> {
  const usual = taken.has(port) ? undefined : await free(port);
  if (usual !== undefined) return usual;
  for (;;) {
    const other = await free(0);
    if (other === undefined) throw new UsageError('No free port on 127.0.0.1.');
    if (!taken.has(other)) return other;
  }
}
