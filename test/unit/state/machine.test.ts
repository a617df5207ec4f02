import assert from 'node:assert/strict';
import { IllegalMoveError, type Move, NoDocumentError, NoIntentError, type Place, placeOf, UnknownVersionError } from '../../../src/state';
import { AT, bring, fault, intent, LATER, PLACES, rowIn } from './support';

/** Written down apart from the product's table, from what each place means. Rows are where a row is, marks are where it may go. */
const LEGAL: Record<Place, string> = {
  // …………………… queued uploading consuming applying linking ok limited error quarantined held tombstone
  queued: '      yes    yes       no        yes      yes     yes yes    yes   yes         yes  yes',
  uploading: '   yes    yes       yes       yes      no      no  yes    yes   yes         no   no',
  consuming: '   yes    yes       no        yes      no      no  yes    yes   yes         no   no',
  applying: '    yes    yes       no        yes      yes     yes yes    yes   yes         yes  yes',
  linking: '     yes    yes       no        yes      yes     yes yes    yes   yes         yes  yes',
  ok: '          yes    no        no        no       no      no  no     no    no          yes  yes',
  limited: '     yes    no        no        no       no      no  no     no    no          yes  yes',
  error: '       yes    yes       yes       yes      no      no  no     yes   yes         yes  yes',
  quarantined: ' yes    no        no        no       no      no  no     no    no          yes  yes',
  held: '        yes    no        no        no       no      no  no     no    no          yes  yes',
  tombstone: '   yes    no        no        no       no      no  no     no    no          no   no',
};

function moveTo(place: Place): Move {
  const observed = { version: 1, observedModified: 'seen', observedFields: 'print' };
  switch (place) {
    case 'queued':
    case 'linking':
    case 'tombstone':
      return { to: place };
    case 'uploading':
      return { to: place, intent: intent('ffffffffff') };
    case 'consuming':
      return { to: place, taskId: 'task' };
    case 'applying':
      return { to: place, replicaDocId: 77, fileChecksum: 'sum' };
    case 'ok':
      return { to: place, ...observed };
    case 'limited':
      return { to: place, reasons: ['because'], ...observed };
    case 'error':
      return { to: place, ...fault, nextRetryAt: LATER };
    case 'quarantined':
      return { to: place, ...fault };
    case 'held':
      return { to: place, code: 'left-out' };
  }
}

describe('The state machine', () => {
  for (const from of PLACES) {
    const legal = LEGAL[from].trim().split(/\s+/);
    PLACES.forEach((to, index) => {
      const allowed = legal[index] === 'yes';
      it(`${allowed ? 'takes' : 'refuses'} ${from} → ${to}`, () => {
        const { s, row } = rowIn('queued');
        // What has a copy can be read back; a queued row that was in sync has one.
        if (from === 'queued') bring(s, row, 'ok');
        // And an error may have a create whose outcome isn't known.
        if (from === 'error' && to === 'consuming') bring(s, row, 'uploading');
        const start = from === 'queued' ? s.registry.move(row.id, { to: 'queued' }, AT) : bring(s, row, from);
        assert.equal(placeOf(start), from);
        if (allowed) {
          assert.equal(placeOf(s.registry.move(row.id, moveTo(to), AT)), to);
          assert.deepEqual(s.registry.row(row.id), s.registry.rowFor(row.replicaId, row.masterDocId));
          return;
        }
        assert.throws(() => s.registry.move(row.id, moveTo(to), AT), IllegalMoveError);
        assert.deepEqual(s.registry.row(row.id), start, 'a refused move writes nothing');
      });
    });
  }

  it('says which row, from where and to where', () => {
    const { s, row } = rowIn('ok');
    assert.throws(() => s.registry.move(row.id, { to: 'consuming', taskId: 't' }, AT), {
      name: 'IllegalMoveError',
      message: `Row ${row.id} can't move from ok to consuming.`,
    });
  });

  for (const to of ['ok', 'linking'] as const) {
    it(`lets no row be ${to} without a document on the replica`, () => {
      const { s, row } = rowIn('queued');
      assert.throws(() => s.registry.move(row.id, moveTo(to), AT), NoDocumentError);
      assert.deepEqual(s.registry.row(row.id), row);
    });
  }

  it('lets no row wait for a task without an intent', () => {
    const { s, row } = rowIn('error');
    assert.throws(() => s.registry.move(row.id, moveTo('consuming'), AT), NoIntentError);
    assert.deepEqual(s.registry.row(row.id), row);
  });

  it('lets a row be limited without a document: the replica holds none of it', () => {
    const { s, row } = rowIn('consuming');
    const limited = s.registry.move(row.id, { to: 'limited', version: 1, reasons: ['a duplicate there'] }, AT);
    assert.deepEqual([limited.status, limited.replicaDocId, limited.intent, limited.reasons], ['limited', null, null, ['a duplicate there']]);
  });

  it('refuses a version that nobody wanted yet', () => {
    const { s, row } = rowIn('applying');
    assert.throws(() => s.registry.move(row.id, { to: 'ok', version: 2, observedModified: '', observedFields: '' }, AT), UnknownVersionError);
  });

  it('names a row that is not there', () => {
    const { s } = rowIn('queued');
    assert.throws(() => s.registry.move(99, { to: 'queued' }, AT), /There is no row 99/);
  });
});
