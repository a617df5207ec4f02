import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Head, WireReader } from './wire-reader';

/** What happens to one request on its way, instead of passing. It resolves when the connection may carry the next one, or is over. */
export type Fault = (wire: Wire) => Promise<void>;

export interface Answer {
  head: Head;
  body: AsyncGenerator<Buffer>;
}

/** One request between client and server, in the hands of a fault. */
export class Wire {
  readonly method: string;
  readonly path: string;

  constructor(
    readonly head: Head,
    /** Which request of its connection, from 1. */
    readonly turn: number,
    readonly client: Socket,
    private readonly server: Socket,
    private readonly requests: WireReader,
    private readonly answers: WireReader,
  ) {
    [this.method = '', this.path = ''] = head.start.split(' ');
  }

  /** The request's body as it comes; to be read once. */
  body(): AsyncGenerator<Buffer> {
    return this.requests.body(this.head);
  }

  /** Sends the request on, with this body, and waits for the head of the server's answer. */
  async ask(body: AsyncIterable<Buffer> = this.body()): Promise<Answer> {
    await send(this.server, this.head.raw);
    for await (const part of body) await send(this.server, part);
    const head = await this.answers.head();
    if (head === null) throw new Error(`the server gave no answer to ${this.head.start}`);
    return { head, body: this.answers.body(head) };
  }

  /** Sends so many bytes of the request's body on, and no more. */
  async begin(bytes: number): Promise<void> {
    await send(this.server, this.head.raw);
    let sent = 0;
    for await (const part of this.body()) {
      await send(this.server, part.subarray(0, bytes - sent));
      sent += part.length;
      if (sent >= bytes) return;
    }
  }

  give(bytes: Buffer | string): Promise<void> {
    return send(this.client, Buffer.from(bytes));
  }

  async pass(): Promise<void> {
    const { head, body } = await this.ask();
    await this.give(head.raw);
    for await (const part of body) await this.give(part);
  }

  /** RST to both sides. */
  reset(): void {
    this.client.resetAndDestroy();
    this.server.resetAndDestroy();
  }

  /** FIN to the client; resolves when the client has gone, too. */
  async end(): Promise<void> {
    this.client.end();
    await this.gone();
  }

  /** Until the client has gone. It is read meanwhile and gets no answer. */
  async gone(): Promise<void> {
    this.client.resume();
    if (!this.client.closed) await once(this.client, 'close');
  }
}

/** Which requests a fault is for; what is left out fits all. */
export interface Where {
  method?: string;
  path?: RegExp;
  /** The request's place on its connection: 2 is the first on a connection that was kept alive. */
  turn?: number;
  times?: number;
}

/** A fault that was set. */
export class Strike {
  hits = 0;

  constructor(
    readonly fault: Fault,
    private readonly where: Where,
  ) {}

  takes(wire: Wire): boolean {
    const { method, path, turn, times = 1 } = this.where;
    const fits =
      (method === undefined || wire.method === method) && (path === undefined || path.test(wire.path)) && (turn === undefined || wire.turn === turn);
    if (!fits || this.hits >= times) return false;
    this.hits += 1;
    return true;
  }
}

/** A TCP proxy before a server, which carries HTTP/1.1 byte for byte but for the faults that were set. */
export class Proxy {
  readonly #sockets = new Set<Socket>();
  readonly #strikes: Strike[] = [];
  readonly #server: Server;
  /** Asked for every request that no strike takes. */
  chance: ((wire: Wire) => Fault | null) | null = null;
  /** Requests that reached it, on whatever connection. */
  readonly seen: string[] = [];
  /** What went wrong inside: a test that ends well has none. */
  readonly troubles: unknown[] = [];

  private constructor(private readonly target: number) {
    this.#server = createServer((client) => void this.#carry(client).catch((error: unknown) => void this.troubles.push(error)));
  }

  /** @param target the server's port on the loopback address */
  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  strike(fault: Fault, where: Where = {}): Strike {
    const strike = new Strike(fault, where);
    this.#strikes.push(strike);
    return strike;
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #hold(socket: Socket): Socket {
    // A broken connection is what this proxy is for.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    this.#sockets.add(socket);
    return socket.setNoDelay(true);
  }

  async #carry(client: Socket): Promise<void> {
    this.#hold(client);
    const server = this.#hold(connect(this.target, '127.0.0.1'));
    const requests = new WireReader(client);
    const answers = new WireReader(server);
    try {
      for (let turn = 1; ; turn += 1) {
        const head = await requests.head();
        if (head === null) return;
        const wire = new Wire(head, turn, client, server, requests, answers);
        this.seen.push(`${wire.method} ${wire.path}`);
        const fault = this.#strikes.find((strike) => strike.takes(wire))?.fault ?? this.chance?.(wire) ?? null;
        await (fault === null ? wire.pass() : fault(wire));
        if (client.destroyed || server.destroyed) return;
      }
    } catch (error) {
      // A client that went away took the server's side with it.
      if (!client.destroyed) throw error;
    } finally {
      client.destroy();
      server.destroy();
    }
  }
}

/** Hands bytes to a socket and waits until it takes more; at once when it is closed. */
async function send(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed || bytes.length === 0) return;
  await new Promise<void>((resolve) => {
    const over = (): void => {
      socket.off('close', over);
      resolve();
    };
    socket.on('close', over);
    socket.write(bytes, over);
  });
}
