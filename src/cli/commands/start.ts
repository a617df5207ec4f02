import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { openOptionsOf, packageRoot } from '../../api';
import type { Command, Io } from '../command';
import { CommandError, EXIT } from '../exit';

/** Node-RED's own start file: the one beside this package, or the one of the working directory. */
function nodeRed(): string {
  for (const from of [join(packageRoot, 'package.json'), join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(from).resolve('node-red/red.js');
    } catch {
      // The next place.
    }
  }
  throw new CommandError(
    EXIT.configuration,
    'node-red-missing',
    'Node-RED is not installed here.',
    'Install it beside this package: npm install node-red @flowfuse/node-red-dashboard',
  );
}

/** Runs it as this process would: same output, signals handed on, and its exit code. */
function runChild(args: string[], io: Io): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: io.env });
  const forward = (signal: NodeJS.Signals): void => {
    // A terminal sends Ctrl-C to the whole group: the child has it already.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (signal === null ? 0 : os.signals[signal]));
    });
  });
}

export const start: Command = {
  name: 'start',
  summary: 'Start the controller: Node-RED with the shipped flow and dashboard.',
  details: 'Arguments after -- go to Node-RED. The exit code is that of Node-RED.',
  options: {},
  positionals: ['-- ARGUMENTS'],
  passThrough: true,
  async run(io, _values, positionals) {
    openOptionsOf(io.env);
    const settings = join(packageRoot, 'settings.js');
    if (!existsSync(settings)) {
      throw new CommandError(
        EXIT.configuration,
        'settings-missing',
        `${settings} is missing.`,
        'Install the package again: it comes with that file.',
      );
    }
    return runChild([nodeRed(), '--settings', settings, ...positionals], io);
  },
};
