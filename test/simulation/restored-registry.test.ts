import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary(
  [1, 2, 3, 4, 5, 6, 7].map((key) => plainDocument(key, { tags: ['A'], archiveSerialNumber: key })),
  { tags: [{ name: 'A' }, { name: 'B' }] },
);
const options = { library, database: 'file' as const, settings: { delete_policy: 'trash', delete_confirmations: 1, backup_enabled: false } };

async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

/** What goes on at the master after the backup was made. */
async function life(world: World): Promise<void> {
  const { person } = world.master;
  const first = await person.upload('new-1.txt', 'Something new.', { title: 'New 1' });
  await person.upload('new-2.txt', 'Something else that is new.', { title: 'New 2' });
  await person.patch(first, { archive_serial_number: 77, tags: [2] });
  await person.note(first, 'a note on what is new');
  await person.note(2, 'a note');
  await person.patch(3, { title: 'Renamed since', archive_serial_number: null });
  await person.patch(4, { archive_serial_number: 3 });
  await person.edit('tags', 1, { name: 'A, renamed' });
  await person.trash(5);
  if (world.master.major === 3) {
    await person.uploadVersion(6, 'six-2.txt', 'The second version of six.');
    await person.uploadVersion(first, 'new-1-2.txt', 'The second version of what is new.');
    // Taken twice: 3.x says nothing of it.
    await person.upload('new-2-again.txt', 'Something else that is new.', { title: 'New 2, once more' });
  } else {
    // Their files are others from now on; what was new has been synced with its first one.
    await full(world);
    await person.ask('POST', '/api/documents/bulk_edit/', { documents: [7, first], method: 'rotate', parameters: { degrees: 90 } });
  }
  await world.later(60_000);
  await full(world);
}

/** Everything that is there, versions and trash too. */
function holdings(world: World): unknown[] {
  return world.replica.instance.store.documents.all().map((row) => [row.id, row.title, row.root, row.deletedAt === null]);
}

function differences(world: World): string[] {
  // A 2.x replica holds the same bytes once.
  if (world.master.major === 3) return world.differences(world.replica, world.replica.major === 2 ? { missing: [12] } : {});
  if (world.replica.major === 2) return world.differences();
  // Each file that a 2.x master replaced is a version there, below the one before it.
  return world.differences(world.replica, { missing: [7, 8], foreign: [7, 8].map((id) => world.row(id).replicaDocId ?? 0) });
}

describe('a database that was set back to a backup', () => {
  onEachPair('doubles nothing that was synced since, ends equal, and says what it is', options, async (world) => {
    await world.settle();
    const kept = await world.keepBackup();
    await life(world);
    assert.deepEqual(differences(world), [], 'before');
    const before = holdings(world);
    await world.startFromBackup(kept);
    await world.settle();
    await full(world);
    assert.deepEqual(differences(world), []);
    assert.deepEqual(holdings(world), before, 'other documents than before');
    assert.ok(
      world.store.logs.query({ level: 'warning', limit: 500 }).some((entry) => /restored from a backup/u.test(entry.message)),
      'nothing says so',
    );
  });

  onEachPair(
    'keeps one of what waited for a worker when the backup knows of no copy at all',
    { ...options, settings: { ...options.settings, sync_cycle_timeout_seconds: 60 } },
    async (world) => {
      const { queue } = world.replica.instance.consumer;
      queue.pause();
      const kept = await world.keepBackup();
      await world.cycle();
      await world.startFromBackup(kept);
      await world.cycle();
      queue.resume();
      await world.later(60_000);
      await world.settle();
      await world.later(7 * 3_600_000);
      await world.startAgain();
      await world.settle();
      world.assertEqual();
    },
  );

  for (const policy of ['adopt', 'hold']) {
    onEachPair(
      `takes over what is on its way there instead of sending it again (adopt_twins: ${policy})`,
      { ...options, settings: { ...options.settings, adopt_twins: policy, sync_cycle_timeout_seconds: 60 } },
      async (world) => {
        await world.settle();
        const kept = await world.keepBackup();
        await world.master.person.upload('done.txt', 'Something that is there in time.', { title: 'Done' });
        await world.settle();
        const { queue } = world.replica.instance.consumer;
        queue.pause();
        await world.master.person.upload('slow.txt', 'Something that takes its time.', { title: 'Slow' });
        assert.ok((await world.cycle()).timedOut);
        world.time.after(300_000, () => queue.resume());
        await world.startFromBackup(kept);
        world.replica.forgetRequests();
        await world.settle();
        assert.equal(world.replica.requests.filter((asked) => asked.operation === 'documents.upload').length, 0, 'sent again');
        assert.deepEqual(world.differences(), []);
        assert.deepEqual(world.store.registry.counts(world.idOf()).byStatus.ok, 9);
      },
    );
  }
});
