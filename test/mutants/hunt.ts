import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Told } from './child';
import { locate, VARIABLE, type Edit, type Span } from './mutation';

export interface Hunted {
  edits: readonly Span[];
  /** Part of `edits` that is no bug by itself: it only brings the bug into a small world's reach. */
  harmless?: readonly Span[];
}

export type Fate =
  /** `after`: seeds that it took, the failing one included. */
  | { kind: 'caught'; check: string; seed: number; after: number; message: string }
  | { kind: 'survived'; after: number }
  /** Its source wasn't even loaded, so surviving means nothing. */
  | { kind: 'not loaded' };

export interface HuntOptions {
  from: number;
  seeds: number;
  /** Real milliseconds without a verdict after which a seed is taken as hanging. */
  patienceMs?: number;
  /** Ends the hunt: what runs is killed, and what was found by then is told. */
  signal?: AbortSignal;
}

/** Seeds that fail without any bug, by what is harmlessly edited: they prove nothing. */
const innocent = new Map<string, Promise<boolean>>();

/** Seeds that failed without any bug so far. */
export const broken = new Set<number>();

/** Runs seed after seed against one mutant until one fails that passes without it. */
export async function hunt(mutant: Hunted, options: HuntOptions): Promise<Fate> {
  const end = options.from + options.seeds;
  for (let from = options.from; from < end;) {
    const fate = await runSeeds(mutant.edits, { ...options, from, seeds: end - from });
    if (fate.kind === 'not loaded') return fate;
    if (fate.kind === 'survived') break;
    if (await passesWithout(mutant.harmless ?? [], fate.seed, options)) return { ...fate, after: fate.seed - options.from + 1 };
    broken.add(fate.seed);
    from = fate.seed + 1;
  }
  return { kind: 'survived', after: options.seeds };
}

function passesWithout(harmless: readonly Span[], seed: number, options: HuntOptions): Promise<boolean> {
  const key = `${seed} ${JSON.stringify(harmless)}`;
  const known = innocent.get(key) ?? runSeeds(harmless, { ...options, from: seed, seeds: 1 }).then(({ kind }) => kind === 'survived');
  innocent.set(key, known);
  return known;
}

const PATIENCE_MS = 90_000;

/** One process: it dies with the seed that fails, and is killed with one that doesn't end. */
function runSeeds(spans: readonly Span[], { from, seeds, patienceMs = PATIENCE_MS, signal }: HuntOptions): Promise<Fate> {
  const files = new Set(spans.map(({ file }) => file)).size;
  return new Promise((resolve) => {
    const child = fork(join(__dirname, 'child.js'), [String(from), String(seeds)], {
      execArgv: ['--max-old-space-size=1024', '--require', join(__dirname, 'apply.js')],
      env: { ...process.env, [VARIABLE]: JSON.stringify(spans) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let done = 0;
    let fate: Fate | null = null;
    let last = '';
    const caught = (check: string, message: string): void => void (fate ??= { kind: 'caught', check, seed: from + done, after: done + 1, message });
    const kill = (): void => void child.kill('SIGKILL');
    const hangs = (): NodeJS.Timeout =>
      setTimeout(() => {
        caught('it ends', `The seed had not ended after ${patienceMs / 1000} s.`);
        kill();
      }, patienceMs);
    let watch = hangs();
    signal?.addEventListener('abort', kill, { once: true });
    child.stderr?.on('data', (chunk: Buffer) => (last = (last + chunk.toString()).slice(-4000)));
    child.on('message', (told: Told) => {
      clearTimeout(watch);
      watch = hangs();
      if (told.applied < files) {
        fate ??= { kind: 'not loaded' };
        kill();
      } else if (told.ok) done += 1;
      else caught(told.check ?? 'unnamed', told.message ?? '');
    });
    child.on('close', (code, killedBy) => {
      clearTimeout(watch);
      signal?.removeEventListener('abort', kill);
      // An error that nobody catches would end the product's process, too.
      if (fate === null && done < seeds && signal?.aborted !== true) caught('the process lives', `exit ${killedBy ?? code}: ${last}`);
      resolve(fate ?? { kind: 'survived', after: done });
    });
  });
}

/** Throws StaleEditError. */
export function hunted(mutant: { edits: readonly Edit[]; harmless?: readonly Edit[] }): Hunted {
  const harmless = locate(mutant.harmless ?? []);
  return { edits: [...locate(mutant.edits), ...harmless], harmless };
}
