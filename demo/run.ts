import { ChildError } from './children.js';
import { ReadError } from './compare/http.js';
import { ControllerError } from './controller.js';
import type { DemoHooks } from './demo.js';
import { Demo } from './demo.js';
import type { DemoOptions } from './options.js';
import { UsageError } from './options.js';
import type { Terminal } from './progress.js';
import type { Summary } from './summary.js';

/** What went wrong, in a sentence for what we know, with its stack for what we don't. */
export function explain(error: unknown): string {
  const expected = [UsageError, ChildError, ReadError, ControllerError].some((kind) => error instanceof kind);
  return error instanceof Error ? ((expected ? undefined : error.stack) ?? error.message) : String(error);
}

export interface Surroundings {
  /** The checkout. */
  root: string;
  stop: AbortSignal;
  /** Called with one line at most: the judgement of `--once`. */
  print: (line: string) => void;
  /** Everything else that is said. */
  terminal: Terminal;
  hooks?: Pick<DemoHooks, 'beforeComparison'>;
}

/** Runs the demo to its end. Resolves to the exit code: with `--once` 0 only when all was well and judged so. */
export async function runDemo(options: DemoOptions, { root, stop, print, terminal, hooks }: Surroundings): Promise<0 | 1> {
  const startedAt = Date.now();
  const printed: Summary[] = [];
  const judged = (summary: Summary): void => {
    printed.push(summary);
    print(JSON.stringify(summary));
  };
  try {
    const summary = await new Demo(root, options, terminal, { ...hooks, judged }).run(stop);
    if (!options.once) return 0;
    if (summary === null) throw new ControllerError('Stopped before the replicas were verified.');
    return summary.ok ? 0 : 1;
  } catch (error) {
    terminal.write(`${explain(error)}\n`);
    if (options.once && printed.length === 0) {
      const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
      const problems = [explain(error).split('\n')[0] ?? ''];
      judged({ ok: false, seconds, documents: 0, replicas: [], master_requests: {}, bytes: {}, problems });
    }
    return 1;
  }
}
