import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { describeOrder, FOLDER, ORDER, OWNER, pointOf, TRACE, type Order, type Point } from './points';

const root = join(__dirname, '..', '..', '..');

/** A Fernet key. */
export const secretKey = `${Buffer.alloc(32, 7).toString('base64url')}=`;

const logLine = z.looseObject({ level: z.string(), msg: z.string() });

/** What one life of the process left behind: which points it passed, and where it was killed. */
export interface Trace {
  passed: Point[];
  /** Null when it died at a moment, not at a point. */
  killedAt: Point | null;
}

/** Where an appliance lives: its data folder, and beside it what the test keeps of it. */
export class Home {
  readonly data: string;
  readonly database: string;
  private readonly traceFile: string;
  private readonly logFile: string;
  private lives = 0;

  constructor(readonly folder: string) {
    this.data = join(folder, 'data');
    this.database = join(this.data, 'db.sqlite3');
    this.traceFile = join(folder, 'trace');
    this.logFile = join(folder, 'appliance.log');
    mkdirSync(this.data, { recursive: true });
  }

  /** `pngx start`, on a free port, in a group of its own. @param order where it is to die; null when nowhere */
  start(order: Order | null, env: Record<string, string> = {}): Appliance {
    this.lives += 1;
    writeFileSync(this.traceFile, '');
    appendFileSync(this.logFile, `--- life ${this.lives}${order === null ? '' : `, to die at ${describeOrder(order)}`}\n`);
    const inherited = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(SECRET_KEY|DATABASE_URL|DATA_DIR|MASTER_|EDITOR_|PNGX_|NODE_RED|NODE_OPTIONS)/u.test(name)),
    );
    const child = spawn(process.execPath, [join(root, 'bin', 'pngx.js'), 'start'], {
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...inherited,
        SECRET_KEY: secretKey,
        DATA_DIR: this.data,
        PORT: '0',
        NODE_OPTIONS: `--require ${join(__dirname, 'preload.js')}`,
        NODE_COMPILE_CACHE: join(this.folder, 'compiled'),
        [TRACE]: this.traceFile,
        [FOLDER]: this.data,
        [OWNER]: String(process.pid),
        [ORDER]: order === null ? '' : JSON.stringify(order),
        ...env,
      },
    });
    return new Appliance(child, (text) => appendFileSync(this.logFile, text));
  }

  /** How many points the running life has passed. */
  passedSoFar(): number {
    return readFileSync(this.traceFile, 'utf8')
      .split('\n')
      .filter((line) => pointOf(line) !== null).length;
  }

  /** Of the life that has ended last. */
  trace(): Trace {
    const text = existsSync(this.traceFile) ? readFileSync(this.traceFile, 'utf8') : '';
    appendFileSync(join(this.folder, 'traces.log'), `--- life ${this.lives}\n${text}`);
    const lines = text.split('\n');
    const killed = lines.find((line) => line.startsWith('KILLED '));
    return {
      passed: lines.flatMap((line) => pointOf(line) ?? []),
      killedAt: killed === undefined ? null : pointOf(killed.slice('KILLED '.length)),
    };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Answer {
  status: number;
  body: unknown;
}

/** One life of the real process, from its start to its end. */
export class Appliance {
  readonly startedAt = Date.now();
  /** `SIGKILL`, or another signal's name, or an exit code. */
  readonly ended: Promise<string>;
  over = false;
  private output = '';
  private portFound = 0;

  constructor(
    private readonly child: ChildProcess,
    keep: (text: string) => void,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        keep(text);
      });
    }
    this.ended = once(child, 'close').then(([code, signal]) => {
      this.over = true;
      return (signal as string | null) ?? (code === 137 ? 'SIGKILL' : `exit code ${String(code)}`);
    });
  }

  /** What it said that is an error: log lines of that level, and whatever isn't a line of the log at all. */
  complaints(): string[] {
    return this.output.split('\n').flatMap((line) => {
      if (line.trim() === '') return [];
      try {
        const { level, msg } = logLine.parse(JSON.parse(line));
        return level === 'error' || level === 'fatal' ? [msg] : [];
      } catch {
        return [line];
      }
    });
  }

  /** Asks its API; null when it doesn't answer (yet, or any more). */
  async ask(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer | null> {
    this.portFound ||= Number(/now running at http:\/\/127\.0\.0\.1:(\d+)/u.exec(this.output)?.[1] ?? 0);
    if (this.portFound === 0 || this.over) return null;
    try {
      const response = await fetch(`http://127.0.0.1:${this.portFound}${path}`, {
        method,
        signal: AbortSignal.timeout(30_000),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text.startsWith('{') ? (JSON.parse(text) as unknown) : text };
    } catch {
      return null;
    }
  }

  /** Milliseconds from its start until its API answered; null when it has ended before. Throws when it takes over a minute. */
  async ready(): Promise<number | null> {
    while (!this.over) {
      if ((await this.ask('GET', '/api/status'))?.status === 200) return Date.now() - this.startedAt;
      if (Date.now() - this.startedAt > 60_000) throw new Error(`The appliance isn't ready after a minute:\n${this.output.slice(-3000)}`);
      await Promise.race([this.ended, sleep(10)]);
    }
    return null;
  }

  /** Its port is open; its API may need a moment yet. */
  get isReady(): boolean {
    return this.output.includes('Started flows');
  }

  /** Asks it to end, as a service manager does. */
  terminate(): void {
    this.child.kill('SIGTERM');
  }

  /** Resolves when it has ended, or this time is over. */
  async endsWithin(ms: number): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.ended, sleep(ms, undefined, { signal: over.signal }).catch(() => undefined)]);
    over.abort();
  }

  /** The whole group: `pngx start` and Node-RED under it. */
  kill(): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}
