import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Place, placeOf, type Store } from '../../../src/state';
import type { Counts, SyncStatus, Verification } from '../../../src/state';
import { addReplica, AT, bring, doc, LATER, only, PLACES, rowIn, store } from './support';

const NONE: ReadonlySet<number> = new Set();
const ids = (rows: readonly { masterDocId: number }[]): number[] => rows.map(({ masterDocId }) => masterDocId);

function library(count: number): { s: Store; replica: number; other: number } {
  const s = store();
  const replica = addReplica(s).id;
  const other = addReplica(s, 'other', 8002).id;
  s.registry.record(
    Array.from({ length: count }, (_, i) => doc(i + 1)),
    null,
  );
  return { s, replica, other };
}

describe('The work', () => {
  it('is unfinished documents, then changes, then backfill, then what waits for links, each by master id', () => {
    const { s, replica } = library(8);
    bring(s, only(s, replica, 5), 'applying');
    bring(s, only(s, replica, 3), 'applying');
    bring(s, only(s, replica, 8), 'linking');
    bring(s, only(s, replica, 7), 'linking');
    s.registry.record([doc(6, { fingerprint: 'changed' })], null);
    s.registry.move(only(s, replica, 4).id, { to: 'queued', priority: 2 }, AT);
    assert.deepEqual(ids(s.registry.work(replica, 10, NONE)), [3, 5, 4, 6, 1, 2, 7, 8]);
    assert.equal(s.registry.workCount(replica), 8);
  });

  it('leaves out what was handed out already, and fills up from behind it', () => {
    const { s, replica } = library(6);
    bring(s, only(s, replica, 5), 'applying');
    const first = s.registry.work(replica, 3, NONE);
    assert.deepEqual(ids(first), [5, 1, 2]);
    const second = s.registry.work(replica, 3, new Set(first.map(({ id }) => id)));
    assert.deepEqual(ids(second), [3, 4, 6]);
  });

  it('belongs to one replica', () => {
    const { s, replica, other } = library(2);
    bring(s, only(s, replica, 1), 'ok');
    assert.deepEqual(ids(s.registry.work(replica, 10, NONE)), [2]);
    assert.deepEqual(ids(s.registry.work(other, 10, NONE)), [1, 2]);
  });

  it('is nothing at a limit of nothing', () => {
    const { s, replica } = library(2);
    assert.deepEqual(s.registry.work(replica, 0, NONE), []);
  });

  const handedOut: readonly Place[] = ['queued', 'applying', 'linking'];
  for (const place of PLACES) {
    it(`${handedOut.includes(place) ? 'has' : "hasn't"} a row that is ${place}`, () => {
      const { s, replica } = rowIn(place);
      const expected = handedOut.includes(place) ? 1 : 0;
      assert.equal(s.registry.work(replica.id, 10, NONE).length, expected);
      assert.equal(s.registry.workCount(replica.id), expected);
    });
  }

  it('in flight is what was sent and what a task is known of', () => {
    const { s, replica } = library(PLACES.length);
    PLACES.forEach((place, i) => bring(s, only(s, replica, i + 1), place));
    assert.deepEqual(s.registry.inFlight(replica).map(placeOf), ['uploading', 'consuming']);
  });
});

describe('Looking up rows', () => {
  it('by id, by master document and by copy', () => {
    const { s, replica, row } = rowIn('ok');
    assert.deepEqual(s.registry.row(row.id), row);
    assert.deepEqual(s.registry.rowFor(replica.id, 1), row);
    assert.deepEqual(s.registry.rowByReplicaDoc(replica.id, 1001), row);
    assert.deepEqual([s.registry.row(99), s.registry.rowFor(replica.id, 99), s.registry.rowByReplicaDoc(replica.id, 99)], [null, null, null]);
    assert.equal(s.registry.isMapped(replica.id, 1001), true);
    assert.equal(s.registry.isMapped(replica.id, 1), false);
    assert.equal(s.registry.isMapped(replica.id + 1, 1001), false);
  });

  it('in pages by key, with any filter, without gaps or repeats', () => {
    const { s, replica } = library(25);
    const expected = { ok: [] as number[], differs: [] as number[], both: [] as number[], all: [] as number[] };
    for (let id = 1; id <= 25; id += 1) {
      const row = only(s, replica, id);
      expected.all.push(row.id);
      if (id % 2 === 0) continue;
      bring(s, row, 'ok');
      if (id % 5 === 0) {
        s.registry.verified(row.id, { verification: 'differs', version: 1 }, AT);
        expected.differs.push(row.id);
        if (id % 3 !== 0) continue;
        s.registry.move(row.id, { to: 'ok', version: 1, observedModified: '', observedFields: '' }, AT);
        expected.both.push(row.id);
      }
      expected.ok.push(row.id);
    }
    const walk = (query: { status?: SyncStatus; verification?: Verification }): number[] => {
      const seen: number[] = [];
      for (;;) {
        const page = s.registry.rows(replica, { ...query, after: seen.at(-1) ?? 0, limit: 4 });
        assert.ok(page.length <= 4);
        if (page.length === 0) return seen;
        seen.push(...page.map(({ id }) => id));
      }
    };
    assert.deepEqual(walk({}), expected.all);
    assert.deepEqual(walk({ status: 'ok' }), expected.ok);
    assert.deepEqual(walk({ verification: 'differs' }), expected.differs);
    assert.deepEqual(walk({ status: 'ok', verification: 'differs' }), expected.both);
    assert.deepEqual(walk({ status: 'pending', verification: 'never' }).length, 12);
  });

  it('pairs by master id, only where there is a copy', () => {
    const { s, replica } = library(5);
    for (const id of [4, 1, 3]) bring(s, only(s, replica, id), 'ok');
    assert.deepEqual(s.registry.pairsAfter(replica, 0, 2), [
      { masterDocId: 1, replicaDocId: 1001 },
      { masterDocId: 3, replicaDocId: 1003 },
    ]);
    assert.deepEqual(s.registry.pairsAfter(replica, 3, 2), [{ masterDocId: 4, replicaDocId: 1004 }]);
  });

  it('the oldest that waits, by time and not by spelling', () => {
    const { s, replica } = library(0);
    assert.equal(s.registry.oldestWaiting(replica), null);
    const times = ['2026-03-02T00:30:00+01:00', '2026-03-01T23:45:00Z', '2026-03-01T11:45:00-11:30'];
    s.registry.record(times.map((modified, i) => doc(i + 1, { modified })), null); // prettier-ignore
    assert.equal(s.registry.oldestWaiting(replica), times[2]);
    bring(s, only(s, replica, 3), 'error');
    assert.equal(s.registry.oldestWaiting(replica), times[2], 'an error waits as well');
    s.registry.move(only(s, replica, 3).id, { to: 'held', code: 'left-out' }, AT);
    assert.equal(s.registry.oldestWaiting(replica), times[0]);
    for (const id of [1, 2]) bring(s, only(s, replica, id), 'ok');
    assert.equal(s.registry.oldestWaiting(replica), null);
  });
});

describe('Counts', () => {
  it('say how many are where', () => {
    const { s, replica, other } = library(PLACES.length);
    PLACES.forEach((place, i) => bring(s, only(s, replica, i + 1), place));
    assert.deepEqual(s.registry.counts(replica), {
      total: 11,
      byStatus: { pending: 5, ok: 1, error: 1, held: 1, quarantined: 1, limited: 1, tombstone: 1 },
      byStep: { queued: 1, uploading: 1, consuming: 1, applying: 1, linking: 1 },
      verification: { never: 11, matched: 0, differs: 0, unreadable: 0 },
      verifiedCurrent: 0,
    });
    assert.equal(s.registry.counts(other).byStep.queued, 11);
    assert.equal(s.registry.counts(99).total, 0);
  });

  it('take a verification as current only while it matched the version that is wanted', () => {
    const { s, replica, row } = rowIn('ok');
    s.registry.verified(row.id, { verification: 'matched', version: 1 }, AT);
    assert.equal(s.registry.counts(replica.id).verifiedCurrent, 1);
    s.registry.record([doc(1, { fingerprint: 'f2' })], null);
    assert.deepEqual([s.registry.counts(replica.id).verifiedCurrent, s.registry.counts(replica.id).verification.matched], [0, 1]);
    s.registry.verified(row.id, { verification: 'unreadable', version: 2 }, AT);
    assert.equal(s.registry.counts(replica.id).verifiedCurrent, 0);
  });

  it('are what a count of the rows gives, whatever happened', () => {
    const place = fc.constantFrom(...PLACES);
    const step = fc.oneof(
      fc.record({ kind: fc.constant('record' as const), id: fc.integer({ min: 1, max: 6 }), print: fc.constantFrom('x', 'y') }),
      fc.record({ kind: fc.constant('bring' as const), id: fc.integer({ min: 1, max: 6 }), place }),
      fc.record({
        kind: fc.constant('verify' as const),
        id: fc.integer({ min: 1, max: 6 }),
        result: fc.constantFrom<Verification>('matched', 'differs', 'unreadable'),
      }),
      fc.record({
        kind: fc.constantFrom('unmap' as const, 'retry' as const, 'release' as const, 'due' as const, 'all' as const),
        id: fc.integer({ min: 1, max: 6 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const s = store();
        const replica = addReplica(s).id;
        for (const action of steps) {
          const row = s.registry.rowFor(replica, action.id);
          if (action.kind === 'record') s.registry.record([doc(action.id, { fingerprint: action.print })], null);
          else if (row === null) continue;
          else if (action.kind === 'bring') {
            if (row.status !== 'pending') s.registry.move(row.id, { to: 'queued' }, AT);
            if (row.status !== 'pending' || row.step === 'queued') bring(s, only(s, replica, action.id), action.place);
          } else if (action.kind === 'verify') s.registry.verified(row.id, { verification: action.result, version: row.wantedVersion }, AT);
          else if (action.kind === 'unmap') s.registry.unmap(row.id);
          else if (action.kind === 'retry') s.registry.retry(replica, [row.id]);
          else if (action.kind === 'release') s.registry.releaseHeld(null);
          else if (action.kind === 'due') s.registry.requeueDue(replica, LATER, 2);
          else s.registry.requeueAll(replica);
        }
        assert.deepEqual(s.registry.counts(replica), counted(s, replica));
        s.close();
      }),
      { numRuns: 60 },
    );
  });

  it('go with their replica', () => {
    const { s, replica } = library(4);
    s.replicas.remove(replica);
    assert.equal(s.registry.counts(replica).total, 0);
    assert.equal(s.registry.rowFor(replica, 1), null);
  });
});

function counted(s: Store, replica: number): Counts {
  const result: Counts = {
    total: 0,
    byStatus: { pending: 0, ok: 0, error: 0, held: 0, quarantined: 0, limited: 0, tombstone: 0 },
    byStep: { queued: 0, uploading: 0, consuming: 0, applying: 0, linking: 0 },
    verification: { never: 0, matched: 0, differs: 0, unreadable: 0 },
    verifiedCurrent: 0,
  };
  for (const row of s.registry.rows(replica, { limit: 1000 })) {
    result.total += 1;
    result.byStatus[row.status] += 1;
    if (row.status === 'pending' && row.step !== null) result.byStep[row.step] += 1;
    result.verification[row.verification] += 1;
    if (row.verification === 'matched' && row.verifiedVersion === row.wantedVersion) result.verifiedCurrent += 1;
  }
  return result;
}
