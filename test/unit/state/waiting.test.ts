import assert from 'node:assert/strict';
import { rowIn, AT } from './support';

const after = (seconds: number): string => new Date(Date.parse(AT) + seconds * 1000).toISOString();

describe('A row that waits', () => {
  const pause = { firstMs: 10_000, longestMs: 40_000 };

  it('is looked at after a pause, which doubles while it waits for the same', () => {
    const { s, replica, row } = rowIn('queued');
    const due = (now: string): string[] => s.waiting.due(replica.id, 'number', now, 10).map(({ what }) => what);
    s.waiting.put({ rowId: row.id, kind: 'number', what: '7' }, AT, pause);
    assert.deepEqual([due(after(9)), due(after(10))], [[], ['7']]);
    for (const seconds of [20, 40, 40]) {
      s.waiting.put({ rowId: row.id, kind: 'number', what: '7' }, AT, pause);
      assert.deepEqual([due(after(seconds - 1)), due(after(seconds))], [[], ['7']]);
    }
    s.waiting.put({ rowId: row.id, kind: 'number', what: '8' }, AT, pause);
    assert.deepEqual([due(after(9)), due(after(10))], [[], ['8']]);
  });

  it('is one of its replica and kind, until it is dropped', () => {
    const { s, replica, row } = rowIn('queued');
    s.waiting.put({ rowId: row.id, kind: 'number', what: '7' }, AT, pause);
    s.waiting.put({ rowId: row.id, kind: 'bytes', what: '"sum"' }, AT, pause);
    assert.deepEqual(s.waiting.due(replica.id + 1, 'number', after(99), 10), []);
    assert.deepEqual(s.waiting.due(replica.id, 'bytes', after(99), 10), [{ rowId: row.id, what: '"sum"' }]);
    assert.deepEqual(s.waiting.due(replica.id, 'number', after(99), 0), []);
    s.waiting.drop(row.id, 'number');
    assert.deepEqual(s.waiting.due(replica.id, 'number', after(99), 10), []);
    assert.equal(s.waiting.due(replica.id, 'bytes', after(99), 10).length, 1);
  });

  it('is looked at now when somebody wants that, and goes with its row', () => {
    const { s, replica, row } = rowIn('queued');
    s.waiting.put({ rowId: row.id, kind: 'number', what: '7' }, AT, pause);
    s.waiting.hasten(replica.id, 'bytes', AT);
    assert.deepEqual(s.waiting.due(replica.id, 'number', AT, 10), []);
    s.waiting.hasten(replica.id, 'number', AT);
    assert.equal(s.waiting.due(replica.id, 'number', AT, 10).length, 1);
    s.replicas.remove(replica.id);
    assert.deepEqual(s.waiting.due(replica.id, 'number', after(99), 10), []);
  });
});
