import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PairTakenError, placeOf, type Store, type SyncRow } from '../../../src/state';
import { addReplica, AT, bring, doc, fault, folder, intent, LATER, only, rowIn, store } from './support';

const observed = { observedModified: 'seen', observedFields: 'print' };

describe('A move', () => {
  it('to uploading commits what is to be made', () => {
    const { s, row } = rowIn('queued');
    const sent = s.registry.move(row.id, { to: 'uploading', intent: intent() }, AT);
    assert.deepEqual([sent.intent, sent.taskId], [intent(), null]);
    assert.deepEqual(s.registry.row(row.id), sent);
  });

  it('to applying knows the outcome: pair and file are there, intent and task are done with', () => {
    const { s, row } = rowIn('consuming');
    const there = s.registry.move(row.id, { to: 'applying', replicaDocId: 44, fileChecksum: 'sum' }, AT);
    assert.deepEqual([there.replicaDocId, there.fileChecksum, there.intent, there.taskId, there.priority], [44, 'sum', null, null, 2]);
  });

  it('to another copy forgets what the old one was like', () => {
    const { s, row } = rowIn('ok');
    s.registry.move(row.id, { to: 'queued' }, AT);
    const same = s.registry.move(row.id, { to: 'applying', replicaDocId: 1001, fileChecksum: 'sum' }, AT);
    assert.deepEqual([same.observedFields, same.syncedVersion], ['print', 1]);
    const other = s.registry.move(row.id, { to: 'applying', replicaDocId: 1002, fileChecksum: 'sum' }, AT);
    assert.deepEqual([other.observedFields, other.observedModified, other.syncedVersion], [null, null, null]);
  });

  it('never gives two rows one copy, and says whose it is', () => {
    const { s, replica } = rowIn('ok');
    s.registry.record([doc(2)], null);
    const second = only(s, replica.id, 2);
    assert.throws(
      () => s.registry.move(second.id, { to: 'applying', replicaDocId: 1001, fileChecksum: 'sum' }, AT),
      (error: unknown) => error instanceof PairTakenError && error.masterDocId === 1 && error.replicaDocId === 1001,
    );
    assert.deepEqual(only(s, replica.id, 2), second);
    const elsewhere = addReplica(s, 'other').id;
    s.registry.enqueueMissing(elsewhere);
    s.registry.move(only(s, elsewhere, 2).id, { to: 'applying', replicaDocId: 1001, fileChecksum: 'sum' }, AT);
  });

  it('to ok keeps what was read back, and clears what went wrong before', () => {
    const { s, row } = rowIn('error');
    s.registry.requeueDue(row.replicaId, LATER, 1);
    bring(s, row, 'applying');
    const fine = s.registry.move(row.id, { to: 'ok', version: 1, ...observed }, LATER);
    assert.deepEqual(
      [fine.status, fine.step, fine.syncedVersion, fine.lastSynced, fine.observedModified, fine.observedFields],
      ['ok', null, 1, LATER, 'seen', 'print'],
    );
    assert.deepEqual([fine.errorClass, fine.errorCode, fine.errorMessage, fine.errorNextStep, fine.retryCount], [null, null, null, null, 0]);
  });

  for (const to of ['ok', 'limited'] as const) {
    it(`to ${to} for a version that the master left behind stays queued, and keeps what was learned`, () => {
      const { s, replica, row } = rowIn('applying');
      s.registry.record([doc(1, { fingerprint: 'f2' })], null);
      const behind = s.registry.move(row.id, { to, version: 1, reasons: ['because'], ...observed }, AT);
      assert.deepEqual([placeOf(behind), behind.syncedVersion, behind.wantedVersion, behind.observedFields], ['queued', 1, 2, 'print']);
      assert.deepEqual([behind.reasons, behind.lastSynced], [[], AT]);
      assert.deepEqual(s.registry.work(replica.id, 1, new Set()), [behind]);
    });
  }

  it('to limited keeps what was known where nothing was read', () => {
    const { s, row } = rowIn('ok');
    s.registry.move(row.id, { to: 'queued' }, AT);
    const limited = s.registry.move(row.id, { to: 'limited', version: 1, reasons: ['a', 'b'] }, AT);
    assert.deepEqual([limited.reasons, limited.observedFields], [['a', 'b'], 'print']);
    assert.deepEqual(s.registry.move(row.id, { to: 'queued' }, AT).reasons, []);
  });

  it('to error counts, says why and when next, and keeps intent and step', () => {
    const { s, row } = rowIn('consuming');
    const error = s.registry.move(row.id, { to: 'error', ...fault, nextRetryAt: '2026-03-20T16:00:00+01:00' }, AT);
    assert.deepEqual([error.status, error.step, error.intent, error.taskId], ['error', 'consuming', row.intent, row.taskId]);
    assert.deepEqual(
      [error.errorClass, error.errorCode, error.errorMessage, error.errorNextStep],
      ['document', 'consumer_failed', fault.message, fault.nextStep],
    );
    assert.deepEqual([error.retryCount, error.nextRetryAt], [1, LATER]);
    assert.equal(s.registry.move(row.id, { to: 'error', ...fault, nextRetryAt: LATER }, AT).retryCount, 2);
  });

  it('to quarantined counts the attempt that brought it there once', () => {
    const straight = rowIn('applying');
    assert.equal(straight.s.registry.move(straight.row.id, { to: 'quarantined', ...fault }, AT).retryCount, 1);
    const { s, row } = rowIn('error');
    const quarantined = s.registry.move(row.id, { to: 'quarantined', ...fault }, AT);
    assert.deepEqual([quarantined.retryCount, quarantined.nextRetryAt, quarantined.reasons], [1, null, [fault.message]]);
  });

  it('to queued from a create says that nothing came of it; from elsewhere an open intent stays', () => {
    const consumed = rowIn('consuming');
    const nothing = consumed.s.registry.move(consumed.row.id, { to: 'queued' }, AT);
    assert.deepEqual([nothing.intent, nothing.taskId], [null, null]);
    const { s, row } = rowIn('uploading');
    bring(s, row, 'quarantined');
    assert.deepEqual(s.registry.move(row.id, { to: 'queued' }, AT).intent, row.intent);
  });

  it('to queued has the priority that is asked for, else that of a change for what was settled, else its own', () => {
    const priority = (from: Parameters<typeof rowIn>[0], asked?: number): number => {
      const { s, row } = rowIn(from);
      return s.registry.move(row.id, { to: 'queued', ...(asked === undefined ? {} : { priority: asked }) }, AT).priority;
    };
    assert.deepEqual([priority('ok', 2), priority('ok'), priority('limited'), priority('tombstone')], [2, 1, 1, 1]);
    assert.deepEqual([priority('queued'), priority('error'), priority('applying'), priority('linking')], [0, 0, 2, 2]);
  });

  it('to linking never loses the pair', () => {
    const { row } = rowIn('linking');
    assert.deepEqual([row.replicaDocId, row.fileChecksum], [1001, 'sum']);
  });
});

describe('A row', () => {
  it('takes a wanted document of its own, and gives it back', () => {
    const { s, row } = rowIn('queued');
    s.registry.setWanted(row.id, '{"title":"mine"}');
    assert.equal(s.registry.row(row.id)?.wanted, '{"title":"mine"}');
    s.registry.setWanted(row.id, null);
    assert.equal(s.registry.row(row.id)?.wanted, null);
    assert.throws(() => s.registry.setWanted(99, null), /There is no row 99/);
  });

  it('whose create came to nothing is at the start, in the same write', () => {
    for (const place of ['uploading', 'consuming'] as const) {
      const { s, row } = rowIn(place);
      s.registry.clearIntent(row.id);
      const now = s.registry.row(row.id);
      assert.deepEqual([now?.intent, now?.taskId, now?.status, now?.step], [null, null, 'pending', 'queued']);
    }
    const { s, row } = rowIn('applying');
    s.registry.clearIntent(row.id);
    assert.deepEqual(s.registry.row(row.id), row, 'what is on the replica stays where it is');
  });

  it('whose copy is gone wants it again', () => {
    for (const place of ['ok', 'limited', 'applying', 'linking', 'uploading'] as const) {
      const { s, row } = rowIn(place);
      s.registry.unmap(row.id);
      const now = s.registry.row(row.id);
      assert.ok(now);
      assert.deepEqual([placeOf(now), now.replicaDocId, now.fileChecksum, now.taskId, now.intent], ['queued', null, null, null, null], place);
      assert.deepEqual([now.syncedVersion, now.observedFields, now.observedModified], [null, null, null]);
    }
  });

  it('whose copy is gone stays an error, held or a tombstone where it was one', () => {
    for (const place of ['error', 'quarantined', 'held', 'tombstone'] as const) {
      const { s, row } = rowIn('ok');
      s.registry.move(row.id, { to: 'queued' }, AT);
      bring(s, row, place);
      s.registry.unmap(row.id);
      const now = s.registry.row(row.id);
      assert.deepEqual([now?.status, now?.replicaDocId], [place, null]);
    }
  });

  it('whose copy is gone is no longer verified, but a difference keeps its count', () => {
    const { s, replica, row } = rowIn('ok');
    s.registry.verified(row.id, { verification: 'matched', version: 1 }, AT);
    s.registry.unmap(row.id);
    assert.equal(s.registry.counts(replica.id).verification.never, 1);
    bring(s, row, 'ok');
    s.registry.verified(row.id, { verification: 'differs', version: 1 }, AT);
    s.registry.unmap(row.id);
    assert.deepEqual([s.registry.row(row.id)?.verification, s.registry.row(row.id)?.retryCount], ['differs', 1]);
  });
});

describe('Every intent', () => {
  it('is remembered by its nonce, whatever became of it', () => {
    const { s, replica, row } = rowIn('queued');
    s.registry.move(row.id, { to: 'uploading', intent: intent('aaaaaaaaaa') }, AT);
    s.registry.clearIntent(row.id);
    s.registry.move(row.id, { to: 'uploading', intent: intent('bbbbbbbbbb') }, LATER);
    s.registry.move(row.id, { to: 'applying', replicaDocId: 5, fileChecksum: 'sum' }, LATER);
    assert.deepEqual(s.registry.intentByNonce(replica.id, 'aaaaaaaaaa'), { masterDocId: 1, replicaDocId: null, intent: intent('aaaaaaaaaa') });
    assert.deepEqual(s.registry.intentByNonce(replica.id, 'bbbbbbbbbb'), { masterDocId: 1, replicaDocId: 5, intent: intent('bbbbbbbbbb') });
    assert.equal(s.registry.intentByNonce(replica.id, 'cccccccccc'), null);
    assert.equal(s.registry.intentByNonce(replica.id + 1, 'aaaaaaaaaa'), null);
  });
});

describe('A create that was given up', () => {
  it('is remembered as lost until it is known what came of it', () => {
    const { s, replica, row } = rowIn('queued');
    s.registry.move(row.id, { to: 'uploading', intent: intent('aaaaaaaaaa') }, AT);
    s.registry.clearIntent(row.id);
    s.registry.move(row.id, { to: 'uploading', intent: intent('bbbbbbbbbb') }, AT);
    s.registry.giveUpIntent(row.id, LATER);
    assert.deepEqual([s.registry.row(row.id)?.intent, s.registry.row(row.id)?.step], [null, 'queued']);
    const lost = (since: string, masterDocId?: number): string[] =>
      s.registry.lostUploads(replica.id, since, masterDocId).map(({ intent: { nonce } }) => nonce);
    assert.deepEqual([lost(AT), lost(AT, 1), lost(AT, 2), lost('2099-01-01T00:00:00Z')], [['bbbbbbbbbb'], ['bbbbbbbbbb'], [], []]);
    s.registry.accountFor(replica.id, 'bbbbbbbbbb', 7);
    assert.deepEqual([lost(AT), s.registry.intentByNonce(replica.id, 'bbbbbbbbbb')?.replicaDocId], [[], 7]);
  });
});

describe('A process that dies between two moves', () => {
  const path = folder();

  /** After each step of a create the database is opened anew, as after a crash: what a recovery would see. */
  it('leaves a row that says how far it got', () => {
    const file = join(path(), 'crash.sqlite3');
    const first = store({ path: file });
    const replica = addReplica(first).id;
    first.registry.record([doc(1)], null);
    const { id } = only(first, replica);
    first.close();

    const seen: [string, ...unknown[]][] = [];
    const steps: ((s: Store) => SyncRow)[] = [
      (s) => s.registry.move(id, { to: 'uploading', intent: intent() }, AT),
      (s) => s.registry.move(id, { to: 'consuming', taskId: 'task' }, AT),
      (s) => s.registry.move(id, { to: 'error', ...fault, nextRetryAt: LATER }, AT),
      (s) => (s.registry.requeueDue(replica, LATER, 50), only(s, replica)),
      (s) => s.registry.move(id, { to: 'applying', replicaDocId: 9, fileChecksum: 'sum' }, AT),
      (s) => s.registry.move(id, { to: 'ok', version: 1, ...observed }, AT),
    ];
    for (const step of steps) {
      const writer = store({ path: file });
      const written = step(writer);
      writer.close();
      const s = store({ path: file });
      const row = only(s, replica);
      assert.deepEqual(row, written);
      seen.push([
        placeOf(row),
        row.intent?.nonce ?? null,
        row.taskId,
        row.replicaDocId,
        s.registry.inFlight(replica).length,
        s.registry.work(replica, 9, new Set()).length,
      ]);
      s.close();
    }
    const nonce = intent().nonce;
    assert.deepEqual(seen, [
      // place, intent, task, copy, to settle, to hand out
      ['uploading', nonce, null, null, 1, 0],
      ['consuming', nonce, 'task', null, 1, 0],
      ['error', nonce, 'task', null, 0, 0],
      ['consuming', nonce, 'task', null, 1, 0],
      ['applying', null, null, 9, 0, 1],
      ['ok', null, null, 9, 0, 0],
    ]);
  });
});
