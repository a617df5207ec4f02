import { productVersion } from '../api';
import { parseFor, type Command, type Io } from './command';
import { compare } from './commands/compare';
import { exportMap } from './commands/export-map';
import { masterSet } from './commands/master';
import { apply, plan, resync } from './commands/plan';
import { preflight } from './commands/preflight';
import { newKey } from './commands/new-key';
import { replicaAdd, replicaList, replicaRemove, replicaTest, replicaUnsuspend } from './commands/replica';
import { drift } from './commands/drift';
import { retry } from './commands/retry';
import { settingsList, settingsSet } from './commands/settings';
import { start } from './commands/start';
import { status } from './commands/status';
import { sync } from './commands/sync';
import { EXIT, toCommandError, usageError } from './exit';
import { commandHelp, generalHelp } from './help';
import { printJson } from './output';

export const COMMANDS: readonly Command[] = [
  start,
  sync,
  status,
  preflight,
  compare,
  plan,
  apply,
  resync,
  retry,
  drift,
  masterSet,
  replicaAdd,
  replicaList,
  replicaRemove,
  replicaTest,
  replicaUnsuspend,
  settingsList,
  settingsSet,
  exportMap,
  newKey,
];

/** The command that the first words name, and what follows them. */
function find(args: readonly string[]): { command: Command; rest: string[] } {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = COMMANDS.find((candidate) => candidate.name === name);
    if (command !== undefined && args.length >= words) return { command, rest: args.slice(words) };
  }
  const first = args[0] ?? '';
  const family = COMMANDS.filter((command) => command.name.startsWith(`${first} `)).map((command) => `pngx ${command.name}`);
  if (family.length > 0) throw usageError(`pngx ${first} needs to know what to do.`, `There is ${family.join(', ')}.`);
  throw usageError(`pngx knows no command "${first}".`, 'pngx --help lists the commands.');
}

async function dispatch(args: readonly string[], io: Io): Promise<number> {
  const first = args[0];
  if (first === undefined) {
    io.err(generalHelp(COMMANDS));
    return EXIT.usage;
  }
  if (first === '--version' || first === '-v') {
    io.out(`${productVersion()}\n`);
    return EXIT.ok;
  }
  if (first === '--help' || first === '-h' || (first === 'help' && args.length === 1)) {
    io.out(generalHelp(COMMANDS));
    return EXIT.ok;
  }
  const { command, rest } = first === 'help' ? find([...args.slice(1), '--help']) : find(args);
  const { values, positionals } = parseFor(command, rest);
  if (values.help === true) {
    io.out(commandHelp(command));
    return EXIT.ok;
  }
  return command.run(io, values, positionals);
}

/** Runs the command line and says how it ended. Never rejects. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(args, io);
  } catch (error) {
    const failure = toCommandError(error);
    io.err(`${failure.message} ${failure.nextStep}`.trim() + '\n');
    if (io.env.PNGX_DEBUG !== undefined) io.err(`${(failure.cause instanceof Error ? failure.cause : failure).stack ?? ''}\n`);
    if (args.includes('--json')) {
      printJson(io, { ok: false, error: { code: failure.code, message: failure.message, next_step: failure.nextStep, exit: failure.exit } });
    }
    return failure.exit;
  }
}
