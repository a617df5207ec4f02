import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseInUseError, DatabaseUnwritableError, lockDatabase } from '../../../src/state';
import { folder } from './support';

const STATE = resolve(__dirname, '../../../src/state');

/** Another process that tries to lock, and keeps no hold of the lock that it gets: what it said, and how to end it. */
async function other(path: string, hold: boolean): Promise<{ said: string; child: ChildProcess }> {
  const script = `
    const { lockDatabase } = require(${JSON.stringify(STATE)});
    const say = (said) => { globalThis.gc(); setImmediate(() => { globalThis.gc(); process.stdout.write(said); }); };
    try { lockDatabase(${JSON.stringify(path)}); setImmediate(say, 'locked'); } catch (error) { say(error.name); }
    ${hold ? 'setInterval(() => {}, 1000);' : ''}`;
  const child = spawn(process.execPath, ['--expose-gc', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  if (!hold) await once(child, 'exit');
  return { said: said.toString(), child };
}

describe('The lock on a database', () => {
  const path = folder();
  const children: ChildProcess[] = [];
  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

  it('keeps a second process out until it is released', async () => {
    const file = join(path(), 'a.sqlite3');
    const lock = lockDatabase(file);
    assert.equal((await other(file, false)).said, 'DatabaseInUseError');
    assert.equal((await other(join(path(), 'b.sqlite3'), false)).said, 'locked', 'another database is free');
    lock.release();
    lock.release();
    assert.equal((await other(file, false)).said, 'locked');
    assert.equal(statSync(`${file}.lock`).mode & 0o777, 0o600);
  });

  it('is gone with the process that held it, also after kill -9', async () => {
    const file = join(path(), 'c.sqlite3');
    const { said, child } = await other(file, true);
    children.push(child);
    assert.equal(said, 'locked');
    assert.throws(
      () => lockDatabase(file),
      (error: unknown) => error instanceof DatabaseInUseError && error.path === file && error.message.includes('Stop that process first'),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockDatabase(file).release();
  });

  it('keeps a second opener in the same process out, who thereby takes nothing from the first', async () => {
    const file = join(path(), 'd.sqlite3');
    const lock = lockDatabase(file);
    assert.throws(() => lockDatabase(file), DatabaseInUseError);
    // POSIX drops all of a process's locks on a file when it closes any handle to it.
    assert.equal((await other(file, false)).said, 'DatabaseInUseError');
    lock.release();
  });

  it('says where it could not be made', () => {
    assert.throws(() => lockDatabase(join(path(), 'nowhere', 'db.sqlite3')), DatabaseUnwritableError);
  });
});
