import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { firstJson, type Children } from '../../demo/children.js';
import { Client } from '../../demo/client.js';
import type { Connection } from '../../demo/compare/http.js';

const root = join(__dirname, '..', '..', '..');
const said = z.object({ url: z.string(), token: z.string() });
const counters = z.object({ methods: z.record(z.string(), z.number()) });
const queue = z.object({ length: z.number() });

/** A simulated paperless in a process of its own, which lives on while the appliance dies. */
export class Server implements Connection {
  private constructor(
    readonly name: string,
    readonly version: string,
    readonly url: string,
    readonly token: string,
  ) {}

  /** @param library documents that it holds; with `people` only the users and groups of such a library */
  static async start(
    children: Children,
    name: string,
    version: string,
    options: { library: number; people: boolean; seed: number },
  ): Promise<Server> {
    const args = Object.entries({ version, port: 0, library: options.library, seed: options.seed, token: `token-${name}`, workers: 2, delay: 10 });
    const flags = ['--nasty', '--control', ...(options.people ? ['--people'] : [])];
    const program = [join(root, 'dist/simulator/main.js'), ...args.flatMap(([key, value]) => [`--${key}`, String(value)]), ...flags];
    const { url, token } = said.parse(await firstJson(children.start(name, program, { cwd: root }), 60_000));
    return new Server(name, version, url, token);
  }

  get major(): number {
    return Number.parseInt(this.version, 10);
  }

  private async control<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const response = await fetch(`${this.url}/_simulator/${path}`);
    return schema.parse(await response.json());
  }

  /** Requests so far that could have changed something. */
  async writes(): Promise<number> {
    const { methods } = await this.control('counters', counters);
    return Object.entries(methods).reduce((sum, [method, n]) => sum + (method === 'GET' || method === 'HEAD' ? 0 : n), 0);
  }

  /** Resolves when nothing is being consumed. */
  async quiet(): Promise<void> {
    while ((await this.control('queue', queue)).length > 0) await sleep(10);
  }
}

/** A person's client that counts what it wrote, so that what others wrote can be told. */
export class CountingClient extends Client {
  writes = 0;

  override request(...[method, path, body]: Parameters<Client['request']>): ReturnType<Client['request']> {
    if (method !== 'GET') this.writes += 1;
    return super.request(method, path, body);
  }
}
