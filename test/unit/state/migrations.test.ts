import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { openDatabase } from '../../../src/state';
import { MIGRATIONS, migrate, SCHEMA_VERSION, schemaVersion } from '../../../src/state/migrations';
import { addReplica, doc, fixture, folder, LATER, only, PLACES, store } from './support';

function schema(db: Database): unknown[] {
  const objects = db
    .prepare<[], { type: string; name: string; sql: string | null }>('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name')
    .all();
  return objects.map(({ sql, ...rest }) => ({ ...rest, sql: sql?.replaceAll(/\s+/g, ' ') ?? null }));
}

/** A database as an earlier release left it. */
function released(version: number, path = ':memory:'): Database {
  const db = new SqliteDatabase(path);
  db.pragma('foreign_keys = OFF'); // rows come table by table
  db.exec(fixture(`schema-${String(version).padStart(4, '0')}.sql`));
  return db;
}

/** The PRD's tables and columns, which users' scripts read. */
const PRD: Record<string, string> = {
  replicas: 'id name url api_token enabled sync_interval_seconds last_sync_ts consecutive_failures suspended_at last_alert_at created_at',
  sync_map: 'id replica_id master_doc_id replica_doc_id task_id last_synced file_checksum status error_msg retry_count',
  sync_runs: 'id replica_id started_at finished_at triggered_by docs_synced docs_failed timed_out',
  logs: 'id run_id replica_id level message doc_id created_at',
  logs_fts: 'message',
  settings: 'key value',
};

describe('Migrations', () => {
  const path = folder();

  it('are numbered from 1 without gaps', () => {
    assert.deepEqual(
      MIGRATIONS.map(({ version }) => version),
      Array.from({ length: SCHEMA_VERSION }, (_, i) => i + 1),
    );
  });

  it('have a database of every released schema to start from', () => {
    const fixtures = readdirSync(join(resolve(__dirname, '../../../..'), 'test/unit/state/fixtures')).filter((name) => name.startsWith('schema-'));
    assert.deepEqual(
      fixtures.sort(),
      MIGRATIONS.map(({ version }) => `schema-${String(version).padStart(4, '0')}.sql`),
    );
  });

  it('lead from nothing to the newest, once', () => {
    const db = new SqliteDatabase(':memory:');
    assert.deepEqual(migrate(db), MIGRATIONS);
    assert.equal(schemaVersion(db), SCHEMA_VERSION);
    assert.deepEqual(migrate(db), []);
  });

  for (const { version } of MIGRATIONS) {
    it(`lead from schema ${version} to the same as from nothing`, () => {
      const db = released(version);
      assert.equal(schemaVersion(db), version);
      migrate(db);
      assert.deepEqual(schema(db), schema(openDatabase(':memory:')));
      assert.deepEqual(db.pragma('foreign_key_check'), []);
      assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    });

    it(`keep what a database of schema ${version} holds`, () => {
      const file = join(path(), `from-${version}.sqlite3`);
      released(version, file).close();
      const s = store({ path: file });
      assert.deepEqual(
        [s.settings.get('batch_size'), s.settings.secret('master_token'), s.replicas.token(1)],
        [25, 'token-of-master', 'token-of-backup'],
      );
      assert.deepEqual(
        PLACES.map((place, i) => ((row) => (row.status === 'pending' ? row.step : row.status) === place)(only(s, 1, i + 1))),
        PLACES.map(() => true),
      );
      assert.deepEqual([s.registry.counts(1).total, s.registry.counts(1).verifiedCurrent, s.registry.counts(2).byStep.queued], [11, 1, 11]);
      assert.equal(s.registry.cursor(), '2026-03-01T10:00:00.123456+01:00');
      assert.deepEqual(s.logs.query({ q: 'backup', limit: 9 }).map(({ docId }) => docId), [6]); // prettier-ignore
      assert.deepEqual(s.runs.closeOrphans(LATER).map(({ docsSynced }) => docsSynced), [3]); // prettier-ignore
      assert.equal(s.registry.intentByNonce(1, 'nonce3')?.masterDocId, 2);
      assert.equal(s.lease.take('fixture', 1), 2);
      assert.equal(addReplica(s, 'third').id, 3);
      assert.equal(s.registry.record([doc(1, { fingerprint: 'new' })], null).changed, 1);
      s.close();
    });
  }

  it('turn the sentences for which rows were held into codes, and keep any other', () => {
    const db = released(5);
    const sentences = [
      'It was changed on the replica, and drift is kept there by policy; the next change on the master overwrites it.',
      'It was changed on the replica, and the policy is to ask: decide whether to revert it to what the master has, or to keep it.',
      'It was changed on the replica and is kept as it is there until the master changes it: decided by anna.',
      'The flow kept it back: a node between fetch-changed and push-doc left it out of its batch.',
      "Document 17 on the replica has the same bytes and isn't ours; adopt_twins is set to hold.",
      'It was repaired twice.',
    ];
    const held = db.prepare<[string, number]>("UPDATE sync_map SET status = 'held', step = NULL, reasons = json_array(?) WHERE id = ?");
    sentences.forEach((sentence, n) => held.run(sentence, n + 1));
    const others = db.prepare("SELECT id, reasons FROM sync_map WHERE status <> 'held' ORDER BY id");
    const before = others.all();
    migrate(db);
    const codes = db.prepare<[], string>('SELECT reasons FROM sync_map WHERE id <= 6 ORDER BY id').pluck();
    assert.deepEqual(
      codes.all().map((reasons) => JSON.parse(reasons) as unknown),
      [['drift-kept'], ['drift-asked'], ['drift-decided', 'anna'], ['left-out'], ['twin', '17'], ['told', 'It was repaired twice.']],
    );
    assert.deepEqual(others.all(), before);
  });

  it('have what waited for a number or for room pushed once more, so that it is noted for what it waits', () => {
    const db = released(5);
    const limited = db.prepare<[string, number]>("UPDATE sync_map SET status = 'limited', step = NULL, reasons = ? WHERE id = ?");
    limited.run('["older-versions","asn-held-by-another"]', 11);
    limited.run('["identical-bytes"]', 13);
    limited.run('["older-versions"]', 12);
    db.prepare("INSERT INTO facts (key, value) VALUES ('asn-held:1', '{}')").run();
    migrate(db);
    const places = db.prepare<[], string>("SELECT status || ' ' || coalesce(step, '') FROM sync_map WHERE id IN (11, 12, 13) ORDER BY id").pluck();
    assert.deepEqual(places.all(), ['pending queued', 'limited ', 'pending queued']);
    assert.equal(db.prepare("SELECT count(*) FROM facts WHERE key GLOB 'asn-held:*'").pluck().get(), 0);
  });

  it('are whole or not at all', () => {
    const db = new SqliteDatabase(':memory:');
    const broken = { version: 2, name: 'broken', sql: 'CREATE TABLE half (id INTEGER); INSERT INTO nowhere VALUES (1);' };
    assert.throws(() => migrate(db, [...MIGRATIONS.slice(0, 1), broken]), /nowhere/);
    assert.equal(schemaVersion(db), 1);
    assert.equal(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get(), 0);
  });

  for (const [table, columns] of Object.entries(PRD)) {
    it(`give ${table} the columns that the requirements name, first and in their order`, () => {
      const db = openDatabase(':memory:');
      const found = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name);
      assert.deepEqual(found.slice(0, columns.split(' ').length), columns.split(' '));
    });
  }

  it('let no row be in a place that does not exist', () => {
    const db = released(1);
    const set = (status: string, step: string | null): unknown =>
      db.prepare('UPDATE sync_map SET status = ?, step = ? WHERE id = 1').run(status, step);
    for (const [status, step] of [
      ['done', null],
      ['pending', null],
      ['pending', 'thinking'],
      ['ok', 'queued'],
    ] as const) {
      // prettier-ignore
      assert.throws(() => set(status, step), /CHECK constraint failed/);
    }
    set('error', 'uploading');
  });
});
