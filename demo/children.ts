import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Started {
  name: string;
  process: ChildProcess;
  logFile: string;
  /** It has ended, and its log is whole. */
  ended: Promise<string>;
}

/** A child didn't start, or ended by itself; the message carries the end of its log. */
export class ChildError extends Error {
  override readonly name = 'ChildError';
}

function endedByItself({ name, logFile }: Started, how: string): ChildError {
  const text = existsSync(logFile) ? readFileSync(logFile, 'utf8').trimEnd() : '';
  return new ChildError(`${name} ended by itself (${how}).\n${text.split('\n').slice(-25).join('\n')}\n(all of it: ${logFile})`);
}

/** The demo's processes: each with a log file, none outliving the demo. */
export class Children {
  private readonly running: Started[] = [];
  private stopping = false;
  private readonly failed: ((error: ChildError) => void)[] = [];

  constructor(
    private readonly logs: string,
    private readonly graceMs = 20_000,
  ) {
    mkdirSync(logs, { recursive: true });
  }

  /** Starts `node args…` with its output in a log file. */
  start(name: string, args: string[], options: { cwd: string; env?: NodeJS.ProcessEnv }): Started {
    if (this.stopping) throw new ChildError(`${name} isn't started: the demo is stopping.`);
    const logFile = join(this.logs, `${name}.log`);
    const log = createWriteStream(logFile);
    const child = spawn(process.execPath, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const ended = new Promise<string>((resolve) => {
      child.once('close', (code, signal) => log.end(() => resolve(signal ?? `exit code ${code ?? '?'}`)));
    });
    const started = { name, process: child, logFile, ended };
    this.running.push(started);
    void ended.then((how) => {
      // A signal to the whole group (Ctrl-C, a service manager) may end a child a moment before it reaches us.
      setTimeout(() => {
        if (this.stopping) return;
        const error = endedByItself(started, how);
        for (const tell of this.failed) tell(error);
      }, 300);
    });
    return started;
  }

  /** Rejects when a child ends by itself; never resolves. */
  failure(): Promise<never> {
    return new Promise((_, reject) => this.failed.push(reject));
  }

  /** SIGTERM to all, the last started first; SIGKILL to what is left after the grace. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const { process: child } of [...this.running].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), this.graceMs);
      await ended;
      clearTimeout(timer);
    }
  }
}

/** The first line on a child's stdout that is a JSON object. */
export async function firstJson(started: Started, timeoutMs: number): Promise<unknown> {
  const { stdout } = started.process;
  if (stdout === null) throw new Error(`${started.name} has no stdout.`);
  const lines = createInterface({ input: stdout });
  const timeout = new AbortController();
  const timer = setTimeout(() => {
    timeout.abort();
    lines.close();
  }, timeoutMs);
  try {
    for await (const line of lines) if (line.startsWith('{')) return JSON.parse(line) as unknown;
  } finally {
    clearTimeout(timer);
    lines.close();
    // Closing the reader pauses the stream; the log wants the rest of it.
    stdout.resume();
  }
  if (timeout.signal.aborted) throw new ChildError(`${started.name} said nothing within ${timeoutMs / 1000} s (its log: ${started.logFile}).`);
  throw endedByItself(started, await started.ended);
}
