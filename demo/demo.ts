import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateLibrary } from '../simulator/library/index.js';
import { plantedLimits, plantedWithheld } from '../simulator/library/planted.js';
import { alive } from './alive.js';
import { Children } from './children.js';
import { compareInstances } from './compare/compare.js';
import type { ControllerApi } from './controller.js';
import { startController, untilHealthy } from './controller.js';
import { readCounters } from './counters.js';
import { Life } from './life.js';
import type { DemoOptions } from './options.js';
import { UsageError } from './options.js';
import { insistOnPort, usualPort } from './ports.js';
import type { Terminal } from './progress.js';
import { Display, progressLines } from './progress.js';
import { untilVerified } from './settle.js';
import type { SimulatedInstance } from './simulated.js';
import { startSimulated } from './simulated.js';
import type { Summary } from './summary.js';
import { summarize } from './summary.js';

const versions = { master: '3.0.5', replicas: ['3.0.5', '2.20.15'] };

/** What runs, once it runs. */
export interface RunningDemo {
  api: ControllerApi;
  password: string;
  master: SimulatedInstance;
  replicas: SimulatedInstance[];
}

export interface DemoHooks {
  /** Called when the replicas are verified, before they are compared: a test changes something here behind the product's back. */
  beforeComparison?: (demo: RunningDemo) => Promise<void>;
  /** Called with the judgement of `--once`, before `--keep` waits. */
  judged?: (summary: Summary) => void;
}

/** For promises whose failure is told elsewhere. */
const ignore = (): undefined => undefined;

/** Empties the folder of an earlier run: the simulated servers start anew, so what was known of them is void. */
function takeFolder(dir: string): void {
  const lock = join(dir, 'pid');
  const other = existsSync(lock) ? Number(readFileSync(lock, 'utf8')) : 0;
  if (other > 0 && other !== process.pid && alive(other)) {
    throw new UsageError(`A demo already runs from ${dir} (process ${other}). Stop it first, or give this one another folder with --dir.`);
  }
  for (const name of ['data', 'logs', 'demo.json']) rmSync(join(dir, name), { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  writeFileSync(lock, String(process.pid));
}

/** One run of the demo: three simulated servers, the controller, and what happens with them. */
export class Demo {
  private readonly display: Display;
  private readonly children: Children;
  private readonly startedAt = Date.now();
  /** Aborted when the run ends, however it does. */
  private readonly over = new AbortController();

  /** @throws UsageError when another demo runs from the same folder */
  constructor(
    private readonly root: string,
    private readonly options: DemoOptions,
    terminal: Terminal,
    private readonly hooks: DemoHooks = {},
  ) {
    this.display = new Display(terminal);
    takeFolder(options.dir);
    this.children = new Children(join(options.dir, 'logs'));
  }

  /** Runs until `stop` aborts, or with `once` until it is judged. Every process that it started has ended when this settles. */
  async run(stop: AbortSignal): Promise<Summary | null> {
    const stopped = new Promise<undefined>((resolve) => stop.addEventListener('abort', () => resolve(undefined), { once: true }));
    const failure = this.children.failure();
    failure.catch(ignore);
    const starting = this.start();
    // When it is stopped while it starts, what is still starting is refused by `children`.
    starting.catch(ignore);
    try {
      const demo = await Promise.race([starting, failure, stopped]);
      if (demo === undefined) return null;
      if (!this.options.once) return await Promise.race([this.live(demo, stop), failure]);
      const summary = await Promise.race([this.judge(demo, stop), failure]);
      if (summary === null) return null;
      this.hooks.judged?.(summary);
      if (this.options.keep) {
        this.display.say('The servers stay up until SIGTERM (or Ctrl-C).');
        await Promise.race([stopped, failure]);
      }
      return summary;
    } catch (error) {
      // A signal to the whole group ends the servers while we ask them: then that is why they don't answer.
      if (stop.aborted) return null;
      throw error;
    } finally {
      this.over.abort();
      await this.children.stop();
      rmSync(join(this.options.dir, 'pid'), { force: true });
    }
  }

  private async start(): Promise<RunningDemo> {
    const { options, root, display } = this;
    const taken = new Set<number>();
    const take = async (port: Promise<number>): Promise<number> => {
      const value = await port;
      taken.add(value);
      return value;
    };
    const controllerPort = await take(options.port === undefined ? usualPort(8000, taken) : insistOnPort(options.port, 'the controller'));
    if (options.port === undefined && controllerPort !== 8000) display.say(`Port 8000 is taken, so the controller listens on ${controllerPort}.`);
    display.say(`Starting a master with ${options.documents} documents and ${versions.replicas.length} replicas ...`);

    const simulated = async (name: string, version: string, usual: number, people: boolean): Promise<SimulatedInstance> => {
      const port = await take(usualPort(usual, taken));
      const token = randomBytes(20).toString('hex');
      return startSimulated(this.children, root, { name, version, port, token, library: options.documents, people, seed: options.seed });
    };
    const master = await simulated('master', versions.master, 8801, false);
    const replicas: SimulatedInstance[] = [];
    for (const [index, version] of versions.replicas.entries()) {
      replicas.push(await simulated(`replica-${index + 1}`, version, 8802 + index, true));
    }

    display.say('Starting Node-RED with the shipped flow ...');
    const { api, password } = startController(this.children, { root, dir: options.dir, port: controllerPort, master });
    await untilHealthy(api, 120_000, this.over.signal);
    // A person who watches wants to see changes arrive; without --once the replicas are looked at more often than by default.
    for (const replica of replicas) await api.addReplica(replica.name, replica, options.once ? null : 30);
    const demo: RunningDemo = { api, password, master, replicas };
    this.announce(demo);
    return demo;
  }

  private announce({ api, password, master, replicas }: RunningDemo): void {
    const address = ({ name, url, token, version }: SimulatedInstance): object => ({ name, url, token, version });
    const { name: _, ...masterAddress } = address(master) as Record<string, string>;
    const file = join(this.options.dir, 'demo.json');
    writeFileSync(file, `${JSON.stringify({ controller: { url: api.url }, master: masterAddress, replicas: replicas.map(address) }, null, 2)}\n`, {
      mode: 0o600,
    });
    for (const line of [
      '',
      `  Dashboard   ${api.url}/`,
      `  Editor      ${api.url}/editor   user admin, password ${password}`,
      `  API         ${api.url}/api/status`,
      `  Master      ${master.url}   simulated paperless-ngx ${master.version}`,
      ...replicas.map((r) => `  ${r.name.padEnd(11)} ${r.url}   simulated paperless-ngx ${r.version}`),
      `  Addresses and tokens are in ${file}, logs beside it.`,
      '',
    ]) {
      this.display.say(line);
    }
  }

  private async live(demo: RunningDemo, stop: AbortSignal): Promise<null> {
    const { api } = demo;
    await api.sync();
    const life = new Life(demo.master, this.options.seed);
    const living = life.live(stop, (deed) => {
      const trouble = deed.status >= 200 && deed.status < 300 ? '' : `  (answered ${deed.status})`;
      this.display.say(`on the master: ${deed.kind}: ${deed.what}${trouble}`);
    });
    while (!stop.aborted) {
      try {
        this.display.show(progressLines(await api.status(), await api.running()));
      } catch (error) {
        this.display.say(`The controller doesn't answer: ${error instanceof Error ? error.message : String(error)}`);
      }
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 1000)), living]);
    }
    await living;
    return null;
  }

  private async judge(demo: RunningDemo, stop: AbortSignal): Promise<Summary | null> {
    const { api, master, replicas } = demo;
    const { documents, seed, timeout } = this.options;
    const settled = await untilVerified(api, {
      documents,
      timeoutMs: timeout * 1000,
      stuckMs: 300_000,
      signal: stop,
      show: (status, running) => this.display.show(progressLines(status, running)),
    });
    const seconds = Math.round((Date.now() - this.startedAt) / 100) / 10;
    if (stop.aborted) return null;
    this.display.show(progressLines(settled.status, await api.running()), true);
    const counted = await readCounters(master);
    await this.hooks.beforeComparison?.(demo);
    this.display.say('Comparing both replicas with the master, file by file ...');
    const comparisons = await compareInstances(master, replicas, { owners: true, versionTexts: true });
    const library = generateLibrary({ documents, seed });
    const summary = summarize({
      seconds,
      documents: comparisons[0]?.master.documents ?? 0,
      unverified: settled.verified ? null : settled.why,
      status: settled.status,
      master: counted,
      library: library.documents.flatMap((d) => [d.file, ...(d.versions ?? [])]).reduce((sum, file) => sum + file.bytes().length, 0),
      replicas: replicas.flatMap((instance, index) => {
        const comparison = comparisons[index];
        const planted = plantedLimits(library, instance.version.startsWith('2.') ? 2 : 3);
        const withheld = plantedWithheld(library);
        return comparison === undefined ? [] : [{ instance, comparison, planted, withheld }];
      }),
    });
    this.explain(summary, comparisons);
    return summary;
  }

  private explain(summary: Summary, comparisons: Awaited<ReturnType<typeof compareInstances>>): void {
    for (const result of comparisons) {
      this.display.say(`Compared ${result.replica.url} (${result.replica.version}): ${result.fields.join(', ')}.`);
      for (const { id, title, differences } of result.examples.different.slice(0, 5)) {
        for (const d of differences)
          this.display.say(`  ${id} "${title}" ${d.field}: master ${JSON.stringify(d.master)}, replica ${JSON.stringify(d.replica)}`);
      }
      for (const { id, title } of result.examples.missing.slice(0, 5)) this.display.say(`  ${id} "${title}" is missing`);
      for (const { id, title } of result.examples.doubled.slice(0, 5)) this.display.say(`  ${id} "${title}" is there once too often`);
    }
    for (const problem of summary.problems) this.display.say(`Not well: ${problem}`);
    if (summary.ok) this.display.say(`${summary.documents} documents on both replicas, verified and compared, in ${summary.seconds} s.`);
  }
}
