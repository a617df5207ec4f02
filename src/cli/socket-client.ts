import { createConnection, type Socket } from 'node:net';
import type { Answer } from '../api';
import { answerSchema, eventSchema, helloSchema, lines, parseLine, PROTOCOL, type Hello, type Request, type SocketEvent } from '../api/protocol';
import { CommandError, EXIT } from './exit';

function gone(): CommandError {
  return new CommandError(
    EXIT.unsynced,
    'controller-gone',
    'The controller stopped while this command was talking to it.',
    'What it had done is kept; start it again, or run the command without it.',
  );
}

/** A running controller, at the other end of the socket beside its database. */
export class SocketClient {
  private nextId = 1;
  private readonly waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: unknown) => void }>();
  private readonly listeners = new Set<(event: SocketEvent) => void>();
  private readonly greeted: Promise<Hello>;
  private greet: (hello: Hello) => void = () => undefined;
  private refuse: (error: unknown) => void = () => undefined;
  private ended = false;
  /** Resolves when the connection is over, whoever ended it. */
  readonly over: Promise<void>;

  private constructor(private readonly socket: Socket) {
    this.greeted = new Promise((resolve, reject) => {
      this.greet = resolve;
      this.refuse = reject;
    });
    // Told to whoever asks; nobody may be asking when the connection ends.
    this.greeted.catch(() => undefined);
    this.over = this.read();
  }

  /** null when nobody listens there: no controller runs, or one was killed and left its file. */
  static async connect(path: string): Promise<SocketClient | null> {
    const socket = await open(path);
    if (socket === null) return null;
    const client = new SocketClient(socket);
    const hello = await client.greeted;
    if (hello.protocol !== PROTOCOL) {
      client.close();
      throw new CommandError(
        EXIT.configuration,
        'controller-version',
        `The running controller is version ${hello.version}, which this command doesn't understand.`,
        'Use the pngx of the same version, or restart the controller.',
      );
    }
    return client;
  }

  hello(): Promise<Hello> {
    return this.greeted;
  }

  call(operation: string, input: Record<string, unknown> = {}): Promise<Answer> {
    return this.send((id) => ({ id, operation, input }));
  }

  /** From the answer on, events of these types reach `listener`. */
  async subscribe(types: readonly string[], listener: (event: SocketEvent) => void): Promise<void> {
    this.listeners.add(listener);
    await this.send((id) => ({ id, subscribe: [...types] }));
  }

  close(): void {
    this.socket.end();
    this.socket.destroy();
  }

  private send(make: (id: number) => Request): Promise<Answer> {
    if (this.ended) return Promise.reject(gone());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.write(`${JSON.stringify(make(id))}\n`);
    });
  }

  private async read(): Promise<void> {
    try {
      for await (const line of lines(this.socket)) this.take(parseLine(line));
    } catch {
      // The connection broke: what waits is told below.
    }
    this.ended = true;
    this.refuse(gone());
    for (const { reject } of this.waiting.values()) reject(gone());
    this.waiting.clear();
  }

  private take(value: unknown): void {
    const event = eventSchema.safeParse(value);
    if (event.success) {
      for (const listener of this.listeners) listener(event.data.event);
      return;
    }
    const hello = helloSchema.safeParse(value);
    if (hello.success) {
      this.greet(hello.data.hello);
      return;
    }
    const answer = answerSchema.safeParse(value);
    if (!answer.success || answer.data.id === null) return;
    const waiting = this.waiting.get(answer.data.id);
    this.waiting.delete(answer.data.id);
    waiting?.resolve({ status: answer.data.status, body: answer.data.body, headers: {} });
  }
}

const NOBODY = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR']);

function open(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (NOBODY.has(error.code ?? '')) resolve(null);
      else if (error.code === 'EACCES' || error.code === 'EPERM') {
        reject(
          new CommandError(
            EXIT.configuration,
            'socket-denied',
            `The controller's socket ${path} belongs to another user.`,
            'Run the command as the user that runs the controller.',
            { cause: error },
          ),
        );
      } else reject(error);
    });
  });
}
