import assert from 'node:assert/strict';
import { openDatabase } from '../../../src/state';
import { createCandidates } from '../../../src/state/candidates';
import { parseKey, secretBox } from '../../../src/state/fernet';
import { createPlans } from '../../../src/state/plans';
import { createRegistry } from '../../../src/state/registry';
import { createReplicas } from '../../../src/state/replicas';
import { createRuns } from '../../../src/state/runs';
import { Clock, counterBytes, KEY } from './support';

/** Every statement that the parts of the store prepare, as SQLite means to run it. */
function plans(): { sql: string; plan: string[] }[] {
  const db = openDatabase(':memory:');
  const sources: string[] = [];
  const prepare = db.prepare.bind(db);
  Object.defineProperty(db, 'prepare', { value: (sql: string) => (sources.push(sql), prepare(sql)) });
  const { now } = new Clock();
  const context = { db, now, iso: () => '', box: secretBox(parseKey(KEY), now, counterBytes()) };
  createRegistry(context);
  createReplicas(context);
  createRuns(context);
  createPlans(context);
  createCandidates(context);
  return sources.map((sql) => {
    const explained = prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql.replaceAll(/@\w+|\?/g, '1')}`).all();
    return { sql, plan: explained.map(({ detail }) => detail) };
  });
}

/** Tables that grow with the library or with time. */
const BIG = /\b(sync_map|m|master_docs|d|master_files|replica_checksums|intents|sync_runs|s|run_replicas|r|plans|plan_steps|candidates|c)\b/;

describe('The statements of the registry', () => {
  // A page, a look-up or a batch of work must cost the same in a library of 300 and of 300,000.
  const all = plans();

  it('are there to be looked at', () => {
    assert.ok(all.length > 40);
    assert.ok(all.some(({ plan }) => plan.some((detail) => detail.includes('idx_sync_map_work'))));
  });

  for (const { sql, plan } of all) {
    const wholeOnPurpose =
      /^SELECT count\(\*\) FROM master_docs/.test(sql) || // over a partial index
      /FROM sync_runs WHERE finished_at IS NULL/.test(sql) || // the index holds open runs alone
      /FROM master_docs d\s+WHERE d\.gone_since IS NULL AND NOT EXISTS/.test(sql);
    if (wholeOnPurpose) continue;
    it(`walk no big table and sort no big result: ${sql.replaceAll(/\s+/g, ' ').slice(0, 140)}`, () => {
      const slow = plan.filter(
        (detail) => (detail.startsWith('SCAN') && BIG.test(detail.slice(5).split(' ')[0] ?? '')) || detail.includes('TEMP B-TREE'),
      );
      assert.deepEqual(slow, []);
    });

    const allOnPurpose =
      sql.startsWith('DELETE FROM sync_map') || sql.startsWith('DELETE FROM replicas') || sql.startsWith('SELECT max(id) FROM sync_map');
    if (!allOnPurpose) {
      it(`walk no replica from end to end: ${sql.replaceAll(/\s+/g, ' ').slice(-140)}`, () => {
        assert.deepEqual(
          plan.filter((detail) => detail.includes('idx_sync_map_replica (replica_id=?)')),
          [],
        );
      });
    }
  }
});
