import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

interface Question {
  id: number;
  method: string;
  argument: unknown;
}
interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

/** The bench's side of a process of its own: what is measured shares no heap with what measures it, nor with the servers. */
export class Worker {
  private readonly open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  private count = 0;
  private readonly output: string[] = [];
  private readonly ended: Promise<void>;

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.stderr?.on('data', (chunk: Buffer) => this.output.push(chunk.toString()));
    child.on('message', (reply: Reply) => {
      const waiting = this.open.get(reply.id);
      this.open.delete(reply.id);
      if (reply.error === undefined) waiting?.resolve(reply.result);
      else waiting?.reject(new Error(`${name}: ${reply.error}`));
    });
    this.ended = new Promise((resolve) =>
      child.once('exit', (code, signal) => {
        for (const { reject } of this.open.values())
          reject(new Error(`${name} ended (${signal ?? code ?? '?'}). ${this.output.join('').slice(-2000)}`));
        this.open.clear();
        resolve();
      }),
    );
  }

  /** @param module path of a compiled file that calls `serve` */
  static start(name: string, module: string): Worker {
    return new Worker(name, fork(module, [], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] }));
  }

  call<T>(method: string, argument: unknown = null): Promise<T> {
    const id = ++this.count;
    return new Promise<T>((resolve, reject) => {
      this.open.set(id, { resolve: (value) => resolve(value as T), reject });
      this.child.send({ id, method, argument } satisfies Question, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  /** Resident memory and its peak since `resetPeak`, in bytes. Throws where there is no /proc (not Linux). */
  memory(): { now: number; peak: number } {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const kilobytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'mu').exec(status)?.[1]) * 1024;
    return { now: kilobytes('VmRSS'), peak: kilobytes('VmHWM') };
  }

  resetPeak(): void {
    writeFileSync(`/proc/${this.child.pid}/clear_refs`, '5');
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }
}

type Methods = Readonly<Record<string, (argument: never) => unknown>>;

/** The other side: answers calls until the bench is gone, whatever became of it. */
export function serve(methods: Methods): void {
  process.on('message', ({ id, method, argument }: Question) => {
    const run = methods[method];
    const work = new Promise((resolve) => {
      if (run === undefined) throw new Error(`there is no ${method}`);
      resolve(run(argument as never));
    });
    work.then(
      (result) => process.send?.({ id, result } satisfies Reply),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Reply),
    );
  });
  process.on('disconnect', () => process.exit(0));
}
