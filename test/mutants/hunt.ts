import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runSeeds } from '../simulate/pool';
import { APPLIED, locate, VARIABLE, type Span } from './mutation';
import type { Mutant } from './planted/mutant';

export interface Hunted {
  edits: readonly Span[];
  /** Part of `edits` that is no bug by itself: it only brings the bug into a small world's reach. */
  harmless?: readonly Span[];
  /** Checks that count; any where it is left out. */
  shows?: readonly string[];
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
  /** Real milliseconds after which a seed is taken as hanging. */
  longestMs?: number;
}

/** Whether a seed passes without a bug, by what is harmlessly edited. */
const innocent = new Map<string, Promise<boolean>>();

/** Seeds that failed without any bug so far: they prove nothing, and are left out. */
export const broken = new Set<number>();

/** Runs seed after seed against one mutant until one fails that passes without it. */
export async function hunt(mutant: Hunted, options: HuntOptions): Promise<Fate> {
  const harmless = mutant.harmless ?? [];
  const end = options.from + options.seeds;
  let after = 0;
  for (let from = options.from; from < end;) {
    const fate = await upTo(mutant.edits, { ...options, from, seeds: end - from });
    if (fate.kind === 'not loaded') return fate;
    after += fate.after;
    if (fate.kind === 'survived') break;
    if (mutant.shows?.includes(fate.check) === false) {
      from = fate.seed + 1;
      continue;
    }
    if (await passesWithout(harmless, fate.seed, options)) return { ...fate, after };
    if (harmless.length === 0) broken.add(fate.seed);
    after -= 1;
    from = fate.seed + 1;
  }
  return { kind: 'survived', after };
}

function passesWithout(harmless: readonly Span[], seed: number, options: HuntOptions): Promise<boolean> {
  const key = `${seed} ${JSON.stringify(harmless)}`;
  const known = innocent.get(key) ?? upTo(harmless, { ...options, from: seed, seeds: 1 }).then(({ kind }) => kind === 'survived');
  innocent.set(key, known);
  return known;
}

/** The first seed that fails with these edits. */
async function upTo(spans: readonly Span[], { from, seeds, longestMs }: HuntOptions): Promise<Fate> {
  const folder = mkdtempSync(join(tmpdir(), 'pngx-mutant-'));
  const applied = join(folder, 'applied');
  writeFileSync(applied, '');
  const files = new Set(spans.map(({ file }) => file)).size;
  let after = 0;
  try {
    const verdicts = runSeeds(unbroken(from, seeds), {
      jobs: 1,
      execArgv: ['--max-old-space-size=1024', '--require', join(__dirname, 'apply.js')],
      env: { [VARIABLE]: JSON.stringify(spans), [APPLIED]: applied },
      ...(longestMs === undefined ? {} : { longestMs }),
    });
    for await (const { seed, ok, check, message } of verdicts) {
      after += 1;
      if (readFileSync(applied, 'utf8').length < files && check !== 'died') return { kind: 'not loaded' };
      if (!ok) return { kind: 'caught', check: check ?? 'unnamed', seed, after, message };
    }
    return { kind: 'survived', after };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function* unbroken(from: number, seeds: number): Generator<number> {
  for (let seed = from; seed < from + seeds; seed += 1) if (!broken.has(seed)) yield seed;
}

/** Throws StaleEditError. */
export function hunted({ edits, harmless: given = [], shows }: Pick<Mutant, 'edits' | 'harmless' | 'shows'>): Hunted {
  const harmless = locate(given);
  return { edits: [...locate(edits), ...harmless], harmless, ...(shows === undefined ? {} : { shows }) };
}
