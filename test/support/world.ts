import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom, type Random } from '../../simulator/environment';
import { Instance } from '../../simulator/instance';
import type { Library } from '../../simulator/library/types';
import type { SimulatedVersion } from '../../simulator/profile';
import { Engine } from '../../src/controller/controller';
import type { ControllerEvent, RunSummary } from '../../src/controller/types';
import { openStore, type Store, type SyncRow } from '../../src/state';
import type { Environment } from '../../src/sync';
import { SetFault, type Fault, type Passage, type Where } from './faults';
import { MemorySpool } from './memory-spool';
import { Life } from './life';
import { MemoryTransport, type Network } from './memory-transport';
import { compareSites, type Allowance } from './oracle';
import { Person } from './person';
import { Site } from './site';
import { VirtualTime } from './virtual-time';

/** After the last moment of every generated library. */
export const START = Date.UTC(2026, 10, 21, 9);
/** Tests only: bytes 200 to 231. */
const KEY = 'yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc=';

export interface WorldOptions {
  /** Decides every latency, nonce and jitter. */
  seed?: number;
  master?: SimulatedVersion;
  replicas?: readonly SimulatedVersion[];
  /** What the master holds. */
  library?: Library;
  /** What the replicas hold; nothing when left out. */
  replicaLibrary?: Library;
  settings?: Record<string, string | number | boolean>;
  /** `file`: a database that a crash leaves behind and a restart finds. */
  database?: 'memory' | 'file';
  /** Milliseconds that a replica's worker needs for a file. */
  consumeMs?: number;
  workers?: number;
  /** Replicas that refuse identical bytes (3.x). */
  duplicatesRefused?: boolean;
  spoolBytes?: number;
  /** By how many milliseconds each one's clock is off: the engine's, the master's, and the replicas' in order. */
  clocks?: { engine?: number; master?: number; replicas?: readonly number[] };
}

/** What the engine asks its Environment for, apart from requests: each is a place where it can be made to die. */
export type EngineCall = 'sleep' | 'random' | 'spool';

/** The whole engine in memory, over simulated servers, under one virtual clock. */
export class World {
  readonly time = new VirtualTime(START);
  readonly master: Site;
  readonly replicas: Site[];
  readonly trace: string[] = [];
  readonly events: ControllerEvent[] = [];
  spool!: MemorySpool;
  engine!: Engine;
  store!: Store;
  /** Resolves when the engine's process has died. */
  died!: Promise<void>;
  /** Told of every such call of the living engine, before it is answered. */
  onCall: (call: EngineCall) => void = () => undefined;
  /** Told of all that the engine tells. What it throws is lost. */
  onEvent: (event: ControllerEvent) => void = () => undefined;
  /** What a server is asked instead of a path. */
  onPath: (site: Site, path: string) => string = (_site, path) => path;
  readonly #network: Network;
  readonly #random: Random;
  readonly #folder: string | null;
  readonly #stores: Store[] = [];
  readonly #spoolBytes: number | undefined;
  readonly #clocks: NonNullable<WorldOptions['clocks']>;
  #life!: Life;
  readonly #processes = new WeakMap<Engine, Life>();
  /** Processes that were frozen when another took their place. */
  readonly #sleepers: { life: Life; engine: Engine }[] = [];
  readonly #settings: Record<string, string | number | boolean>;
  #path = ':memory:';
  #lives = 0;

  constructor(options: WorldOptions) {
    const { seed = 1, master = '3.0.5', replicas = ['3.0.5'] } = options;
    this.#random = seededRandom(seed);
    this.#network = {
      time: this.time,
      random: seededRandom(seed + 1),
      latency: { min: 5, max: 60 },
      faults: [],
      watchers: [],
      listeners: [],
      trace: (line) => void this.trace.push(line),
      asked: (site, path) => this.onPath(site, path),
    };
    this.#spoolBytes = options.spoolBytes;
    this.#clocks = options.clocks ?? {};
    this.#folder = options.database === 'file' ? mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'pngx-world-')) : null;
    if (this.#folder !== null) this.#path = join(this.#folder, 'life-0.sqlite3');
    const { master: masterClock = 0, replicas: clocks = [] } = this.#clocks;
    this.master = this.#site('master', master, seed, options, { library: options.library, clock: masterClock });
    this.replicas = replicas.map((version, n) =>
      this.#site(`replica-${n + 1}`, version, seed + 10 + n, options, { library: options.replicaLibrary, clock: clocks[n] ?? 0 }),
    );
    this.#settings = options.settings ?? {};
    this.#live();
    this.#configure();
  }

  #configure(): void {
    for (const [key, value] of Object.entries(this.#settings)) this.store.settings.set(key, value);
    this.store.settings.set('master_url', this.master.url);
    this.store.settings.set('master_token', this.master.token);
    for (const { name, url, token } of this.replicas) this.store.replicas.add({ name, url, token });
  }

  get replica(): Site {
    const first = this.replicas[0];
    assert.ok(first);
    return first;
  }

  /** The registry's id of a replica. */
  idOf(site: Site = this.replica): number {
    const row = this.store.replicas.byName(site.name);
    assert.ok(row);
    return row.id;
  }

  /** What the registry says of a document's copy. */
  row(masterDocId: number, site: Site = this.replica): SyncRow {
    const found = this.store.registry.rowFor(this.idOf(site), masterDocId);
    assert.ok(found, `${site.name} has no row for document ${masterDocId}`);
    return found;
  }

  /** One whole cycle without a flow. */
  async cycle(): Promise<RunSummary> {
    const result = await this.run(this.engine.runCycle({ trigger: 'manual' }));
    assert.ok(!('skipped' in result), `the cycle was skipped: ${'skipped' in result ? result.skipped : ''}`);
    return result;
  }

  /** Cycle after cycle until nothing is left to do. */
  async settle(timeoutMs = 3_600_000, where = ''): Promise<RunSummary[]> {
    const { settled, reason, runs } = await this.run(this.engine.runUntilSettled({ timeoutMs, trigger: 'manual' }));
    assert.ok(settled, `${where} not settled: ${reason ?? ''}\n${this.#unsettled()}`);
    return runs;
  }

  /** What still waits, for the message of a test that fails. */
  #unsettled(): string {
    const rows = this.replicas.flatMap((site) => this.store.registry.rows(this.idOf(site), { limit: 100 }).map((row) => ({ site, row })));
    const told = rows
      .filter(({ row }) => row.status !== 'ok')
      .map(({ site, row }) => `${site.name} ${row.masterDocId}: ${row.status} ${row.step ?? ''} ${row.errorMessage ?? ''} ${row.reasons.join()}`);
    const log = this.store.logs.query({ limit: 10 }).map((entry) => entry.message);
    return [...told, ...log.reverse(), ...this.trace.slice(-10)].join('\n');
  }

  /** Lets the world run until `work` is done. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.time.run(work);
  }

  /** As `run`, for work in whose midst the engine dies. */
  async runToCrash(work: () => Promise<unknown>): Promise<void> {
    const ended = work().then(() => 'ended');
    const what = await this.time.run(Promise.race([ended, this.died.then(() => 'died')]));
    assert.equal(what, 'died', 'the engine was to die and did not');
  }

  /** The clock goes on by itself: workers work, tasks end. */
  later(ms: number): Promise<void> {
    return this.time.pass(ms);
  }

  /** Something that happens on the servers while the engine's request is on its way, before it is answered. */
  onRequest(act: (passage: Pick<Passage, 'site' | 'request' | 'bytes'>) => Promise<void>): void {
    this.#network.watchers.push(act);
  }

  /** Told of each answer as it comes back to the engine. */
  onAnswer(hear: Network['listeners'][number]): void {
    this.#network.listeners.push(hear);
  }

  set(fault: Fault, where: Where = {}): SetFault {
    const set = new SetFault(where, fault);
    this.#network.faults.push(set);
    return set;
  }

  /** kill -9: the engine is gone with all that it had in memory, and what was committed is what the next one finds. */
  crash(): void {
    this.#life.crash();
  }

  /** kill -9 right after the n-th transaction from now is committed; the returned function ends that, where so many don't come. */
  crashAfterCommit(n: number): () => void {
    const { store } = this;
    const fenced = store.fenced.bind(store);
    let commits = 0;
    store.fenced = (epoch, work) => {
      const result = fenced(epoch, work);
      commits += 1;
      if (commits === n) this.crash();
      return result;
    };
    return () => void (commits = Infinity);
  }

  /** The next process, on what the last one left. */
  restart(): void {
    assert.ok(!this.#life.alive && this.#folder !== null, 'restart() follows a crash in a world with a database file');
    const next = join(this.#folder, `life-${this.#lives}.sqlite3`);
    for (const suffix of ['', '-wal']) if (existsSync(`${this.#corpse}${suffix}`)) copyFileSync(`${this.#corpse}${suffix}`, `${next}${suffix}`);
    this.#path = next;
    this.#live();
  }

  /** An orderly end, where it hasn't come yet, and a new start on the same database. */
  async startAgain(): Promise<void> {
    assert.ok(this.#folder !== null, 'startAgain() needs a world with a database file');
    await this.run(this.engine.stop());
    this.#live();
  }

  /** An orderly end, and a start on another database: the backup of a while ago, or with null an empty one that is set up anew. */
  async startOn(file: string | null): Promise<void> {
    assert.ok(this.#folder !== null, 'startOn() needs a world with a database file');
    if (this.alive) await this.run(this.engine.stop());
    for (const { life } of this.#sleepers.splice(0)) life.end();
    this.#path = join(this.#folder, `life-${this.#lives}.sqlite3`);
    if (file !== null) copyFileSync(file, this.#path);
    this.#live();
    if (file === null) this.#configure();
  }

  get alive(): boolean {
    return this.#life.alive && !this.#life.frozen && this.engine.state !== 'stopped';
  }

  get frozen(): boolean {
    return this.#life.frozen;
  }

  /** The process stands still where it is, with all that it has under way. */
  freeze(): void {
    this.#life.freeze();
  }

  /** Another process on the database of one that stands still, as when a machine is given up for dead. */
  takeOver(): void {
    assert.ok(this.#folder !== null && this.#life.frozen, 'takeOver() follows freeze() in a world with a database file');
    this.#sleepers.push({ life: this.#life, engine: this.engine });
    this.#live();
  }

  /** Those that stood still go on, beside the one that took their place. */
  wake(): void {
    for (const { life } of this.#sleepers) life.thaw();
  }

  /** They go on, and are stopped in an orderly way. */
  async stopWoken(): Promise<void> {
    this.wake();
    for (const { life, engine } of this.#sleepers.splice(0)) if (life.alive) await this.run(engine.stop());
  }

  /** Something comes to an engine's process from outside. */
  reach(engine: Engine, act: () => void): void {
    this.#processes.get(engine)?.reach(act);
  }

  get databasePath(): string {
    return this.#path;
  }

  get folder(): string | null {
    return this.#folder;
  }

  /** What the controller's own backup holds by now, put aside. */
  async keepBackup(): Promise<string> {
    assert.ok(this.#folder !== null, 'keepBackup() needs a world with a database file');
    await this.run(this.store.backup());
    const kept = join(this.#folder, `kept-${this.#lives}.sqlite3`);
    copyFileSync(`${this.#path}.bak`, kept);
    return kept;
  }

  /** An orderly end, and a new start on a backup in the database's place. */
  async startFromBackup(kept: string): Promise<void> {
    assert.ok(this.#folder !== null);
    await this.run(this.engine.stop());
    this.#path = join(this.#folder, `life-${this.#lives}.sqlite3`);
    copyFileSync(kept, this.#path);
    this.#live();
  }

  #corpse = '';

  /** What differs between the master and a replica, by somebody who looks at both servers and at nothing else. */
  differences(site: Site = this.replica, allowance: Allowance = {}): string[] {
    return compareSites(this.master.instance, site.instance, allowance);
  }

  assertEqual(allowance: Allowance = {}): void {
    for (const site of this.replicas) assert.deepEqual(this.differences(site, allowance), [], site.name);
  }

  assertMasterOnlyRead(): void {
    assert.deepEqual(this.master.writes, [], 'the sync wrote to the master');
  }

  async close(): Promise<void> {
    if (this.alive) await this.run(this.engine.stop());
    for (const store of this.#stores) store.close();
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  #live(): void {
    let die = (): void => undefined;
    this.died = new Promise((resolve) => (die = resolve));
    const life = new Life(() => {
      // The power of all of them is cut.
      for (const sleeper of this.#sleepers.splice(0)) sleeper.life.end();
      this.#keepFiles();
      die();
    });
    this.#life = life;
    this.#lives += 1;
    const now = (): number => this.time.now() + (this.#clocks.engine ?? 0);
    const store = openStore({ path: this.#path, now, randomBytes: (n) => this.#bytes(n), secretKey: KEY });
    this.#stores.push(store);
    const backup = store.backup.bind(store);
    store.backup = () => this.time.outside(backup());
    this.store = store;
    // What a dead process left there belongs to nobody.
    this.spool = new MemorySpool(this.#spoolBytes, () => this.#call(life, 'spool'));
    this.engine = new Engine({ databasePath: this.#path, store, env: this.#environment(life), logLine: null });
    this.#processes.set(this.engine, life);
    this.engine.on((event) => {
      this.events.push(event);
      this.onEvent(event);
    });
  }

  /** At the moment of death: what the dead engine's remains still write goes to a database that nobody opens again. */
  #keepFiles(): void {
    if (this.#folder === null) return;
    this.#corpse = join(this.#folder, `corpse-${this.#lives}.sqlite3`);
    for (const suffix of ['', '-wal']) if (existsSync(`${this.#path}${suffix}`)) copyFileSync(`${this.#path}${suffix}`, `${this.#corpse}${suffix}`);
  }

  #environment(life: Life): Environment {
    return {
      now: () => this.time.now() + (this.#clocks.engine ?? 0),
      random: {
        bytes: (n) => {
          this.#call(life, 'random');
          return this.#bytes(n);
        },
        float: () => this.#random.next(),
      },
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          this.#call(life, 'sleep');
          if (signal?.aborted === true) {
            life.reach(resolve);
            return;
          }
          const end = (): void => {
            timer.cancel();
            signal?.removeEventListener('abort', end);
            life.reach(resolve);
          };
          const timer = this.time.after(ms, end);
          signal?.addEventListener('abort', end, { once: true });
        }),
      transport: (address) => {
        const site = [this.master, ...this.replicas].find(({ url }) => url === address.url);
        if (site === undefined) throw new Error(`Nothing in this world answers at ${address.url}.`);
        return new MemoryTransport(site, this.#network, life);
      },
      spool: this.spool,
    };
  }

  #call(life: Life, call: EngineCall): void {
    if (life.alive) this.onCall(call);
  }

  #bytes(n: number): Uint8Array {
    return Uint8Array.from({ length: n }, () => Math.floor(this.#random.next() * 256));
  }

  #site(
    name: string,
    version: SimulatedVersion,
    seed: number,
    options: WorldOptions,
    { library, clock }: { library: Library | undefined; clock: number },
  ): Site {
    const token = `token-of-${name}`;
    const instance = new Instance({
      version,
      environment: { clock: { now: () => this.time.now() + clock }, scheduler: this.time, random: seededRandom(seed) },
      token,
      workers: options.workers ?? 1,
      delay: options.consumeMs ?? 400,
      duplicatesRefused: options.duplicatesRefused ?? false,
    });
    if (library !== undefined) instance.seed(library);
    return new Site(name, version, `http://${name}.test`, token, instance, new Person(instance, token, this.time));
  }
}

export function openWorld(options: WorldOptions = {}): World {
  return new World(options);
}
