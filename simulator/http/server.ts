/** An instance behind a real socket on the loopback address. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { SimulatorRequest, SimulatorResponse } from './messages';

export interface Running {
  url: string;
  port: number;
  close(): Promise<void>;
}

/** Thrown by a hook, or by an answer's body, to break the connection at that point. */
export class ConnectionBroken extends Error {}

export type Answer = (request: SimulatorRequest) => Promise<SimulatorResponse>;

/** @param port 0 picks a free one. */
export async function listen(answer: Answer, port: number): Promise<Running> {
  const server: Server = createServer((incoming, outgoing) => {
    serve(answer, incoming, outgoing).catch((error: unknown) => {
      if (!(error instanceof ConnectionBroken) && !incoming.socket.destroyed)
        process.stderr.write(`simulator: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      outgoing.destroy();
    });
  });
  server.requestTimeout = 0;
  server.listen(port, '127.0.0.1');
  await Promise.race([once(server, 'listening'), once(server, 'error').then(([error]) => Promise.reject(error as Error))]);
  const chosen = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${chosen}`,
    port: chosen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(answer: Answer, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  const response = await answer({ method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers, body: hasBody ? incoming : null });
  outgoing.writeHead(response.status, response.headers);
  if (response.body instanceof Uint8Array) {
    outgoing.end(response.body);
    return;
  }
  await pipeline(Readable.from(response.body), outgoing);
}
