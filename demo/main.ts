import { dirname } from 'node:path';
import { ChildError } from './children.js';
import { ReadError } from './compare/http.js';
import { ControllerError } from './controller.js';
import { Demo } from './demo.js';
import type { DemoOptions } from './options.js';
import { parseOptions, usage, UsageError } from './options.js';
import type { Summary } from './summary.js';

/** The checkout: this file is dist/demo/main.js in it. */
const root = dirname(dirname(__dirname));

/** What went wrong, in a sentence for what we know, with its stack for what we don't. */
function explain(error: unknown): string {
  const expected = [UsageError, ChildError, ReadError, ControllerError].some((kind) => error instanceof kind);
  return error instanceof Error ? ((expected ? undefined : error.stack) ?? error.message) : String(error);
}

function print(summary: Summary): void {
  process.stdout.write(`${JSON.stringify(summary)}\n`);
}

async function run(options: DemoOptions): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const startedAt = Date.now();
  const printed: Summary[] = [];
  const judged = (summary: Summary): void => {
    printed.push(summary);
    print(summary);
  };
  try {
    const summary = await new Demo(root, options, { judged }).run(stop.signal);
    if (!options.once) return 0;
    if (summary === null) throw new ControllerError('Stopped before the replicas were verified.');
    return summary.ok ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
    if (options.once && printed.length === 0) {
      print({ ok: false, seconds, documents: 0, replicas: [], master_requests: {}, bytes: {}, problems: [explain(error).split('\n')[0] ?? ''] });
    }
    return 1;
  }
}

try {
  const options = parseOptions(process.argv.slice(2), root);
  if (options === null) process.stdout.write(usage);
  else void run(options).then((code) => (process.exitCode = code));
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
