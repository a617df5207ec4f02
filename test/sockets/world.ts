import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { machineEnvironment as simulated } from '../../simulator/environment';
import { listen, type Running } from '../../simulator/http/server';
import { Instance } from '../../simulator/instance';
import type { Library } from '../../simulator/library/types';
import type { SimulatedVersion } from '../../simulator/profile';
import { Engine } from '../../src/controller/controller';
import { machineEnvironment } from '../../src/controller/environment';
import { openSpool } from '../../src/controller/spool';
import { openStore, type Store } from '../../src/state';
import type { Environment } from '../../src/sync';
import { Person } from '../support/person';
import { Proxy } from './proxy';

/** Tests only: bytes 200 to 231. */
const KEY = 'yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc=';
/** The engine's clock against the machine's: what it waits for is over the sooner. Sockets have the machine's. */
const SPEED = 60;
/** In place of the minutes that a silent server is given. */
const IDLE_MS = 300;

/** A simulated server on a loopback port, with the faulty proxy that the engine knows it by. */
export class Server {
  readonly person: Person;

  private constructor(
    readonly name: string,
    readonly token: string,
    readonly instance: Instance,
    readonly proxy: Proxy,
    private readonly running: Running,
  ) {
    this.person = new Person(instance, token, { wait: (ms) => delay(ms), run: (work) => work });
  }

  static async start(name: string, version: SimulatedVersion, seed: number, library?: Library): Promise<Server> {
    const token = `${name}-token-${'0123456789abcdef'.repeat(2)}`;
    const instance = new Instance({ version, environment: simulated(seed), token, workers: 2, delay: 3 });
    if (library !== undefined) instance.seed(library);
    const running = await listen((request) => instance.handle(request), 0);
    return new Server(name, token, instance, await Proxy.start(running.port), running);
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.running.close();
  }
}

/** The real engine on a real database and a real spool, and real sockets between it and its servers. */
export class SocketWorld {
  private constructor(
    readonly master: Server,
    readonly replicas: readonly Server[],
    readonly engine: Engine,
    readonly store: Store,
    private readonly folder: string,
  ) {}

  static async start(
    seed: number,
    master: SimulatedVersion,
    versions: readonly SimulatedVersion[],
    library: Library,
    { idleMs = IDLE_MS }: { idleMs?: number } = {},
  ): Promise<SocketWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'pngx-sockets-'));
    const origin = Date.now();
    const now = (): number => origin + (Date.now() - origin) * SPEED;
    const store = openStore({ path: join(folder, 'db.sqlite3'), now, randomBytes: (n) => randomBytes(n), secretKey: KEY });
    const spool = await openSpool(join(folder, 'spool'), () => store.settings.number('spool_max_bytes'));
    const world = new SocketWorld(
      await Server.start('master', master, seed, library),
      await Promise.all(versions.map((version, n) => Server.start(`replica-${n + 1}`, version, seed + n + 1))),
      new Engine({ databasePath: join(folder, 'db.sqlite3'), store, env: fast(machineEnvironment(spool), now, idleMs), logLine: null }),
      store,
      folder,
    );
    // One that breaks down as often as these do is not to be given up.
    for (const [key, value] of Object.entries({
      task_poll_timeout_seconds: 60,
      retry_base_seconds: 5,
      retry_cap_seconds: 30,
      replica_suspend_threshold: 1000,
    }))
      store.settings.set(key, value);
    store.settings.set('master_url', world.master.proxy.url);
    store.settings.set('master_token', world.master.token);
    for (const { name, token, proxy } of world.replicas) store.replicas.add({ name, url: proxy.url, token });
    return world;
  }

  get servers(): readonly Server[] {
    return [this.master, ...this.replicas];
  }

  /** Files that the spool holds. */
  get spooled(): string[] {
    return readdirSync(join(this.folder, 'spool'));
  }

  /** All that the engine wrote for people: log, errors of rows, runs. */
  get words(): string {
    const rows = this.store.replicas.list().flatMap(({ id }) => this.store.registry.rows(id, { limit: 1000 }));
    const runs = this.store.runs.list({ limit: 100 });
    return JSON.stringify([this.store.logs.query({ limit: 1000 }), rows, runs, this.store.replicas.list()]);
  }

  async close(): Promise<void> {
    if (this.engine.state !== 'stopped') await this.engine.stop();
    for (const server of this.servers) await server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function fast(real: Environment, now: () => number, idleMs: number): Environment {
  return {
    ...real,
    now,
    sleep: (ms, signal) => real.sleep(ms / SPEED, signal),
    transport: (address) => {
      const transport = real.transport(address);
      return {
        send: (request) =>
          transport.send({ ...request, idleTimeoutMs: idleMs, ...(request.bodyTimeoutMs === undefined ? {} : { bodyTimeoutMs: idleMs }) }),
        close: () => transport.close(),
      };
    },
  };
}
