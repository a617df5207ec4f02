import assert from 'node:assert/strict';
import { ACCEPTABLE, preflightOf } from '../../src/sync/preflight';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary(
  [1, 2, 3, 4, 5, 6, 7, 8].map((key) => plainDocument(key, { tags: ['A'] })),
  { tags: [{ name: 'A' }] },
);
const options = { library, settings: { delete_policy: 'trash', delete_confirmations: 1 } };

/** Keeps what the master holds, and puts it back when called: its numbers go on from there as well. */
function backup(world: World): () => void {
  const { documents, tags } = world.master.instance.store;
  const kept = documents.all().map((row) => ({ ...row, tags: [...row.tags], notes: [...row.notes], fields: [...row.fields] }));
  const keptTags = tags.all().map((row) => ({ ...row }));
  const next = documents.nextId;
  return () => {
    for (const { id } of documents.all()) documents.delete(id);
    for (const row of kept) documents.put(row);
    for (const row of keptTags) tags.put(row);
    documents.nextId = next;
  };
}

async function edits(world: World): Promise<void> {
  await world.later(3_600_000);
  await world.master.person.patch(1, { title: 'Changed since' });
  await world.master.person.edit('tags', 1, { name: 'Renamed since' });
}

async function arrivals(world: World): Promise<void> {
  await world.later(3_600_000);
  for (const n of [1, 2, 3, 4, 5]) await world.master.person.upload(`new-${n}.txt`, `Something new, ${n}.`, { title: `New ${n}` });
}

/** A cycle's words; nothing may have been written. */
async function refused(world: World): Promise<string> {
  world.replica.forgetRequests();
  world.engine.demandAll();
  const result = await world.run(world.engine.runCycle({ trigger: 'manual' }));
  assert.deepEqual(world.replica.writes, []);
  return 'skipped' in result ? result.skipped : (result.replicas[0]?.message ?? '');
}

/** A person says that the master is right as it is. */
function accept(world: World): void {
  for (const { code } of preflightOf(world.store.settings, 'master')?.findings ?? [])
    if (ACCEPTABLE.includes(code)) world.engine.acceptFinding({ replicaId: null, code }, 'a test');
}

async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

describe('a master that was set back to a backup', () => {
  for (const [what, since] of [
    ['documents that were changed', edits],
    ['documents that arrived', arrivals],
  ] as const) {
    onEachPair(`and lost ${what} since is not followed before somebody says so`, options, async (world) => {
      await world.settle();
      const restore = backup(world);
      await since(world);
      await full(world);
      const before = world.replica.instance.store.documents.all().map(({ title, deletedAt }) => [title, deletedAt]);
      restore();
      assert.match(await refused(world), /restored from a backup.*pngx preflight --accept/su);
      assert.match(await refused(world), /restored from a backup/u);
      assert.deepEqual(
        world.replica.instance.store.documents.all().map(({ title, deletedAt }) => [title, deletedAt]),
        before,
      );
      accept(world);
      await full(world);
      await full(world);
      world.assertEqual();
    });
  }

  onEachPair('and gave numbers of lost documents to others is not followed at all', options, async (world) => {
    await world.settle();
    const restore = backup(world);
    await arrivals(world);
    await full(world);
    restore();
    await world.later(3_600_000);
    await world.master.person.upload('other.txt', 'Something else.', { title: 'Another document' });
    assert.match(await refused(world), /restored from a backup/u);
    accept(world);
    assert.match(await refused(world), /restored from a backup.*new database/su);
  });

  onEachPair('is not suspected where its latest documents went to the trash, or were changed again', options, async (world) => {
    await world.settle();
    await arrivals(world);
    await full(world);
    for (const id of [9, 10, 11, 12, 13]) await world.master.person.trash(id);
    await world.master.person.patch(1, { title: 'Changed' });
    await full(world);
    await world.master.person.patch(1, { title: 'Changed again' });
    await full(world);
    world.assertEqual();
  });
});
