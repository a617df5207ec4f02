import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair } from '../support/scenario';
import type { World } from '../support/world';

const notes = [
  { text: 'Paid in cash', user: 'alice', created: '2026-03-01T09:30:59Z' },
  { text: 'Two\nlines', created: '2026-07-01T23:59:00Z' },
];
const library = smallLibrary([plainDocument(1, { notes }), plainDocument(2)], { users: [{ username: 'alice' }] });

function copied(world: World): string[] {
  const copy = world.replica.instance.store.documents.get(world.row(1).replicaDocId ?? 0);
  assert.ok(copy);
  return copy.notes.map(({ note }) => note);
}

async function lookAtAll(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

describe('the note_prefix setting', () => {
  onEachPair(
    'puts author and time before each note, once, and takes them away again',
    { library, settings: { note_prefix: true } },
    async (world) => {
      await world.settle();
      const prefixed = ['[alice, 2026-03-01 09:30 UTC] Paid in cash', '[2026-07-01 23:59 UTC] Two\nlines'];
      assert.deepEqual(copied(world), prefixed);
      assert.deepEqual([world.row(1).status, world.row(1).verification], ['ok', 'matched']);
      world.replica.forgetRequests();
      await lookAtAll(world);
      assert.deepEqual(world.replica.writes, [], 'a copy that is right was written again');
      // The oracle, which knows of no such setting, sees just these.
      assert.deepEqual(
        world.differences().map((line) => line.includes('differs: notes')),
        [true],
      );

      await world.master.person.note(1, 'And one more');
      await world.settle();
      assert.match(copied(world)[2] ?? '', /^\[admin, 2026-11-21 \d\d:\d\d UTC\] And one more$/u);
      assert.deepEqual(copied(world).slice(0, 2), prefixed);

      world.store.settings.set('note_prefix', false);
      await lookAtAll(world);
      world.assertEqual();
    },
  );
});
