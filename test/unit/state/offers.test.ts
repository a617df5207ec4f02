import assert from 'node:assert/strict';
import { placeOf, type Store } from '../../../src/state';
import { addReplica, AT, bring, doc, fault, LATER, only, PLACES, rowIn, store } from './support';

const at = (minutes: number): string => new Date(Date.parse(AT) + minutes * 60_000).toISOString();

function errors(count: number): { s: Store; replica: number } {
  const s = store();
  const replica = addReplica(s).id;
  for (let id = 1; id <= count; id += 1) {
    s.registry.record([doc(id)], null);
    s.registry.move(only(s, replica, id).id, { to: 'error', ...fault, nextRetryAt: at(100 - id) }, AT);
  }
  return { s, replica };
}

describe('Errors whose retry is due', () => {
  it('go back to the queue, oldest first, at most as many as asked for, and keep their count', () => {
    const { s, replica } = errors(4);
    assert.equal(s.registry.requeueDue(replica, at(98), 2), 2);
    assert.deepEqual(
      [1, 2, 3, 4].map((id) => placeOf(only(s, replica, id))),
      ['error', 'error', 'queued', 'queued'],
    );
    const back = only(s, replica, 4);
    assert.deepEqual([back.retryCount, back.nextRetryAt, back.errorCode], [1, null, 'consumer_failed']);
    assert.equal(s.registry.requeueDue(replica, at(98), 50), 1);
    assert.equal(s.registry.requeueDue(replica, at(98), 50), 0, 'the last is not due');
    assert.equal(s.registry.requeueDue(replica, at(99), 50), 1, 'due at the very moment');
  });

  it('compare times whatever their offset', () => {
    const { s, replica } = errors(0);
    s.registry.record([doc(1)], null);
    s.registry.move(only(s, replica).id, { to: 'error', ...fault, nextRetryAt: '2026-03-20T16:00:00+01:00' }, AT);
    assert.equal(only(s, replica).nextRetryAt, LATER);
    assert.equal(s.registry.requeueDue(replica, '2026-03-20T14:59:59Z', 9), 0);
    assert.equal(s.registry.requeueDue(replica, '2026-03-20T10:00:00-05:00', 9), 1);
    assert.throws(() => s.registry.requeueDue(replica, 'soon', 9), /"soon" isn't a time/);
  });

  for (const step of ['uploading', 'consuming'] as const) {
    it(`go back to ${step} where the outcome of a create is unknown`, () => {
      const { s, replica, row } = rowIn(step);
      bring(s, row, 'error');
      s.registry.requeueDue(replica.id, LATER, 50);
      const back = only(s, replica.id);
      assert.deepEqual([placeOf(back), back.intent, back.taskId], [step, row.intent, row.taskId]);
      assert.deepEqual(s.registry.inFlight(replica.id), [back]);
    });
  }

  it('go back to the queue once it is known that nothing came of the create', () => {
    const { s, replica, row } = rowIn('consuming');
    bring(s, row, 'error');
    s.registry.clearIntent(row.id);
    s.registry.requeueDue(replica.id, LATER, 50);
    const back = only(s, replica.id);
    assert.deepEqual([placeOf(back), back.intent, back.taskId], ['queued', null, null]);
  });
});

describe('Held rows', () => {
  it('are released for one replica or for all, and nothing else is', () => {
    const s = store();
    const [a, b] = [addReplica(s, 'a').id, addReplica(s, 'b').id];
    PLACES.forEach((_, i) => s.registry.record([doc(i + 1)], null));
    for (const replica of [a, b]) PLACES.forEach((place, i) => bring(s, only(s, replica, i + 1), place));
    const places = (replica: number): string[] => PLACES.map((_, i) => placeOf(only(s, replica, i + 1)));
    const released = PLACES.map((place) => (place === 'held' ? 'queued' : place));
    assert.equal(s.registry.releaseHeld(a, 'twin'), 0);
    assert.equal(s.registry.releaseHeld(a, 'left-out'), 1);
    assert.deepEqual([places(a), places(b)], [released, PLACES]);
    assert.equal(s.registry.releaseHeld(null), 1);
    assert.deepEqual(places(b), released);
    assert.deepEqual(only(s, b, PLACES.indexOf('held') + 1).reasons, []);
  });
});

describe('A retry by hand', () => {
  it('takes errors and quarantined rows, with a fresh count, before the backfill', () => {
    const { s, replica } = errors(4);
    s.registry.move(only(s, replica, 2).id, { to: 'quarantined', ...fault }, AT);
    s.registry.record([doc(5)], null);
    const chosen = [1, 2, 5].map((id) => only(s, replica, id).id);
    assert.equal(s.registry.retry(replica, [...chosen, 99]), 2);
    assert.deepEqual(s.registry.work(replica, 9, new Set()).map((row) => [row.masterDocId, row.retryCount, row.reasons]), [[1, 0, []], [2, 0, []], [5, 0, []]]); // prettier-ignore
    assert.equal(s.registry.retry(replica, 'all'), 2);
    assert.equal(s.registry.counts(replica).byStatus.error, 0);
  });

  it('takes held rows only where they are named: they are held by a flow or a policy', () => {
    const s = store();
    const replica = addReplica(s).id;
    s.registry.record([doc(1)], null);
    const { id } = bring(s, only(s, replica), 'held');
    assert.equal(s.registry.retry(replica, 'all'), 0);
    assert.equal(s.registry.retry(replica, [id]), 1);
    assert.equal(placeOf(only(s, replica)), 'queued');
  });

  it('leaves the other replica alone', () => {
    const { s, replica } = errors(1);
    const other = addReplica(s, 'other').id;
    assert.equal(s.registry.retry(other, [only(s, replica).id]), 0);
    assert.equal(s.registry.retry(other, 'all'), 0);
    assert.equal(only(s, replica).status, 'error');
  });

  it('finds out about a create before another is sent', () => {
    const { s, replica, row } = rowIn('uploading');
    bring(s, row, 'error');
    s.registry.retry(replica.id, 'all');
    assert.deepEqual([placeOf(only(s, replica.id)), only(s, replica.id).intent], ['uploading', row.intent]);
  });

  it('keeps the intent of a quarantined row, whose outcome nobody learned', () => {
    const { s, replica, row } = rowIn('uploading');
    bring(s, row, 'quarantined');
    s.registry.retry(replica.id, 'all');
    assert.deepEqual([placeOf(only(s, replica.id)), only(s, replica.id).intent], ['queued', row.intent]);
  });
});

describe('A new or changed replica', () => {
  it('gets a row for every live document that it has none for', () => {
    const s = store();
    s.registry.record([doc(1), doc(2), doc(3), doc(4)], null);
    s.registry.record([doc(4, { fingerprint: 'f2' })], null);
    s.registry.markGone(2, AT);
    const replica = addReplica(s).id;
    assert.equal(s.registry.enqueueMissing(replica), 3);
    assert.equal(s.registry.enqueueMissing(replica), 0);
    const rows = s.registry.work(replica, 9, new Set());
    assert.deepEqual(rows.map((row) => [row.masterDocId, row.wantedVersion, row.priority]), [[1, 1, 0], [3, 1, 0], [4, 2, 0]]); // prettier-ignore
    assert.equal(s.registry.oldestWaiting(replica), doc(1).modified);
  });

  it('gets all its synced documents queued when what they refer to changed', () => {
    const s = store();
    const replica = addReplica(s).id;
    PLACES.forEach((_, i) => s.registry.record([doc(i + 1)], null));
    PLACES.forEach((place, i) => bring(s, only(s, replica, i + 1), place));
    assert.equal(s.registry.requeueAll(replica), 2);
    const expected = PLACES.map((place) => (place === 'ok' || place === 'limited' ? 'queued' : place));
    assert.deepEqual(PLACES.map((_, i) => placeOf(only(s, replica, i + 1))), expected); // prettier-ignore
  });

  it('gets those without a copy queued when a copy that stood in the way is gone', () => {
    const s = store();
    const replica = addReplica(s).id;
    for (const id of [1, 2]) s.registry.record([doc(id)], null);
    const held = only(s, replica, 1);
    s.registry.move(held.id, { to: 'limited', version: 1, reasons: ['identical-bytes'] }, doc(1).modified);
    bring(s, only(s, replica, 2), 'limited');
    assert.equal(s.registry.requeueWithoutCopy(replica), 1);
    assert.deepEqual([1, 2].map((id) => placeOf(only(s, replica, id))), ['queued', 'limited']); // prettier-ignore
  });
});
