import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chooser } from './chooser';
import { Loop, type LoopResult } from './loop';
import { pointsOf, reportOf } from './report';

export interface RunOptions {
  kills: number;
  seed: number;
  /** Loops at once, each with its own servers and database. */
  jobs: number;
  documents: number;
  tell: (line: string) => void;
  /** Aborted: the loops end early, with what they have. */
  signal?: AbortSignal;
}

export interface RunResult {
  results: LoopResult[];
  problems: string[];
  report: string;
  /** By point, how many died there. */
  points: string;
}

/** Loops side by side until so many kills are done; one that finds a fault ends, the others go on. The folders of those that failed are kept, and named among the problems. */
export async function runCrash({ kills, seed, jobs, documents, tell, signal = new AbortController().signal }: RunOptions): Promise<RunResult> {
  const started = Date.now();
  const chooser = new Chooser();
  const base = mkdtempSync(join(tmpdir(), 'pngx-crash-'));
  const loops = Array.from({ length: jobs }, (_, index) => {
    const share = Math.floor(kills / jobs) + (index < kills % jobs ? 1 : 0);
    return new Loop({ seed, index, kills: share, documents, folder: join(base, `loop-${index + 1}`), chooser, signal, tell });
  });
  const results = await Promise.all(loops.map((loop) => loop.run()));
  const problems = results.flatMap((result, index) => result.problems.map((problem) => `loop ${index + 1} (${result.versions}): ${problem}`));
  if (problems.length === 0) rmSync(base, { recursive: true, force: true });
  else problems.push(`Database, story and logs are kept in ${base}.`);
  return { results, problems, report: reportOf(results, chooser, (Date.now() - started) / 1000), points: pointsOf(chooser) };
}

/** The real process isn't the same twice: the same choices are made again, at moments that differ a little. */
export function replayOf({ kills, seed, jobs, documents }: Omit<RunOptions, 'tell' | 'signal'>): string {
  return `npm run crash -- --kills ${kills} --seed ${seed} --jobs ${jobs} --documents ${documents}`;
}
