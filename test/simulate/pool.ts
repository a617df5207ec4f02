import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { GENERATOR, type SeedVerdict } from './run-seed';

export interface PoolOptions {
  /** Worker processes; as many as there are cores when left out. */
  jobs?: number;
  execArgv?: string[];
  env?: Record<string, string | undefined>;
  trace?: boolean;
  /** The three ways of seeing one past, instead of a story with troubles. */
  differential?: boolean;
  /** How long one seed may take on the real clock before its worker counts as hung; ms. */
  longestMs?: number;
  /** Fires: no further seed is begun. */
  signal?: AbortSignal;
}

const LONGEST_MS = 60_000;

/**
 * Runs seeds in worker processes and yields each verdict as it comes, in no particular order. A worker that hangs on a seed, or dies of it, is that seed's
 * failing verdict (`hung`, `died`), and another takes its place. Who stops reading ends the workers.
 */
export async function* runSeeds(seeds: Iterable<number>, options: PoolOptions = {}): AsyncGenerator<SeedVerdict> {
  const waiting = seeds[Symbol.iterator]();
  const done: SeedVerdict[] = [];
  let wake = (): void => undefined;
  let left = false;
  const next = (): number | null => {
    if (left || options.signal?.aborted === true) return null;
    const step: IteratorResult<number, unknown> = waiting.next();
    return step.done === true ? null : step.value;
  };
  const tell = (verdict: SeedVerdict): void => {
    done.push(verdict);
    wake();
  };
  let working = options.jobs ?? availableParallelism();
  const children = new Set<ChildProcess>();
  const over = (): void => {
    working -= 1;
    wake();
  };
  for (let n = working; n > 0; n -= 1) work(options, { next, tell, over, children });
  try {
    for (;;) {
      const verdict = done.shift();
      if (verdict !== undefined) yield verdict;
      else if (working === 0) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    left = true;
    for (const child of children) child.kill('SIGKILL');
  }
}

interface Desk {
  next(): number | null;
  tell(verdict: SeedVerdict): void;
  over(): void;
  children: Set<ChildProcess>;
}

/** What a story leaves behind in memory goes with its worker. */
const STORIES_EACH = 250;

/** One worker after another, each until it hangs or dies, has told its share, or no seed is left. */
function work(options: PoolOptions, desk: Desk, first: number | null = desk.next()): void {
  if (first === null) {
    desk.over();
    return;
  }
  const child = fork(join(__dirname, 'worker.js'), [], {
    execArgv: options.execArgv ?? [],
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  desk.children.add(child);
  let seed: number | null = first;
  let began = performance.now();
  let said = '';
  let timer: NodeJS.Timeout | undefined;
  let hung = false;
  let told = 0;
  let following: number | null = null;
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4000)));
  const give = (): void => {
    clearTimeout(timer);
    if (seed === null) {
      // By a word of ours: of a child that is cut off from here Node never tells that it closed.
      child.send('over');
      return;
    }
    began = performance.now();
    timer = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, options.longestMs ?? LONGEST_MS);
    child.send({ seed, trace: options.trace === true, differential: options.differential === true });
  };
  child.on('message', (message: unknown) => {
    if (message !== 'ready') {
      desk.tell(message as SeedVerdict);
      told += 1;
      seed = desk.next();
      if (told === STORIES_EACH) [following, seed] = [seed, null];
    }
    give();
  });
  // `close` comes after all that it said.
  child.on('close', (code, signal) => {
    clearTimeout(timer);
    desk.children.delete(child);
    if (seed === null) {
      if (following === null) desk.over();
      else work(options, desk, following);
      return;
    }
    const ms = Math.round(performance.now() - began);
    const message = hung ? `no end within ${Math.round(ms / 1000)} s` : `its process ended with ${code ?? signal ?? '?'}: ${said}`;
    desk.tell({ seed, generator: GENERATOR, ok: false, check: hung ? 'hung' : 'died', message, faults: {}, crashes: 0, ms, traceHash: '' });
    work(options, desk);
  });
}
