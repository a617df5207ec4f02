import assert from 'node:assert/strict';
import fc from 'fast-check';
import { IllegalMoveError, type Move, placeOf, type Store, type SyncRow } from '../../../src/state';
import { PairTakenError } from '../../../src/state/errors';
import { addReplica, AT, doc, fault, intent, LATER, only, store } from './support';

const observed = { observedModified: 'seen', observedFields: 'print' };

/** Everything that happens to a row: a stage's move, a look at its copy, the master, a person, time. */
const EVENTS = {
  queue: (s, row) => s.registry.move(row.id, { to: 'queued' }, AT),
  upload: (s, row) => s.registry.move(row.id, { to: 'uploading', intent: intent() }, AT),
  consume: (s, row) => s.registry.move(row.id, { to: 'consuming', taskId: 'task' }, AT),
  arrive: (s, row) => s.registry.move(row.id, { to: 'applying', replicaDocId: 1001, fileChecksum: 'sum' }, AT),
  link: (s, row) => s.registry.move(row.id, { to: 'linking' }, AT),
  ok: (s, row) => s.registry.move(row.id, { to: 'ok', version: row.wantedVersion, ...observed }, AT),
  limit: (s, row) => s.registry.move(row.id, { to: 'limited', version: row.wantedVersion, reasons: ['a reason'], ...observed }, AT),
  fail: (s, row) => s.registry.move(row.id, { to: 'error', ...fault, nextRetryAt: LATER }, AT),
  failCounted: (s, row) => s.registry.move(row.id, { to: 'error', ...fault, nextRetryAt: LATER, counted: true }, AT),
  quarantine: (s, row) => s.registry.move(row.id, { to: 'quarantined', ...fault }, AT),
  hold: (s, row) => s.registry.move(row.id, { to: 'held', code: 'left-out' }, AT),
  bury: (s, row) => s.registry.move(row.id, { to: 'tombstone' }, AT),
  match: (s, row) => s.registry.verified(row.id, { verification: 'matched', version: row.syncedVersion ?? row.wantedVersion }, AT),
  differ: (s, row) => s.registry.verified(row.id, { verification: 'differs', version: row.wantedVersion, difference: '[]' }, AT),
  vanish: (s, row) => s.registry.verified(row.id, { verification: 'unreadable', version: row.wantedVersion }, AT),
  change: (s, row) => s.registry.record([doc(1, { fingerprint: `version ${row.wantedVersion + 1}` })], null),
  unmap: (s, row) => s.registry.unmap(row.id),
  clear: (s, row) => s.registry.clearIntent(row.id),
  due: (s, row) => s.registry.requeueDue(row.replicaId, LATER, 10),
  release: (s, row) => s.registry.releaseHeld(row.replicaId),
  again: (s, row) => s.registry.requeueAll(row.replicaId),
  retry: (s, row) => s.registry.retry(row.replicaId, [row.id]),
} satisfies Record<string, (s: Store, row: SyncRow) => unknown>;

type Happening = keyof typeof EVENTS;
const MOVES: readonly Happening[] = [
  'queue',
  'upload',
  'consume',
  'arrive',
  'link',
  'ok',
  'limit',
  'fail',
  'failCounted',
  'quarantine',
  'hold',
  'bury',
];
/** What counts an attempt where it does anything. */
const COUNTING: readonly Happening[] = ['fail', 'quarantine', 'differ', 'vanish'];

function failedLook(row: SyncRow): boolean {
  return row.verification === 'differs' || row.verification === 'unreadable';
}

/** What holds of a row whatever came before. */
function checkRow(row: SyncRow): void {
  const place = placeOf(row);
  assert.equal(row.step !== null, row.status === 'pending' || row.status === 'error', 'a step without work');
  if (place === 'ok' || place === 'linking') assert.ok(row.replicaDocId !== null, `${place} without a copy`);
  if (place === 'uploading' || place === 'consuming') assert.ok(row.intent !== null, `${place} without an intent`);
  if (place === 'consuming') assert.ok(row.taskId !== null, 'consuming without a task');
  if (place === 'applying') assert.equal(row.intent, null, 'a create that is known has no intent');
  if (place === 'ok') assert.ok(row.syncedVersion === row.wantedVersion && row.nextRetryAt === null, 'ok at another version');
  if (place === 'error') assert.ok(row.errorCode !== null && row.nextRetryAt !== null, 'an error without its cause or its next try');
  if (place === 'held') assert.ok(row.reasons.length > 0, 'held for no reason');
  assert.equal(failedLook(row) && row.verifiedVersion !== null, false, 'proven and failed at once');
  if (row.verification === 'matched') assert.equal(row.difference, null, 'a match that differs');
}

/** How the two axes hang together over one step. */
function checkStep(happened: Happening, before: SyncRow, after: SyncRow): void {
  const settled = before.status === 'ok' || before.status === 'limited';
  if (MOVES.includes(happened)) {
    assert.deepEqual(
      [after.verification, after.verifiedVersion],
      [before.verification, before.verifiedVersion],
      `${happened} touched the other axis`,
    );
  }
  if (happened === 'differ' || happened === 'vanish') {
    if (settled || placeOf(before) === 'linking') assert.equal(placeOf(after), 'queued', 'a failed look queues no repair');
    else assert.equal(placeOf(after), placeOf(before), `${happened} moved what was not in sync`);
  }
  if (after.retryCount > before.retryCount) {
    assert.ok(COUNTING.includes(happened), `${happened} counted an attempt`);
    assert.equal(after.retryCount, before.retryCount + 1);
  }
  if (after.retryCount < before.retryCount) {
    const proven = happened === 'match' && settled;
    const lasting = (happened === 'ok' || happened === 'limit') && !failedLook(before);
    const asked = happened === 'retry';
    const another = happened === 'change' && before.status === 'quarantined';
    assert.ok(proven || lasting || asked || another, `${happened} forgot ${before.retryCount} attempts`);
    assert.equal(after.retryCount, 0);
  }
}

describe('The two axes of a row', function () {
  this.timeout(60_000);

  it('hold together over any sequence of events, and an illegal move throws and writes nothing', () => {
    const reached = new Set<string>();
    let refused = 0;
    const happening = fc.constantFrom(...(Object.keys(EVENTS) as Happening[]));
    // Ways that lead far are rare in what is drawn blindly.
    const way = fc.constantFrom<Happening[]>(
      ['upload', 'consume', 'arrive', 'ok', 'match'],
      ['arrive', 'ok'],
      ['arrive', 'ok', 'differ', 'queue', 'arrive', 'ok'],
    );
    const story = fc.array(fc.oneof({ weight: 3, arbitrary: happening.map((one) => [one]) }, { weight: 1, arbitrary: way }), { maxLength: 30 });
    fc.assert(
      fc.property(story, (events) => {
        const s = store();
        const replica = addReplica(s).id;
        s.registry.record([doc(1)], null);
        for (const happened of events.flat()) {
          const before = only(s, replica);
          try {
            EVENTS[happened](s, before);
          } catch (error) {
            assert.ok(error instanceof IllegalMoveError || error instanceof PairTakenError, `${happened} threw ${String(error)}`);
            assert.ok(MOVES.includes(happened), `${happened} was refused`);
            assert.deepEqual(only(s, replica), before, 'a refused move was written');
            refused += 1;
            continue;
          }
          const after = only(s, replica);
          checkRow(after);
          checkStep(happened, before, after);
          reached.add(placeOf(after)).add(after.verification);
        }
        s.close();
      }),
      { numRuns: 400 },
    );
    assert.equal(reached.size, 11 + 4, `only ${[...reached].join(', ')}`);
    assert.ok(refused > 100);
  });

  it('keep the count of a copy that something changes back, whatever is written to it in between', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.boolean(), (rounds, gone) => {
        const s = store();
        const replica = addReplica(s).id;
        s.registry.record([doc(1)], null);
        for (const event of ['arrive', 'ok', 'match'] as const) EVENTS[event](s, only(s, replica));
        for (let round = 1; round <= rounds; round += 1) {
          EVENTS[gone ? 'vanish' : 'differ'](s, only(s, replica));
          const moves: Move[] = [{ to: 'error', ...fault, nextRetryAt: LATER, counted: true }];
          for (const move of moves) s.registry.move(only(s, replica).id, move, AT);
          EVENTS.due(s, only(s, replica));
          for (const event of ['arrive', 'ok'] as const) EVENTS[event](s, only(s, replica));
          assert.deepEqual([only(s, replica).status, only(s, replica).retryCount], ['ok', round]);
        }
        EVENTS.match(s, only(s, replica));
        assert.equal(only(s, replica).retryCount, 0);
        s.close();
      }),
      { numRuns: 30 },
    );
  });

  it('give what was quarantined all its attempts again when the master has another version, and nothing else', () => {
    const s = store();
    const replica = addReplica(s).id;
    s.registry.record([doc(1)], null);
    for (let n = 0; n < 4; n += 1) EVENTS.fail(s, only(s, replica));
    EVENTS.change(s, only(s, replica));
    assert.deepEqual([placeOf(only(s, replica)), only(s, replica).retryCount], ['queued', 4]);
    EVENTS.quarantine(s, only(s, replica));
    EVENTS.change(s, only(s, replica));
    assert.deepEqual([placeOf(only(s, replica)), only(s, replica).retryCount], ['queued', 0]);
  });
});
