import { dirname } from 'node:path';
import { alive } from './alive.js';
import { parseOptions, usage } from './options.js';
import { explain, runDemo } from './run.js';

/** The checkout: this file is dist/demo/main.js in it. */
const root = dirname(dirname(__dirname));

try {
  const options = parseOptions(process.argv.slice(2), root);
  if (options === null) {
    process.stdout.write(usage);
  } else {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
    // Whoever started us and is gone can't send a signal any more (npm's shell passes none on).
    const parents = (process.env['PNGX_DEMO_PARENTS'] ?? '').split(',').filter(Boolean).map(Number);
    setInterval(() => {
      if (!parents.every(alive)) stop.abort();
    }, 500).unref();
    const print = (line: string): void => void process.stdout.write(`${line}\n`);
    void runDemo(options, { root, stop: stop.signal, print, terminal: process.stderr }).then((code) => (process.exitCode = code));
  }
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
