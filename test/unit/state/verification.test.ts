import assert from 'node:assert/strict';
import { placeOf } from '../../../src/state';
import { addReplica, AT, bring, doc, fault, LATER, only, PLACES, rowIn, store } from './support';

const observed = { observedModified: 'seen', observedFields: 'print' };
const minutes = (n: number): string => new Date(Date.parse(AT) + n * 60_000).toISOString();

describe('A verification', () => {
  it('that matched is on the other axis: the row stays ok', () => {
    const { s, row } = rowIn('ok');
    s.registry.verified(row.id, { verification: 'matched', version: 1 }, LATER);
    assert.deepEqual(s.registry.row(row.id), { ...row, verification: 'matched', verifiedAt: LATER, verifiedVersion: 1 });
  });

  it('that matched says what was seen of the copy, unless that is being written meanwhile', () => {
    const seen = { modified: 'later', fields: '{"fields":{}}' };
    for (const [place, kept] of [
      ['ok', ['later', '{"fields":{}}']],
      ['applying', [null, null]],
    ] as const) {
      const { s, row } = rowIn(place);
      s.registry.verified(row.id, { verification: 'matched', version: 1, observed: seen }, LATER);
      const now = s.registry.row(row.id);
      assert.deepEqual([now?.observedModified, now?.observedFields], kept);
    }
  });

  it('that says nothing of what was seen leaves what is known; what is forgotten is forgotten alone', () => {
    const { s, row } = rowIn('ok');
    s.registry.verified(row.id, { verification: 'matched', version: 1 }, LATER);
    assert.deepEqual([s.registry.row(row.id)?.observedModified, s.registry.row(row.id)?.observedFields], ['seen', 'print']);
    s.registry.forgetObserved(row.id);
    const { verification, verifiedAt, verifiedVersion } = s.registry.row(row.id) ?? row;
    assert.deepEqual(s.registry.row(row.id), { ...row, observedFields: null, verification, verifiedAt, verifiedVersion });
    assert.throws(() => s.registry.forgetObserved(4711), /4711/u);
  });

  it('that differs queues a sync as a change, and says what differs', () => {
    const { s, row } = rowIn('ok');
    s.registry.verified(row.id, { verification: 'differs', difference: '[{"field":"title"}]', version: 1 }, LATER);
    const now = s.registry.row(row.id);
    assert.ok(now);
    assert.deepEqual(
      [placeOf(now), now.priority, now.verification, now.difference, now.retryCount],
      ['queued', 1, 'differs', '[{"field":"title"}]', 1],
    );
    assert.equal(now.replicaDocId, 1001);
  });

  it('keeps the count of repairs until one is proven', () => {
    const { s, row } = rowIn('ok');
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      s.registry.verified(row.id, { verification: 'differs', version: 1 }, AT);
      assert.equal(s.registry.row(row.id)?.retryCount, attempt);
      assert.equal(s.registry.move(row.id, { to: 'ok', version: 1, ...observed }, AT).retryCount, attempt, 'a read-back is no proof');
    }
    s.registry.verified(row.id, { verification: 'matched', version: 1 }, AT);
    assert.deepEqual([s.registry.row(row.id)?.retryCount, s.registry.row(row.id)?.difference], [0, null]);
  });

  it('that could not read the copy queues a sync too, and says what was not there', () => {
    const { s, row } = rowIn('ok');
    s.registry.verified(row.id, { verification: 'unreadable', version: 1, difference: '[{"field":"stored_file"}]' }, AT);
    const now = s.registry.row(row.id);
    assert.ok(now);
    assert.deepEqual([placeOf(now), now.verification, now.difference, now.retryCount], ['queued', 'unreadable', '[{"field":"stored_file"}]', 1]);
    assert.equal(s.registry.move(row.id, { to: 'ok', version: 1, ...observed }, AT).retryCount, 1, 'a read-back is no proof');
  });

  it('that matched has nothing that differs', () => {
    const { s, row } = rowIn('ok');
    s.registry.verified(row.id, { verification: 'matched', version: 1, difference: 'ignored' }, AT);
    assert.equal(s.registry.row(row.id)?.difference, null);
  });

  it('that differs moves only what is in sync or waits for links', () => {
    for (const place of PLACES) {
      const { s, row } = rowIn(place);
      s.registry.verified(row.id, { verification: 'differs', version: 1 }, AT);
      const now = s.registry.row(row.id);
      assert.ok(now);
      const queued = place === 'ok' || place === 'limited' || place === 'linking';
      assert.equal(placeOf(now), queued ? 'queued' : place);
      assert.equal(now.retryCount, row.retryCount + (queued ? 1 : 0));
    }
  });

  it('that matched leaves the count of an error alone', () => {
    const { s, row } = rowIn('applying');
    s.registry.move(row.id, { to: 'error', ...fault, nextRetryAt: LATER }, AT);
    s.registry.verified(row.id, { verification: 'matched', version: 1 }, AT);
    assert.equal(s.registry.row(row.id)?.retryCount, 1);
  });

  it('of nothing is refused', () => {
    const { s } = rowIn('ok');
    assert.throws(() => s.registry.verified(99, { verification: 'matched', version: 1 }, AT), /There is no row 99/);
  });
});

describe('What is to be verified', () => {
  it('is in sync and has a copy', () => {
    const s = store();
    const replica = addReplica(s).id;
    PLACES.forEach((_, i) => s.registry.record([doc(i + 1)], null));
    PLACES.forEach((place, i) => bring(s, only(s, replica, i + 1), place));
    s.registry.record([doc(50)], null);
    s.registry.move(only(s, replica, 50).id, { to: 'limited', version: 1, reasons: ['no copy'] }, AT);
    assert.deepEqual(s.registry.unverified(replica, 0, 50).map(({ status }) => status), ['ok', 'limited']); // prettier-ignore
    assert.deepEqual(s.registry.verifiedBefore(replica, LATER, 50), []);
  });

  it('is what never was at its version, and what was the longest ago', () => {
    const s = store();
    const replica = addReplica(s).id;
    const verify = (id: number, at: string): void => s.registry.verified(only(s, replica, id).id, { verification: 'matched', version: 1 }, at);
    for (let id = 1; id <= 6; id += 1) {
      s.registry.record([doc(id)], null);
      bring(s, only(s, replica, id), 'ok');
    }
    verify(1, minutes(3));
    verify(2, minutes(1));
    verify(3, minutes(2));
    verify(4, minutes(30));
    verify(5, minutes(0));
    s.registry.record([doc(5, { fingerprint: 'f2' })], null);
    s.registry.move(only(s, replica, 5).id, { to: 'ok', version: 2, ...observed }, AT);
    const order = (before: string, limit: number): number[] => s.registry.verifiedBefore(replica, before, limit).map((row) => row.masterDocId);
    assert.deepEqual(order(minutes(10), 50), [2, 3, 1]);
    assert.deepEqual(order(minutes(10), 1), [2]);
    assert.deepEqual(order(minutes(0), 50), []);
    assert.deepEqual(order(minutes(2), 50), [2], 'before, not at');
    assert.deepEqual(order(minutes(60), 50), [2, 3, 1, 4]);
    const [fifth, sixth] = s.registry.unverified(replica, 0, 50);
    assert.deepEqual([fifth?.masterDocId, sixth?.masterDocId], [5, 6]);
    assert.deepEqual(s.registry.unverified(replica, fifth?.id ?? 0, 50), [sixth]);
    assert.deepEqual(s.registry.unverified(replica, 0, 1), [fifth]);
  });
});

describe("A replica's checksums", () => {
  const md5 = 'AB'.repeat(16);
  const sha = 'cd'.repeat(32);

  it('find documents of identical bytes by either sum', () => {
    const s = store();
    const [a, b] = [addReplica(s, 'a').id, addReplica(s, 'b').id];
    s.registry.learnReplicaChecksum(a, 7, md5);
    s.registry.learnReplicaChecksum(a, 7, sha);
    s.registry.learnReplicaChecksum(a, 3, sha);
    s.registry.learnReplicaChecksum(b, 9, sha);
    assert.deepEqual(s.registry.replicaDocsByChecksum(a, md5.toLowerCase()), [7]);
    assert.deepEqual(s.registry.replicaDocsByChecksum(a, sha.toUpperCase()), [3, 7]);
    s.registry.learnReplicaChecksum(a, 7, 'ef'.repeat(32));
    assert.deepEqual(s.registry.replicaDocsByChecksum(a, sha), [3]);
    s.registry.forgetReplicaDoc(a, 7);
    assert.deepEqual(s.registry.replicaDocsByChecksum(a, md5), []);
    assert.throws(() => s.registry.learnReplicaChecksum(a, 7, 'zz'), /MD5 \(32 digits\) or SHA-256 \(64 digits\)/);
  });
});
