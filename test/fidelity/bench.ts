import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../../demo/client.js';
import type { Connection } from '../../demo/compare/http.js';
import { machineEnvironment } from '../../simulator/environment.js';
import { listen } from '../../simulator/http/server.js';
import { Instance } from '../../simulator/instance.js';
import type { Library } from '../../simulator/library/types.js';
import type { SimulatedVersion } from '../../simulator/profile.js';
import { newSecretKey } from '../../src/api/index.js';

const root = join(__dirname, '..', '..', '..');

/** A paperless of the bench, simulated or real. */
export interface Side extends Connection {
  /** Resolves when nothing is under way on it any more. */
  quiet: () => Promise<void>;
  /** Requests that wrote, so far; null where nobody counts (a real server). */
  writes: () => number | null;
  /** Behind a simulated one. */
  instance?: Instance;
}

export interface Synced {
  code: number | null;
  /** What `pngx sync --json` printed. */
  summary: { ok: boolean; settled: boolean; runs: number; seconds: number; reason: string | null; replicas: Record<string, unknown>[] };
}

/** A master, a replica and the command between them, with a database of its own. */
export class Bench {
  private readonly folder = mkdtempSync(join(tmpdir(), 'pngx-fidelity-'));
  private readonly database = join(this.folder, 'db.sqlite3');
  private readonly ending: (() => Promise<void>)[] = [];
  private readonly env: NodeJS.ProcessEnv = {
    PATH: process.env['PATH'],
    SECRET_KEY: newSecretKey(),
    DATABASE_URL: `sqlite:///${this.database}`,
  };

  async simulated(version: SimulatedVersion, library: Library): Promise<Side> {
    const instance = new Instance({ version, environment: machineEnvironment(1), token: `token-${this.ending.length}`, workers: 4 });
    instance.seed(library);
    const running = await listen((request) => instance.handle(request), 0);
    this.ending.push(() => running.close());
    return {
      url: running.url,
      instance,
      token: `token-${this.ending.length - 1}`,
      quiet: async () => {
        while (instance.consumer.queue.length > 0) await sleep(5);
      },
      writes: () =>
        Object.entries(instance.counters.methods()).reduce((sum, [method, n]) => sum + (method === 'GET' || method === 'HEAD' ? 0 : n), 0),
    };
  }

  /** A real server: it is quiet when its task list is, and a while has passed for what 2.x doesn't list. */
  real(connection: Connection, version: string): Side {
    const client = new Client(connection);
    return {
      ...connection,
      quiet: async () => {
        await sleep(version.startsWith('2.') ? 10_000 : 3_000);
        const open = async (): Promise<string> => {
          const words = version.startsWith('2.') ? ['STARTED', 'PENDING'] : ['started', 'pending'];
          const lists = await Promise.all(words.map((status) => client.must('GET', `/api/tasks/?status=${status}`)));
          return (lists.flat() as { id: number }[]).map((task) => task.id).join();
        };
        // A task whose row the worker lost stays open for ever: what doesn't move for a minute is over.
        for (let [seen, same] = [await open(), 0]; seen !== '' && same < 60; same += 1) {
          await sleep(1_000);
          const now = await open();
          if (now !== seen) [seen, same] = [now, 0];
        }
      },
      writes: () => null,
    };
  }

  /** Makes the two known to the command. */
  async connect(master: Connection, replica: Connection): Promise<void> {
    Object.assign(this.env, { MASTER_URL: master.url, MASTER_TOKEN: master.token });
    const added = await this.pngx('replica', 'add', '--name', 'copy', '--url', replica.url, '--token', replica.token);
    if (added.code !== 0) throw new Error(`The replica wasn't added: ${added.err}`);
  }

  async sync(...args: string[]): Promise<Synced> {
    const ended = await this.pngx('sync', '--until-settled', '--json', ...args);
    try {
      return { code: ended.code, summary: JSON.parse(ended.out) as Synced['summary'] };
    } catch {
      throw new Error(`pngx sync ended with ${ended.code ?? 'a signal'} and no JSON: ${ended.out}${ended.err}`.slice(0, 4000));
    }
  }

  private async pngx(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [join(root, 'bin', 'pngx.js'), ...args], {
      cwd: this.folder,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>]);
    return { code, out, err };
  }

  async close(): Promise<void> {
    for (const end of this.ending) await end();
    rmSync(this.folder, { recursive: true });
  }
}
