import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { newSecretKey } from '../../../src/api';
import { machineEnvironment } from '../../../simulator/environment';
import { listen, type Answer } from '../../../simulator/http/server';
import { Instance } from '../../../simulator/instance';
import { plainLibrary } from '../../../simulator/library/plain';
import type { SimulatedVersion } from '../../../simulator/profile';

export const root = join(__dirname, '..', '..', '..', '..');
const pngx = join(root, 'bin', 'pngx.js');

export interface Server {
  url: string;
  token: string;
  instance: Instance;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
  /** What --json printed. */
  json(): Record<string, unknown>;
}

/** Real processes of the command, against simulated servers behind real sockets. */
export class LiveBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'pngx-'));
  readonly database = join(this.folder, 'db.sqlite3');
  readonly env: Record<string, string> = { SECRET_KEY: newSecretKey(), DATABASE_URL: `sqlite:///${this.database}` };
  private readonly ending: (() => Promise<unknown>)[] = [];

  async listen(answer: Answer): Promise<string> {
    const running = await listen(answer, 0);
    this.ending.push(() => running.close());
    return running.url;
  }

  async server(documents = 0, version: SimulatedVersion = '3.0.5'): Promise<Server> {
    const token = `token-${version}-${documents}`;
    const instance = new Instance({ version, environment: machineEnvironment(documents), token, workers: 4 });
    if (documents > 0) instance.seed(plainLibrary({ documents, seed: 1 }));
    return { url: await this.listen((request) => instance.handle(request)), token, instance };
  }

  useMaster(master: { url: string; token: string }): void {
    this.env.MASTER_URL = master.url;
    this.env.MASTER_TOKEN = master.token;
  }

  start(...args: string[]): ChildProcess {
    const child = spawn(process.execPath, [pngx, ...args], { cwd: this.folder, env: { PATH: process.env.PATH, ...this.env } });
    this.ending.push(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    return child;
  }

  async run(...args: string[]): Promise<Ended> {
    return ended(this.start(...args));
  }

  async close(): Promise<void> {
    for (const end of this.ending.reverse()) await end();
    rmSync(this.folder, { recursive: true });
  }
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('not piped');
  const [out, err, [code, signal]] = await Promise.all([
    text(stdout),
    text(stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  return { code, signal, out, err, json: () => JSON.parse(out) as Record<string, unknown> };
}

/** Requests that an instance got, but for reads. */
export function writes({ instance }: Server): number {
  return Object.entries(instance.counters.methods()).reduce((sum, [method, n]) => sum + (method === 'GET' || method === 'HEAD' ? 0 : n), 0);
}
