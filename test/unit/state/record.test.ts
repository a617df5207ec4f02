import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Place, placeOf, type Store } from '../../../src/state';
import { addReplica, AT, bring, Clock, doc, folder, only, PLACES, rowIn, store } from './support';

const changed = doc(1, { modified: '2026-03-02T10:00:00+01:00', fingerprint: 'another' });

function twoReplicas(): { s: Store; a: number; b: number } {
  const s = store();
  return { s, a: addReplica(s, 'a').id, b: addReplica(s, 'b').id };
}

describe('Recording what the master has', () => {
  it('gives every replica a row for a new document, as backfill', () => {
    const { s, a, b } = twoReplicas();
    assert.deepEqual(s.registry.record([doc(1), doc(2)], 'cursor'), { added: 2, changed: 0, unchanged: 0 });
    for (const replica of [a, b]) {
      const row = only(s, replica, 2);
      assert.deepEqual([placeOf(row), row.wantedVersion, row.priority, row.syncedVersion, row.retryCount], ['queued', 1, 0, null, 0]);
      assert.deepEqual([row.verification, row.reasons, row.intent, row.replicaDocId], ['never', [], null, null]);
    }
    assert.equal(s.registry.masterDoc(1)?.version, 1);
  });

  it('queues new documents as changes once the backfill is over', () => {
    const { s, a } = twoReplicas();
    s.registry.record([doc(1)], null, { backfill: false });
    assert.equal(only(s, a).priority, 1);
  });

  it('keeps what the master said, verbatim, and when it was seen', () => {
    const clock = new Clock();
    const s = store({ clock });
    s.registry.record([doc(1)], null);
    assert.deepEqual(s.registry.masterDoc(1), {
      id: 1,
      modified: '2026-03-01T10:00:00.123456+01:00',
      version: 1,
      fingerprint: 'fingerprint 1',
      document: '{"id":1}',
      contentHash: null,
      seenAt: AT,
      goneSince: null,
    });
    clock.ms += 60_000;
    assert.deepEqual(s.registry.record([doc(1)], null), { added: 0, changed: 0, unchanged: 1 });
    assert.equal(s.registry.masterDoc(1)?.seenAt, '2026-03-20T14:01:00.000Z');
  });

  for (const [what, change] of Object.entries({ modified: { modified: '2026-03-02T00:00:00Z' }, fingerprint: { fingerprint: 'f2' } })) {
    it(`makes a new version when the ${what} moved`, () => {
      const { s, a, b } = twoReplicas();
      s.registry.record([doc(1)], null);
      bring(s, only(s, a), 'ok');
      assert.deepEqual(s.registry.record([doc(1, change)], null), { added: 0, changed: 1, unchanged: 0 });
      assert.equal(s.registry.masterDoc(1)?.version, 2);
      const row = only(s, a);
      assert.deepEqual([placeOf(row), row.wantedVersion, row.syncedVersion, row.priority], ['queued', 2, 1, 1]);
      assert.deepEqual([only(s, b).wantedVersion, only(s, b).priority], [2, 1]);
    });
  }

  it('leaves the rows of an unchanged document alone', () => {
    const { s, a } = twoReplicas();
    s.registry.record([doc(1)], null);
    const row = bring(s, only(s, a), 'ok');
    s.registry.record([doc(1)], null);
    assert.deepEqual(only(s, a), row);
  });

  const after: Record<Place, Place> = {
    queued: 'queued',
    uploading: 'uploading',
    consuming: 'consuming',
    applying: 'applying',
    linking: 'queued',
    ok: 'queued',
    limited: 'queued',
    error: 'queued',
    quarantined: 'queued',
    held: 'queued',
    tombstone: 'queued',
  };
  for (const place of PLACES) {
    it(`a change finds a row ${place} and leaves it ${after[place]}, wanting the new version`, () => {
      const { s, replica, row } = rowIn(place);
      s.registry.record([changed], null);
      const now = only(s, replica.id);
      assert.deepEqual([placeOf(now), now.wantedVersion], [after[place], 2]);
      assert.deepEqual([now.intent, now.taskId, now.replicaDocId], [row.intent, row.taskId, row.replicaDocId], 'nothing in flight is forgotten');
      assert.equal(now.retryCount, place === 'quarantined' ? 0 : row.retryCount);
      assert.ok(now.priority >= 1);
    });
  }

  it('lets an error whose create has an unknown outcome wait for its retry', () => {
    const { s, replica, row } = rowIn('consuming');
    const error = bring(s, row, 'error');
    s.registry.record([changed], null);
    const now = only(s, replica.id);
    assert.deepEqual([now.status, now.step, now.nextRetryAt, now.wantedVersion], ['error', 'consuming', error.nextRetryAt, 2]);
    assert.deepEqual(now.intent, row.intent);
  });

  it('forgets the text of the version before, and takes a hash only for the one it was read at', () => {
    const { s } = twoReplicas();
    s.registry.record([doc(1)], null);
    s.registry.setContentHash(1, 1, 'text');
    assert.equal(s.registry.masterDoc(1)?.contentHash, 'text');
    s.registry.record([changed], null);
    assert.equal(s.registry.masterDoc(1)?.contentHash, null);
    s.registry.setContentHash(1, 1, 'stale');
    assert.equal(s.registry.masterDoc(1)?.contentHash, null);
  });

  it('takes back a document that was gone, also when nothing else changed', () => {
    const { s, replica } = rowIn('ok');
    assert.equal(s.registry.markGone(1, AT), true);
    assert.equal(s.registry.markGone(1, AT), false);
    s.registry.move(only(s, replica.id).id, { to: 'tombstone' }, AT);
    assert.equal(s.registry.masterDocCount(), 0);
    assert.equal(s.registry.record([doc(1)], null).changed, 1);
    assert.equal(s.registry.masterDoc(1)?.goneSince, null);
    assert.equal(placeOf(only(s, replica.id)), 'queued');
    assert.equal(s.registry.masterDocCount(), 1);
  });
});

describe('The cursor', () => {
  const path = folder();

  it('is what the master said, and stays where null is given', () => {
    const { s } = twoReplicas();
    assert.equal(s.registry.cursor(), null);
    s.registry.record([doc(1)], '2026-03-01T10:00:00.123456+01:00');
    s.registry.record([doc(2)], null);
    assert.equal(s.registry.cursor(), '2026-03-01T10:00:00.123456+01:00');
  });

  it('moves with its rows or not at all', () => {
    const file = join(path(), 'cursor.sqlite3');
    const s = store({ path: file });
    const replica = addReplica(s);
    s.registry.record([doc(1)], 'first');
    const broken = { ...doc(3), document: null } as unknown as ReturnType<typeof doc>;
    assert.throws(() => s.registry.record([doc(2), broken], 'second'), /NOT NULL/);
    assert.equal(s.registry.cursor(), 'first');
    assert.equal(s.registry.masterDoc(2), null);
    assert.equal(s.registry.rowFor(replica.id, 2), null);
    assert.throws(() =>
      s.transaction(() => {
        s.registry.record([doc(2)], 'third');
        throw new Error('the caller gave up');
      }),
    );
    s.close();
    const again = store({ path: file });
    assert.deepEqual([again.registry.cursor(), again.registry.masterDocCount()], ['first', 1]);
    again.close();
  });
});

describe('The files of a document', () => {
  const [A, B, C] = ['a'.repeat(64), 'b'.repeat(64), 'c'.repeat(64)];

  it('are known by SHA-256 as the master lists them, and by all once they were read', () => {
    const { s } = twoReplicas();
    s.registry.record([doc(1, { files: [{ versionId: 7, sha256: A }] })], null);
    assert.deepEqual(s.registry.file(1, 7), { masterDocId: 1, versionId: 7, sha256: A, md5: '', size: 0 });
    const read = { masterDocId: 1, versionId: 7, sha256: A, md5: 'm', size: 5 };
    s.registry.learnFile(read);
    s.registry.record([doc(1, { fingerprint: 'f2', files: [{ versionId: 7, sha256: A }] })], null);
    assert.deepEqual(s.registry.file(1, 7), read, 'what was learned from the same bytes holds');
  });

  it('follow the list: other bytes lose what was learned, and what is not listed is gone', () => {
    const { s } = twoReplicas();
    s.registry.record([doc(1, { files: [{ versionId: 7, sha256: A }, { versionId: 8, sha256: B }] })], null); // prettier-ignore
    s.registry.learnFile({ masterDocId: 1, versionId: 7, sha256: A, md5: 'm', size: 5 });
    s.registry.record([doc(1, { fingerprint: 'f2', files: [{ versionId: 7, sha256: C }] })], null);
    assert.deepEqual(s.registry.files(1), [{ masterDocId: 1, versionId: 7, sha256: C, md5: '', size: 0 }]);
    s.registry.record([doc(1, { fingerprint: 'f3' })], null);
    assert.equal(s.registry.files(1).length, 1, 'no list says nothing');
  });
});

describe('Walking the master', () => {
  it('goes by key, over what is there', () => {
    const { s } = twoReplicas();
    s.registry.record([5, 3, 9, 1, 7].map((id) => doc(id)), null); // prettier-ignore
    s.registry.markGone(5, AT);
    const seen: number[] = [];
    for (let page = s.registry.masterDocsAfter(0, 2); page.length > 0; page = s.registry.masterDocsAfter(seen.at(-1) ?? 0, 2)) {
      seen.push(...page.map(({ id }) => id));
    }
    assert.deepEqual(seen, [1, 3, 7, 9]);
    assert.equal(s.registry.masterDocCount(), 4);
    assert.deepEqual(s.registry.masterDocs([9, 5, 4]).map(({ id }) => id), [5, 9]); // prettier-ignore
    assert.equal(s.registry.masterDoc(4), null);
  });
});
