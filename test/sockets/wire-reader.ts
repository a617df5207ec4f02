import type { Socket } from 'node:net';

/** Start line and headers of an HTTP message, as they came. */
export interface Head {
  raw: Buffer;
  start: string;
  /** Lower-case names. */
  headers: Map<string, string>;
}

/** Whatever ends the wait for more: bytes, the other side's end, or the socket's. */
const STIRS = ['readable', 'end', 'close'] as const;

/** HTTP/1.1 messages off a socket, read only as fast as somebody asks for them: who doesn't ask is a slow reader to the other side. */
export class WireReader {
  #buffer: Buffer = Buffer.alloc(0);

  constructor(private readonly socket: Socket) {}

  /** null when the connection ended before a whole head. */
  async head(): Promise<Head | null> {
    for (;;) {
      const end = this.#buffer.indexOf('\r\n\r\n');
      if (end >= 0) return readHead(this.#take(end + 4));
      if (!(await this.#more())) return null;
    }
  }

  /** A message's body with its framing, byte for byte; ends early when the connection does. */
  async *body({ headers }: Head): AsyncGenerator<Buffer> {
    if (headers.get('transfer-encoding')?.includes('chunked') === true) {
      yield* this.#chunks();
      return;
    }
    for (let left = Number(headers.get('content-length') ?? 0); left > 0;) {
      if (this.#buffer.length === 0 && !(await this.#more())) return;
      const part = this.#take(Math.min(left, this.#buffer.length));
      left -= part.length;
      yield part;
    }
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    for (;;) {
      let end: number;
      while ((end = this.#buffer.indexOf('\r\n')) < 0) if (!(await this.#more())) return;
      const size = Number.parseInt(this.#buffer.subarray(0, end).toString('latin1'), 16);
      const whole = end + 2 + size + 2;
      while (this.#buffer.length < whole) if (!(await this.#more())) return;
      yield this.#take(whole);
      if (size === 0) return;
    }
  }

  #take(length: number): Buffer {
    const taken = this.#buffer.subarray(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return taken;
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const chunk = this.socket.read() as Buffer | null;
      if (chunk !== null) {
        this.#buffer = Buffer.concat([this.#buffer, chunk]);
        return true;
      }
      if (this.socket.destroyed || this.socket.readableEnded) return false;
      await new Promise<void>((resolve) => {
        const stir = (): void => {
          for (const event of STIRS) this.socket.off(event, stir);
          resolve();
        };
        for (const event of STIRS) this.socket.on(event, stir);
      });
    }
  }
}

function readHead(raw: Buffer): Head {
  const [start = '', ...lines] = raw.toString('latin1').trimEnd().split('\r\n');
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  return { raw, start, headers };
}
