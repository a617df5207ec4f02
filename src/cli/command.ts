import { parseArgs } from 'node:util';
import type { AcquireController } from '../controller';
import type { Environment } from '../api';
import { usageError } from './exit';

export interface OptionSpec {
  type: 'string' | 'boolean';
  /** What stands for its value in help. */
  value?: string;
  about: string;
  required?: boolean;
}

/** Values as parsed, by option name. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;

export interface Command {
  /** As typed: `replica add`. */
  name: string;
  summary: string;
  /** Further paragraphs of its help. */
  details?: string;
  options: Readonly<Record<string, OptionSpec>>;
  /** Names of what stands without an option, all of it optional here; the command says what it misses. */
  positionals?: readonly string[];
  /** Any number of further arguments is taken, for another program. */
  passThrough?: boolean;
  run(io: Io, values: Values, positionals: readonly string[]): Promise<number>;
}

/** Everything a command touches outside itself. */
export interface Io {
  env: Environment;
  /** Whether a person watches standard error. */
  tty: boolean;
  /** Aborted by the first SIGINT or SIGTERM from now on; the second ends the process. */
  interruptible(): AbortSignal;
  out(text: string): void;
  err(text: string): void;
  /** All of standard input. */
  readInput(): Promise<string>;
  acquire: AcquireController;
}

export const COMMON: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'boolean', about: 'Print one JSON object on standard output; everything else goes to standard error.' },
  help: { type: 'boolean', about: 'Show this help.' },
};

/** Parses what follows the command's name; throws a usage error in our own words. */
export function parseFor(command: Command, args: string[]): { values: Values; positionals: string[] } {
  const options = { ...command.options, ...COMMON };
  const help = `See pngx ${command.name} --help.`;
  let parsed: { values: Values; positionals: string[] };
  try {
    parsed = parseArgs({
      args,
      options: Object.fromEntries(
        Object.entries(options).map(([name, spec]) => [name, { type: spec.type, ...(name === 'help' ? { short: 'h' } : {}) }]),
      ),
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const said = (error as Error).message.split('. To specify')[0] ?? '';
    throw usageError(`${said.replace(/\.$/, '')}.`, help);
  }
  const surplus = parsed.positionals[command.positionals?.length ?? 0];
  if (surplus !== undefined && command.passThrough !== true)
    throw usageError(`pngx ${command.name} doesn't know what to do with "${surplus}".`, help);
  if (parsed.values.help !== true) {
    for (const [name, spec] of Object.entries(options)) {
      if (spec.required === true && parsed.values[name] === undefined)
        throw usageError(`pngx ${command.name} needs --${name} ${spec.value ?? ''}.`, help);
      if (spec.type === 'string' && parsed.values[name] === '') throw usageError(`--${name} is empty.`, help);
    }
  }
  return parsed;
}

export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** A whole number of at least `min`; undefined when not given. */
export function wholeNumber(values: Values, name: string, min: number): number | undefined {
  const given = text(values, name);
  if (given === undefined) return undefined;
  const number = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
  if (!(number >= min)) throw usageError(`--${name} is "${given}", and must be a whole number of at least ${min}.`, 'Correct it.');
  return number;
}
