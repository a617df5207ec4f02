/**
 * Loaded into the appliance's process before all else (`--require`), and nowhere in the product: writes down every point at which something became lasting, and
 * kills the process at the one that it was ordered to, as `kill -9` does: no handler runs, nothing is closed or flushed.
 */
import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { subscribe } from 'node:diagnostics_channel';
import fs from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { beginsWork, FOLDER, isMeant, lineOf, ORDER, OWNER, TRACE, type Kind, type Order, type When } from './points';

type Anything = (this: unknown, ...args: unknown[]) => unknown;

// As they are now: the product's are watched from here on.
const { openSync, writeSync, closeSync, readFileSync, unlinkSync, existsSync } = fs;
const built = resolve(__dirname, '..', '..');
let trace: number | null = null;
let folder = '';
let order: Order | null = null;
let passed = 0;
let works = false;

function say(line: string): void {
  trace ??= openSync(process.env[TRACE] ?? '/dev/null', 'a');
  writeSync(trace, `${line}\n`);
}

/** Passes a point, or dies there. */
function point(kind: Kind, when: When, site: string): void {
  const here = { kind, when, site };
  say(lineOf(here));
  works ||= beginsWork(here);
  if (order === null || (order.working === true && !works) || !isMeant(order, here)) return;
  passed += 1;
  if (passed < order.n) return;
  say(`KILLED ${lineOf(here)}`);
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way; nothing more may happen before it comes.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}

/** Through which many others write. */
const HELPERS: readonly string[] = ['sync/moves', 'sync/run', 'sync/run-context', 'sync/lane', 'sync/instance-failure', 'controller/log'];

/** The code that writes: the file that decided to, and the function of the registry that did. */
function siteOfCommit(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 40;
  const stack = new Error('where').stack ?? '';
  Error.stackTraceLimit = limit;
  const frames = stack.split('\n').flatMap((line) => {
    const at = line.indexOf(`${built}/src/`);
    const [, name = 'anonymous'] = /at (?:async )?(?:Object\.|new )?([\w.$<>]+) \(/u.exec(line) ?? [];
    const file = line.slice(at + built.length + 5).replace(/\.js.*$/u, '');
    return at < 0 ? [] : [{ file, name: name.replace(/^\w+\./u, '') }];
  });
  const state = frames.find(({ file }) => file.startsWith('state/') && !/\/(store|open)$/u.test(file));
  const callers = frames.filter(({ file }) => !file.startsWith('state/'));
  const caller = callers.find(({ file }) => !HELPERS.includes(file)) ?? callers[0];
  return `${basename(caller?.file ?? 'open')} ${caller?.name ?? 'openDatabase'} > ${state === undefined ? 'transaction' : `${basename(state.file)} ${state.name}`}`;
}

function watchDatabase(): void {
  const memory = new SqliteDatabase(':memory:');
  const prototype = Object.getPrototypeOf(memory.prepare('SELECT 1')) as Record<string, Anything>;
  const databases = SqliteDatabase.prototype as unknown as Record<string, Anything>;
  memory.close();
  const ours = (db: Database): boolean => db.name.startsWith(folder) && db.name.endsWith('.sqlite3');
  for (const name of ['run', 'get', 'all']) {
    const original = prototype[name];
    if (original === undefined) throw new Error(`better-sqlite3's statements have no ${name}.`);
    prototype[name] = function (this: unknown, ...args) {
      const statement = this as Statement;
      const { database, readonly, source } = statement;
      const commits = source === 'COMMIT' || (!readonly && !database.inTransaction && !source.startsWith('BEGIN'));
      if (!ours(database) || (!commits && readonly)) return original.apply(statement, args);
      const site = siteOfCommit();
      if (commits) point('commit', 'before', site);
      const result = original.apply(statement, args);
      point('commit', commits ? 'after' : 'inside', site);
      return result;
    };
  }
  const exec = databases['exec'];
  const backup = databases['backup'];
  if (exec === undefined || backup === undefined) throw new Error("better-sqlite3's databases have no exec or backup.");
  databases['exec'] = function (this: unknown, ...args) {
    const result = exec.apply(this, args);
    if (ours(this as Database)) point('commit', 'inside', siteOfCommit());
    return result;
  };
  databases['backup'] = function (this: unknown, ...args) {
    const site = `copy ${basename(String(args[0]))}`;
    // Between its steps of a hundred pages.
    return backup.call(this, args[0], { progress: () => point('file', 'inside', site) });
  };
}

interface Sent {
  request: { method: string; path: string };
}

/** Requests of undici that write; `inside` is sent and unanswered, `after` is answered and not yet read. */
function watchRequests(): void {
  const on = (channel: string, when: When): void =>
    subscribe(channel, (message) => {
      const { method, path } = (message as Sent).request;
      if (method === 'GET' || method === 'HEAD') return;
      point('request', when, `${method} ${path.replace(/\?.*$/u, '').replace(/\d+/gu, '#')}`);
    });
  on('undici:request:create', 'before');
  on('undici:request:bodySent', 'inside');
  on('undici:request:headers', 'after');
}

/** What changes files in the data folder. Of each the argument that names the file, and whether it is emptied before it is written. */
const CHANGES: Readonly<Record<string, { at: 0 | 1; writes?: true }>> = {
  writeFile: { at: 0, writes: true },
  rename: { at: 1 },
  unlink: { at: 0 },
  rm: { at: 0 },
  open: { at: 0 },
};

function siteOfFile(name: string, args: readonly unknown[], at: 0 | 1): string | null {
  const path = args[at];
  if (typeof path !== 'string' || !resolve(path).startsWith(join(folder, '/'))) return null;
  if (name.startsWith('open') && !/[wax+]/u.test(typeof args[1] === 'string' ? args[1] : '')) return null;
  const label = path.includes('.spool') ? 'a file of the spool' : basename(path);
  return `${name.replace('Sync', '')} ${label}`;
}

function watchFiles(): void {
  const wrap = (
    holder: Record<string, unknown>,
    name: string,
    { at, writes }: { at: 0 | 1; writes?: true },
    returns: 'now' | 'promise' | 'callback',
  ): void => {
    const original = holder[name] as Anything;
    holder[name] = function (this: unknown, ...args: unknown[]): unknown {
      const site = siteOfFile(name, args, at);
      if (site === null) return original.apply(this, args);
      point('file', 'before', site);
      if (writes === true && order !== null && isMeant(order, { kind: 'file', when: 'inside', site })) tear(site, String(args[at]));
      if (returns === 'callback') {
        const done = args.at(-1);
        const tell = (...answer: unknown[]): unknown => {
          point('file', 'after', site);
          return typeof done === 'function' ? (done as (...answer: unknown[]) => unknown)(...answer) : undefined;
        };
        return original.apply(this, [...args.slice(0, -1), tell]);
      }
      const result = original.apply(this, args);
      if (returns === 'now') {
        point('file', 'after', site);
        return result;
      }
      return (result as Promise<unknown>).then((value) => {
        point('file', 'after', site);
        return value;
      });
    };
  };
  for (const [name, change] of Object.entries(CHANGES)) {
    wrap(fs, `${name}Sync`, change, 'now');
    wrap(fs.promises, name, change, 'promise');
    wrap(fs, name, change, 'callback');
  }
}

/** As if the kill came between the two steps of a write. What was there is put back when it isn't this write that was meant. */
function tear(site: string, path: string): void {
  const whole = existsSync(path) ? readFileSync(path) : null;
  closeSync(openSync(path, 'w'));
  point('file', 'inside', site);
  if (whole === null) {
    unlinkSync(path);
    return;
  }
  const back = openSync(path, 'r+');
  writeSync(back, whole);
  closeSync(back);
}

/** Whoever started it may be killed as well: nothing goes on without it. */
function endWith(owner: number): void {
  setInterval(() => {
    try {
      process.kill(owner, 0);
    } catch {
      process.kill(process.pid, 'SIGKILL');
    }
  }, 1000).unref();
}

/** `pngx start` itself only starts the process that is meant. */
const isWrapper = basename(process.argv[1] ?? '') === 'pngx.js' && process.argv[2] === 'start';
if (process.env[OWNER] !== undefined) endWith(Number(process.env[OWNER]));
if (process.env[TRACE] !== undefined && !isWrapper) {
  folder = resolve(process.env[FOLDER] ?? '.');
  order = JSON.parse(process.env[ORDER] || 'null') as Order | null;
  watchDatabase();
  watchRequests();
  watchFiles();
  say(`START ${process.pid}`);
}
