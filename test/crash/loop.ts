import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Children } from '../../demo/children.js';
import { Client } from '../../demo/client.js';
import { textFile } from '../../simulator/library/files/plain-file.js';
import { Random } from '../../simulator/library/random.js';
import { Home, type Appliance } from './appliance';
import type { Chooser, End } from './chooser';
import { chore } from './chores';
import { judge, settle, type Verdict } from './judge';
import { keptForWantOfABetter, wrongWithLeft } from './left';
import { Life } from './life';
import { phaseOf, type Point } from './points';
import { Server } from './servers';

/** Which versions a loop runs with; loops take them in turn. */
const CASTS: readonly { master: string; replicas: readonly string[] }[] = [
  { master: '3.0.5', replicas: ['3.0.5', '2.20.15'] },
  { master: '2.20.15', replicas: ['3.0.5', '2.20.15'] },
];

/** Without such waits a killed upload would be looked for ten minutes before it is sent again. The rest is as shipped. */
const SETTINGS = {
  task_poll_timeout_seconds: 3,
  retry_base_seconds: 1,
  retry_cap_seconds: 2,
  // Attempts that a kill cut off count too.
  quarantine_after: 10_000,
  replica_suspend_threshold: 1000,
  delete_policy: 'trash',
  sweep_ids_seconds: 60,
  sweep_documents_seconds: 60,
  sweep_content_seconds: 60,
} as const;

/** Documents that were on each replica before: none of ours, and never to be touched. */
const OWN = 2;
/** A life that hasn't come to its point by then is killed where it is. */
const REACH_MS = 4000;
const SETTLE_EVERY = 25;

export interface Kill {
  how: 'moment' | 'before' | 'inside' | 'after';
  /** Where the process died, or the last point that it passed before its moment came; null when it passed none. */
  point: Point | null;
  phase: string;
}

export interface LoopResult {
  kills: Kill[];
  /** Milliseconds from each restart until the API answered; those that were killed before aren't among them. */
  starts: number[];
  quickChecks: number;
  settlements: { verdict: Verdict; cycles: number; seconds: number }[];
  deeds: number;
  problems: string[];
  versions: string;
}

export interface LoopOptions {
  seed: number;
  /** Which of the run's loops. */
  index: number;
  kills: number;
  documents: number;
  folder: string;
  chooser: Chooser;
  signal: AbortSignal;
  /** Hears what happens; for people. */
  tell: (line: string) => void;
}

/** One appliance with its servers: killed and started again on the same database until the number is reached, and judged now and then. */
export class Loop {
  private readonly random: Random;
  private readonly home: Home;
  private readonly children: Children;
  private readonly result: LoopResult;
  private master!: Server;
  private replicas: Server[] = [];
  private life: Life | null = null;

  constructor(private readonly options: LoopOptions) {
    const { seed, index, folder } = options;
    this.random = new Random(seed, 'crash', index);
    mkdirSync(folder, { recursive: true });
    this.home = new Home(folder);
    this.children = new Children(join(folder, 'servers'));
    const { master, replicas } = this.cast;
    this.result = { kills: [], starts: [], quickChecks: 0, settlements: [], deeds: 0, problems: [], versions: `${master} → ${replicas.join(', ')}` };
  }

  private get cast(): (typeof CASTS)[number] {
    const cast = CASTS[this.options.index % CASTS.length];
    if (cast === undefined) throw new Error('There is no cast.');
    return cast;
  }

  /** Ends with a result, whatever happens: what went wrong is among its problems. */
  async run(): Promise<LoopResult> {
    const failure = this.children.failure();
    failure.catch(() => undefined);
    try {
      const { signal } = this.options;
      const stopped = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(new Error('It was stopped.')), { once: true }));
      stopped.catch(() => undefined);
      await Promise.race([this.rounds(), failure, stopped]);
    } catch (error) {
      this.result.problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      await this.life?.pause().catch(() => undefined);
      this.running?.kill();
      await this.running?.ended;
      await this.children.stop();
    }
    this.result.deeds = this.life?.done.length ?? 0;
    return this.result;
  }

  private running: Appliance | null = null;

  private say(line: string): void {
    appendFileSync(join(this.options.folder, 'story.log'), `${new Date().toISOString()} ${line}\n`);
  }

  private async rounds(): Promise<void> {
    const life = await this.setUp();
    life.go();
    let since = 0;
    while (this.result.kills.length < this.options.kills && this.result.problems.length === 0) {
      await this.oneLife(this.options.chooser.choose(this.random));
      since += 1;
      if (since < SETTLE_EVERY && this.result.kills.length < this.options.kills) continue;
      await this.settlement(life);
      since = 0;
    }
  }

  /** The people, who haven't begun yet. */
  private async setUp(): Promise<Life> {
    const { seed, index, documents } = this.options;
    const library = { library: documents, seed: seed + index };
    const { master, replicas } = this.cast;
    this.master = await Server.start(this.children, 'master', master, { ...library, people: false });
    const life = new Life(this.master, seed + index, (line) => this.say(line));
    this.life = life;
    for (const [at, version] of replicas.entries()) {
      const server = await Server.start(this.children, `replica-${at + 1}`, version, { ...library, people: true });
      this.replicas.push(server);
      const client = new Client(server);
      for (let n = 1; n <= OWN; n += 1) {
        const file = textFile(`eigenes ${n}.txt`, `Nur auf ${server.name}: ${n}\n`);
        const task = (await client.must('POST', '/api/documents/post_document/', Client.form(file, { title: `Eigenes ${n}` }))) as string;
        await client.consumed(task, file.originalFileName);
      }
    }
    // The one start that ends in an orderly way: it leaves what Node keeps of compiled code, which makes the others cheaper.
    const appliance = this.start(null);
    await this.ready(appliance);
    const put = async (method: string, path: string, body: object): Promise<void> => {
      const answer = await appliance.ask(method, path, body);
      if (answer === null || answer.status >= 300) throw new Error(`${method} ${path} was answered with ${JSON.stringify(answer)}`);
    };
    await put('PUT', '/api/settings', { ...SETTINGS, master_url: this.master.url, master_token: this.master.token });
    for (const { name, url, token } of this.replicas) await put('POST', '/api/replicas', { name, url, token });
    appliance.terminate();
    const ended = await appliance.ended;
    if (ended !== 'exit code 0') throw new Error(`The appliance was asked to stop, and ended with ${ended}.`);
    return life;
  }

  private start(end: End | null): Appliance {
    this.running = this.home.start(end?.at === 'point' ? end.order : null);
    return this.running;
  }

  private async ready(appliance: Appliance): Promise<boolean> {
    const ms = await appliance.ready();
    if (ms !== null) this.result.starts.push(ms);
    return ms !== null;
  }

  private learn(): ReturnType<Home['trace']> {
    const trace = this.home.trace();
    this.options.chooser.learn(trace.passed, trace.killedAt);
    return trace;
  }

  private async oneLife(end: End): Promise<void> {
    const appliance = this.start(end);
    const over = end.at === 'moment' ? this.killAt(appliance, end.ms) : this.killIfLate(appliance);
    // Cycle after cycle, now and then one that looks at everything.
    if (await this.ready(appliance)) {
      await chore(appliance, this.random, this.replicas.length);
      while (!appliance.over) {
        await appliance.ask('POST', '/api/sync', this.random.chance(15) ? { full: true } : {});
        await appliance.endsWithin(150);
      }
    }
    await over;
    const how = await appliance.ended;
    const trace = this.learn();
    if (how !== 'SIGKILL') this.result.problems.push(`The appliance ended by itself with ${how}: ${appliance.complaints().join('\n')}`);
    this.complaintsOf(appliance);
    const last = trace.killedAt ?? trace.passed.at(-1) ?? null;
    const kill: Kill = { how: trace.killedAt?.when ?? 'moment', point: last, phase: last === null ? 'starting' : phaseOf(last) };
    this.result.kills.push(kill);
    this.say(`killed (${kill.how}) ${last === null ? '' : `${last.kind} ${last.site}`}`);
    this.checkLeft();
  }

  private checkLeft(): void {
    const { checked, wrong } = wrongWithLeft(this.home.database);
    this.result.quickChecks += checked;
    this.result.problems.push(...wrong);
  }

  private complaintsOf(appliance: Appliance): void {
    for (const complaint of appliance.complaints()) this.result.problems.push(`The appliance complains: ${complaint}`);
  }

  private async killAt(appliance: Appliance, ms: number): Promise<void> {
    await appliance.endsWithin(ms);
    appliance.kill();
  }

  private async killIfLate(appliance: Appliance): Promise<void> {
    while (!appliance.over && !appliance.isReady) await appliance.endsWithin(20);
    await this.killAt(appliance, REACH_MS);
  }

  /** Nobody is killed, and nobody writes to the master: it must come to rest, and be right. */
  private async settlement(life: Life): Promise<void> {
    const started = Date.now();
    await life.pause();
    await this.master.quiet();
    const appliance = this.start(null);
    await this.ready(appliance);
    const written = await this.master.writes();
    const cycles = await settle(appliance);
    const verdict = await judge(appliance, this.master, this.replicas, OWN, keptForWantOfABetter(this.home.database));
    this.result.settlements.push({ verdict, cycles, seconds: (Date.now() - started) / 1000 });
    this.result.problems.push(...verdict.wrong);
    this.complaintsOf(appliance);
    const [now, mine] = [await this.master.writes(), life.client.writes];
    if (now !== written || now !== mine) this.result.problems.push(`The master got ${now} requests that write, but people sent ${mine}.`);
    const { kills } = this.result;
    this.options.tell(
      `loop ${this.options.index + 1}: ${kills.length} of ${this.options.kills} kills; ${verdict.documents} documents, settled in ${cycles} cycles` +
        verdict.wrong.map((wrong) => `\n  WRONG: ${wrong}`).join(''),
    );
    if (kills.length < this.options.kills) life.go();
    appliance.kill();
    await appliance.ended;
    this.learn();
    this.checkLeft();
  }
}
