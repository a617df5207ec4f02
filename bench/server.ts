import type { Worker } from './process';
import type { ServerCounters, ServerSetup, ServerStarted } from './server-process';

/** A simulated paperless that a row talks to, and looks behind. */
export class Server {
  private constructor(
    readonly name: string,
    readonly url: string,
    readonly token: string,
    /** What it started with. */
    readonly library: ServerStarted['library'],
    private readonly worker: Worker,
  ) {}

  static async open(name: string, worker: Worker, setup: Partial<Omit<ServerSetup, 'token'>>): Promise<Server> {
    const whole: ServerSetup = {
      version: '3.0.5',
      token: `token-of-${name}`,
      documents: 0,
      plain: true,
      copy: false,
      workers: 64,
      delay: 0,
      ...setup,
    };
    const { url, library } = await worker.call<ServerStarted>('start', whole);
    return new Server(name, url, whole.token, library, worker);
  }

  counters(): Promise<ServerCounters> {
    return this.worker.call('counters');
  }

  /** Requests and bytes of bodies since the last reset; `downloads` are originals that left it. */
  async totals(): Promise<{ requests: number; sent: number; downloads: number; byPath: Record<string, number> }> {
    const { paths } = await this.counters();
    const counts = Object.values(paths);
    return {
      requests: counts.reduce((sum, count) => sum + count.requests, 0),
      sent: counts.reduce((sum, count) => sum + count.bytesOut, 0),
      downloads: paths['GET download']?.bytesOut ?? 0,
      byPath: Object.fromEntries(Object.entries(paths).map(([path, { requests }]) => [path, requests])),
    };
  }

  reset(): Promise<void> {
    return this.worker.call('reset');
  }

  documents(): Promise<number> {
    return this.worker.call('documents');
  }

  /** Files that wait or are being consumed. */
  queue(): Promise<number> {
    return this.worker.call('queue');
  }
}

/** What it was asked for most, for a note. */
export function mostAsked(byPath: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(byPath).sort(([, a], [, b]) => b - a);
  return sorted
    .slice(0, 5)
    .map(([path, n]) => `${path} ${n}`)
    .join(', ');
}
