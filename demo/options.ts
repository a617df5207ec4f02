import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface DemoOptions {
  once: boolean;
  keep: boolean;
  documents: number;
  seed: number;
  /** Of the controller; undefined: 8000, or a free one when that is taken. */
  port: number | undefined;
  /** Where everything of a run is kept; emptied at the start. */
  dir: string;
  /** `--once` gives up after this many seconds. */
  timeout: number;
}

export const usage = `A master and two replicas, simulated, and the controller that keeps them alike.

  npm run demo                 runs until Ctrl-C; the master's library keeps changing
  npm run demo -- --once       holds the library still, ends when both replicas are verified and compared;
                               last line on stdout: one JSON object; exit code 0 or 1

  --documents N   how many documents the master holds (400)
  --seed S        another library (1)
  --port P        of the controller (8000, or a free one when it is taken)
  --keep          with --once: leave the servers up afterwards, until SIGTERM
  --timeout S     with --once: give up after S seconds (1800)
  --dir D         where logs, data and demo.json are kept (.demo); emptied at the start
`;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function number(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`--${name} takes a whole number from ${least} to ${most}, got "${text}".`);
  }
  return value;
}

/** @throws UsageError on anything that isn't an option; `null` when help was asked for */
export function parseOptions(args: string[], root: string): DemoOptions | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const spec = { once: flag, keep: flag, help: flag, documents: text, seed: text, port: text, dir: text, timeout: text };
  let values;
  try {
    values = parseArgs({ args, options: spec }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
  if (values.help) return null;
  if (values.keep && !values.once) throw new UsageError('--keep belongs to --once: without it the servers stay up anyway.');
  return {
    once: values.once,
    keep: values.keep,
    documents: number('documents', values.documents, 0, 100_000) ?? 400,
    seed: number('seed', values.seed, 0, 2_147_483_647) ?? 1,
    port: number('port', values.port, 1, 65_535),
    dir: resolve(root, values.dir ?? '.demo'),
    timeout: number('timeout', values.timeout, 1, 86_400) ?? 1800,
  };
}
