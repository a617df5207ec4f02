import { text } from 'node:stream/consumers';
import { acquireController } from '../controller';
import type { Io } from './command';
import { EXIT } from './exit';

/** The first signal asks to end, and what runs leaves its rows truthful; the second ends at once. */
function interruptible(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(EXIT.interrupted);
      abort.abort();
    });
  }
  return abort.signal;
}

/** The real process around a command. */
export function processIo(): Io {
  let signal: AbortSignal | undefined;
  return {
    env: process.env,
    tty: process.stderr.isTTY,
    interruptible: () => (signal ??= interruptible()),
    out: (chunk) => void process.stdout.write(chunk),
    err: (chunk) => void process.stderr.write(chunk),
    readInput: () => text(process.stdin),
    acquire: acquireController,
  };
}
