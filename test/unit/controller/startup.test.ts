import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { acquireController } from '../../../src/controller/acquire';
import type { OpenOptions } from '../../../src/controller/types';
import { openStore } from '../../../src/state';

const KEY = 'yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc=';
const OTHER_KEY = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=';

describe('the start of a controller', function () {
  this.timeout(30_000);
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pngx-start-'));
    path = join(folder, 'db.sqlite3');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const options = (change: Partial<OpenOptions> = {}): OpenOptions => ({ databasePath: path, secretKey: KEY, logToStdout: false, ...change });

  async function refused(change: Partial<OpenOptions>, code: string, words: RegExp): Promise<void> {
    await assert.rejects(acquireController(options(change)), (error: Error & { code?: string; nextStep?: string }) => {
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      assert.ok((error.nextStep ?? '') !== '', 'it says not what to do');
      return true;
    });
  }

  it('refuses a missing or malformed key before there is a database', async () => {
    for (const secretKey of ['', 'too short', 'x'.repeat(44)]) await refused({ secretKey }, 'secret_key', /SECRET_KEY/u);
    assert.ok(!existsSync(path) || openable(), 'a half-made database was left');
    function openable(): boolean {
      const store = openStore({ path, now: () => 0, randomBytes: (n) => new Uint8Array(n), secretKey: KEY });
      store.close();
      return true;
    }
  });

  it('refuses a key under which the stored tokens are not', async () => {
    const first = await acquireController(options({ seed: { masterUrl: 'http://master.example', masterToken: 'a-token' } }));
    await first.release();
    await refused({ secretKey: OTHER_KEY }, 'secret_key', /rotate-key|old key/u);
    const again = await acquireController(options());
    assert.equal(again.controller.store.settings.secret('master_token'), 'a-token');
    await again.release();
  });

  it('refuses a folder that is not there, and one that it may not write in', async () => {
    await refused({ databasePath: join(folder, 'nowhere', 'db.sqlite3') }, 'database_unwritable', /isn't there/u);
    const locked = join(folder, 'locked');
    mkdirSync(locked, { mode: 0o555 });
    // The superuser writes everywhere.
    if (process.getuid?.() !== 0) await refused({ databasePath: join(locked, 'db.sqlite3') }, 'database_unwritable', /may not write/u);
    chmodSync(locked, 0o755);
  });

  it('refuses a file that is no database, and one of a later release', async () => {
    writeFileSync(path, 'This is a letter to my grandmother, and no database at all. '.repeat(50));
    await refused({}, 'database_unusable', /Restore/u);
    const later = join(folder, 'later.sqlite3');
    await (await acquireController(options({ databasePath: later }))).release();
    const db = new SqliteDatabase(later);
    db.pragma('user_version = 9999');
    db.close();
    await refused({ databasePath: later }, 'schema_version', /later\.sqlite3/u);
  });

  it('migrates, seeds the master at first boot, and never again', async () => {
    const first = await acquireController(options({ seed: { masterUrl: 'http://master.example/', masterToken: 'first' } }));
    const { settings } = first.controller.store;
    assert.deepEqual([settings.text('master_url'), settings.secret('master_token')], ['http://master.example', 'first']);
    settings.set('master_url', 'http://moved.example');
    await first.release();
    const second = await acquireController(options({ seed: { masterUrl: 'http://other.example', masterToken: 'second' } }));
    const after = second.controller.store.settings;
    assert.deepEqual([after.text('master_url'), after.secret('master_token')], ['http://moved.example', 'first']);
    await second.release();
  });

  it('keeps the token out of the file in clear', async () => {
    const handle = await acquireController(options({ seed: { masterUrl: 'http://master.example', masterToken: 'c0ffee'.repeat(6) } }));
    await handle.controller.store.backup();
    await handle.release();
    for (const name of readdirSync(folder))
      if (statSync(join(folder, name)).isFile()) assert.ok(!readFileSync(join(folder, name)).includes('c0ffeec0ffee'), name);
  });

  it('closes runs that an unclean end left open, with a warning', async () => {
    const first = await acquireController(options());
    const { store } = first.controller;
    store.replicas.add({ name: 'one', url: 'http://one.example', token: 't' });
    const epoch = store.lease.take('pid of somebody dead', 600_000);
    const run = store.runs.open(
      { replicaId: null, epoch, triggeredBy: 'manual', deadline: '2099-01-01T00:00:00.000Z', replicas: [1] },
      '2026-01-01T00:00:00.000Z',
    );
    await first.release();
    const second = await acquireController(options());
    const closed = second.controller.store.runs.get(run.id);
    assert.deepEqual([closed?.timedOut, closed?.finishedAt !== null], [true, true]);
    const [warning] = second.controller.store.logs.query({ level: 'warning', limit: 5 });
    assert.match(warning?.message ?? '', new RegExp(`Run ${run.id} was left open by an unclean end`, 'u'));
    // Whoever held the lease is dead: the database's lock is ours.
    assert.equal(second.controller.store.lease.current().holder, null);
    await second.release();
    const third = await acquireController(options());
    assert.equal(third.controller.store.logs.query({ level: 'warning', limit: 5 }).length, 1, 'warned twice');
    await third.release();
  });

  it('joins the one that this process has, and stops with the last that lets go', async () => {
    const [one, two] = await Promise.all([acquireController(options()), acquireController(options())]);
    assert.equal(one.controller, two.controller);
    await one.release();
    await one.release();
    assert.equal(two.controller.state, 'running');
    const stopping = two.release();
    // One that comes while it stops waits for that.
    const three = await acquireController(options());
    await stopping;
    assert.deepEqual([two.controller.state, three.controller.state], ['stopped', 'running']);
    await three.release();
  });

  it('refuses a second process, and lets it in once the first has ended', async () => {
    const handle = await acquireController(options());
    const other = join(folder, 'other.cjs');
    const module = join(__dirname, '../../../src/controller/acquire.js');
    writeFileSync(
      other,
      `require(${JSON.stringify(module)}).acquireController(${JSON.stringify(options())}).then(
        async (handle) => { await handle.release(); console.log('opened'); },
        (error) => console.log(error.code + ' ' + error.message));`,
    );
    const run = (): string => spawnSync(process.execPath, [other], { encoding: 'utf8' }).stdout.trim();
    assert.match(run(), /^database_in_use Another process is using the database .*db\.sqlite3\./u);
    await handle.release();
    assert.equal(run(), 'opened');
  });

  it('leaves the database free after a start that failed', async () => {
    await refused({ secretKey: 'no key' }, 'secret_key', /SECRET_KEY/u);
    const handle = await acquireController(options());
    await handle.release();
  });
});
