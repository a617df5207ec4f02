import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { ConfigError } from '../controller/types';
import type { Controller } from '../controller/types';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problem';
import { lines, parseLine, PROTOCOL, requestSchema, type Hello, type Request } from './protocol';
import { runOperation } from './run';
import { productVersion } from './version';

/** A client that doesn't read loses its connection before its unread events fill our memory. */
const MOST_UNREAD = 16_777_216;

/** How long a client gets to take its last answer. */
const PATIENCE_MS = 500;

export interface SocketServer {
  readonly path: string;
  /** Stops taking commands, ends the connections, removes the file. */
  close(): Promise<void>;
}

/** Whether somebody answers at this socket. */
export function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A process that was killed leaves its socket's file behind: nobody answers there, and listening would fail. Throws ConfigError when it is in use or isn't a socket. */
async function clearStale(path: string): Promise<void> {
  const info = lstatSync(path, { throwIfNoEntry: false });
  if (info === undefined) return;
  if (!info.isSocket()) {
    throw new ConfigError(
      'socket-taken',
      `${path} is in the way: it isn't a socket.`,
      'Move it elsewhere: the controller listens for commands under that name.',
    );
  }
  if (await isListening(path)) {
    throw new ConfigError('socket-in-use', `Another process answers at ${path}.`, 'Stop that process first; one database has one controller.');
  }
  rmSync(path, { force: true });
}

/** Binds so that the file is never open to others, not even for a moment. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o177);
    try {
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

class Connection {
  private readonly ending: (() => void)[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly controller: Controller,
    private readonly report: (error: unknown) => void,
  ) {
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.ending.forEach((end) => end()));
  }

  send(line: object): void {
    if (this.socket.destroyed) return;
    this.socket.write(`${JSON.stringify(line)}\n`);
    if (this.socket.writableLength > MOST_UNREAD) this.socket.destroy();
  }

  async serve(): Promise<void> {
    const hello: Hello = { protocol: PROTOCOL, pid: process.pid, version: productVersion(), flow: this.controller.flowAttached };
    this.send({ hello });
    try {
      for await (const line of lines(this.socket)) {
        const request = requestSchema.safeParse(parseLine(line));
        if (request.success) void this.answer(request.data);
        else this.malformed();
      }
    } catch {
      this.socket.destroy();
    }
  }

  private async answer(request: Request): Promise<void> {
    if ('subscribe' in request) {
      const wanted = new Set(request.subscribe);
      this.ending.push(this.controller.on((event) => (wanted.has(event.type) ? this.send({ event }) : undefined)));
      this.send({ id: request.id, status: 200, body: { subscribed: request.subscribe } });
      return;
    }
    const { status, body } = await runOperation(request.operation, request.input, {
      controller: this.controller,
      who: 'command line',
      report: this.report,
    });
    this.send({ id: request.id, status, body });
  }

  private malformed(): void {
    const body = problemOf(
      {
        status: 400,
        code: 'malformed-request',
        category: 'input',
        detail: 'This line is not a request of the control protocol.',
        nextStep: 'Use the pngx command of the same version as the controller.',
      },
      'socket',
    );
    this.send({ id: null, status: body.status, contentType: PROBLEM_MEDIA_TYPE, body });
    this.socket.end();
  }
}

/**
 * Lets commands talk to a running controller. The caller owns the database (its lock), so that a file without a listener can only be a dead process's.
 * The socket's mode is 0600: whoever may connect could read the database as well.
 */
export async function serveSocket(controller: Controller, path: string, report: (error: unknown) => void = () => undefined): Promise<SocketServer> {
  await clearStale(path);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    void new Connection(socket, controller, report).serve();
  });
  await listen(server, path);
  chmodSync(path, 0o600);
  // An idle command socket must not keep a process alive that has nothing else to do.
  server.unref();
  return {
    path,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of open) socket.end();
      const hurry = setTimeout(() => open.forEach((socket) => socket.destroy()), PATIENCE_MS);
      await closed;
      clearTimeout(hurry);
    },
  };
}
