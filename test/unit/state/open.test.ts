import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { DatabaseUnusableError, DatabaseUnwritableError, openDatabase, SchemaVersionError, SecretKeyError } from '../../../src/state';
import { addReplica, AT, Clock, counterBytes, doc, folder, intent, KEY, only, OTHER_KEY, store } from './support';

describe('Opening a database', () => {
  const path = folder();

  it('makes it, for its owner alone, safe against power cuts', () => {
    const file = join(path(), 'new.sqlite3');
    const db = openDatabase(file);
    const pragma = (name: string): unknown => db.pragma(name, { simple: true });
    assert.deepEqual(['journal_mode', 'synchronous', 'foreign_keys'].map(pragma), ['wal', 2, 1]);
    assert.equal(pragma('busy_timeout'), 5000);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    db.close();
  });

  it('works in memory', () => {
    const s = store();
    assert.deepEqual([s.path, s.quickCheck()], [':memory:', []]);
    s.close();
  });

  it('finds everything again', () => {
    const file = join(path(), 'again.sqlite3');
    const first = store({ path: file });
    addReplica(first);
    first.registry.record([doc(1)], 'cursor');
    first.close();
    const again = store({ path: file });
    assert.deepEqual([again.replicas.token(1), again.registry.cursor(), again.registry.counts(1).total], ['token-of-backup', 'cursor', 1]);
    assert.deepEqual(again.quickCheck(), []);
    again.close();
  });

  it('says which folder is missing and what to do', () => {
    const file = join(path(), 'nowhere', 'db.sqlite3');
    assert.throws(
      () => store({ path: file }),
      (error: unknown) =>
        error instanceof DatabaseUnwritableError &&
        error.message.includes(file) &&
        /isn't there \(ENOENT\).*Create it, or mount the volume/.test(error.message),
    );
  });

  it('says that a folder is a file', () => {
    writeFileSync(join(path(), 'file'), '');
    assert.throws(() => store({ path: join(path(), 'file', 'db.sqlite3') }), DatabaseUnwritableError);
  });

  it('says that it may not write there, and makes nothing', function () {
    const locked = join(path(), 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    if (process.getuid?.() === 0) this.skip(); // root may write anywhere
    assert.throws(() => store({ path: join(locked, 'db.sqlite3') }), /this user may not write in .*locked.*Give the folder to the user/);
    assert.deepEqual(readdirSync(locked), []);
  });

  it('says that a folder stands where the file should', () => {
    const file = join(path(), 'folder.sqlite3');
    mkdirSync(file);
    assert.throws(() => store({ path: file }), /folder\.sqlite3 can't be written: what is there isn't a file/);
    assert.throws(() => store({ path: file, readonly: true }), DatabaseUnusableError);
  });

  it('says so where nobody may make a file, whoever one is', function () {
    if (!existsSync('/proc/self')) this.skip();
    assert.throws(() => store({ path: '/proc/db.sqlite3' }), DatabaseUnwritableError);
  });

  for (const [what, key] of [
    ['missing', ''],
    ['malformed', 'secret'],
  ] as const) {
    // prettier-ignore
    it(`refuses a ${what} key before it makes a file`, () => {
      const file = join(path(), `${what}.sqlite3`);
      assert.throws(() => store({ path: file, secretKey: key }), SecretKeyError);
      assert.equal(existsSync(file), false);
    });
  }

  it('refuses a key that opens nothing of what is stored', () => {
    const file = join(path(), 'key.sqlite3');
    const empty = store({ path: file });
    empty.close();
    const other = store({ path: file, secretKey: OTHER_KEY });
    addReplica(other);
    other.close();
    assert.throws(
      () => store({ path: file, secretKey: KEY }),
      (error: unknown) => error instanceof SecretKeyError && /isn't the key.*rotate-key/.test(error.message),
    );
    store({ path: file, secretKey: OTHER_KEY }).close();
  });

  it('refuses a newer schema, and leaves it as it is', () => {
    const file = join(path(), 'newer.sqlite3');
    openDatabase(file).close();
    const newer = new SqliteDatabase(file);
    newer.pragma('user_version = 999');
    newer.close();
    const before = readFileSync(file);
    assert.throws(() => store({ path: file }), /was written by a newer release \(schema 999; this one knows \d+\)\. Install that release again/);
    assert.deepEqual(readFileSync(file), before);
  });

  it("refuses another program's database", () => {
    const file = join(path(), 'other.sqlite3');
    const other = new SqliteDatabase(file);
    other.exec('CREATE TABLE documents (id INTEGER)');
    other.close();
    assert.throws(
      () => store({ path: file }),
      (error: unknown) => error instanceof SchemaVersionError && error.message.includes('belongs to another program'),
    );
  });

  it("refuses what isn't a database", () => {
    const file = join(path(), 'text.sqlite3');
    writeFileSync(file, 'master_url=http://paperless\n'.repeat(100));
    assert.throws(
      () => store({ path: file }),
      (error: unknown) => error instanceof DatabaseUnusableError && error.message.includes(`${file}.bak`),
    );
    assert.match(readFileSync(file, 'utf8'), /^master_url/);
  });

  it('for looking sees what a running controller writes, and writes nothing', () => {
    const file = join(path(), 'look.sqlite3');
    const writer = store({ path: file });
    addReplica(writer);
    const reader = store({ path: file, readonly: true });
    writer.registry.record([doc(1)], 'cursor');
    assert.deepEqual([reader.registry.cursor(), reader.registry.counts(1).total, reader.replicas.token(1)], ['cursor', 1, 'token-of-backup']);
    assert.equal(reader.transaction(() => reader.registry.masterDocCount()), 1); // prettier-ignore
    assert.throws(() => reader.settings.set('paused', true), /readonly/);
    reader.close();
    writer.close();
  });

  it('for looking makes nothing and brings nothing up to date', () => {
    const file = join(path(), 'absent.sqlite3');
    assert.throws(() => store({ path: file, readonly: true }), /it isn't there\. Start the controller once, or give the right path/);
    assert.equal(existsSync(file), false);
    const old = join(path(), 'old.sqlite3');
    const db = openDatabase(old);
    db.pragma('user_version = 0');
    db.close();
    assert.throws(() => store({ path: old, readonly: true }), /is of an older release/);
  });

  it('tells damage', () => {
    const file = join(path(), 'damaged.sqlite3');
    const s = store({ path: file });
    for (let id = 1; id <= 300; id += 1) s.registry.record([doc(id, { document: 'x'.repeat(2000) })], null);
    s.close();
    const bytes = readFileSync(file);
    bytes.fill(0xff, bytes.length - 4096 * 20, bytes.length - 4096 * 10);
    writeFileSync(file, bytes);
    const damaged = store({ path: file });
    assert.notDeepEqual(damaged.quickCheck(), []);
    damaged.close();
  });

  it('after kill -9 finds every intent that was committed before', async () => {
    const file = join(path(), 'killed.sqlite3');
    const s = store({ path: file });
    const replica = addReplica(s).id;
    s.registry.record([doc(1)], null);
    const { id } = only(s, replica);
    s.close();
    const script = `
      const { store } = require(${JSON.stringify(join(__dirname, 'support.js'))});
      const s = store({ path: ${JSON.stringify(file)} });
      s.registry.move(${id}, { to: 'uploading', intent: ${JSON.stringify(intent())} }, '${AT}');
      process.stdout.write('sent');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['-e', `globalThis.before = globalThis.after = () => {};${script}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(said.toString(), 'sent');
    const after = store({ path: file });
    assert.deepEqual(after.registry.inFlight(replica).map((row) => row.intent), [intent()]); // prettier-ignore
    assert.deepEqual(after.quickCheck(), []);
    after.close();
  });
});

describe('A backup', () => {
  const path = folder();

  it('is a whole database beside it, for its owner alone, that opens with the same key', async () => {
    const file = join(path(), 'db.sqlite3');
    const s = store({ path: file });
    addReplica(s);
    s.registry.record([doc(1)], 'first');
    await s.backup();
    s.registry.record([doc(2)], 'second');
    assert.deepEqual(readdirSync(path()).filter((name) => name.includes('.bak')), ['db.sqlite3.bak']); // prettier-ignore
    assert.equal(statSync(`${file}.bak`).mode & 0o777, 0o600);
    const copy = store({ path: `${file}.bak` });
    assert.deepEqual([copy.registry.cursor(), copy.replicas.token(1), copy.quickCheck()], ['first', 'token-of-backup', []]);
    copy.close();
    await s.backup();
    const again = store({ path: `${file}.bak` });
    assert.equal(again.registry.cursor(), 'second');
    again.close();
    s.close();
  });

  it('asked for twice at once is made once', async () => {
    const file = join(path(), 'twice.sqlite3');
    const s = store({ path: file });
    const [one, two] = [s.backup(), s.backup()];
    assert.equal(one, two);
    await one;
    assert.notEqual(s.backup(), one);
    await s.backup();
    s.close();
  });

  it('that fails leaves the last one, and says why', async () => {
    const file = join(path(), 'full.sqlite3');
    const s = store({ path: file });
    await s.backup();
    const before = readFileSync(`${file}.bak`);
    mkdirSync(`${file}.bak.new`);
    writeFileSync(join(`${file}.bak.new`, 'x'), '');
    await assert.rejects(s.backup(), { code: 'backup_failed', message: /full\.sqlite3\.bak couldn't be written/ });
    assert.deepEqual(readFileSync(`${file}.bak`), before);
    s.close();
  });

  it('of a database in memory is refused', async () => {
    await assert.rejects(store().backup(), /has no place for a backup/);
  });
});

describe('The helpers of these tests', () => {
  it('give different bytes each time and the same ones each run', () => {
    const [a, b] = [counterBytes(), counterBytes()];
    assert.deepEqual(a(16), b(16));
    assert.notDeepEqual(a(16), a(16));
    assert.equal(new Clock().now(), Date.parse(AT));
  });
});
