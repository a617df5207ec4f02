import assert from 'node:assert/strict';
import { loseReply, loseRequest } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const HOUR_MS = 3_700_000;
const library = smallLibrary([1, 2, 3, 4, 5, 6, 7, 8].map((key) => plainDocument(key)));
const settings = { delete_policy: 'mirror', delete_confirmations: 2 };

/** Cycles an hour apart: each has a sweep of ids. */
async function hours(world: World, n: number): Promise<void> {
  for (let i = 0; i < n; i += 1) {
    await world.later(HOUR_MS);
    await world.cycle();
  }
}

function where(world: World, replicaDocId: number): 'live' | 'trash' | 'gone' {
  const row = world.replica.instance.store.documents.get(replicaDocId);
  return row === undefined ? 'gone' : row.deletedAt === null ? 'live' : 'trash';
}

function erasures(world: World): number {
  return world.replica.requests.filter(({ operation }) => operation === 'trash.erase').length;
}

/** The document is in the master's trash, its copy in the replica's. */
async function trashBoth(world: World, ids: number[]): Promise<number[]> {
  const copies = ids.map((id) => world.row(id).replicaDocId ?? 0);
  for (const id of ids) await world.master.person.trash(id);
  await hours(world, 2);
  assert.deepEqual(
    copies.map((copy) => where(world, copy)),
    copies.map(() => 'trash'),
  );
  return copies;
}

describe('a replica that mirrors deletions', () => {
  onEachPair("keeps in its trash what is in the master's, and lets go of what is deleted for good there", { library, settings }, async (world) => {
    await world.settle();
    const [copy = 0] = await trashBoth(world, [3]);
    await hours(world, 4);
    assert.equal(where(world, copy), 'trash');
    await world.master.person.emptyTrash();
    await hours(world, 1);
    assert.equal(where(world, copy), 'trash', 'one look is no proof');
    await hours(world, 1);
    assert.equal(where(world, copy), 'gone');
    assert.equal(erasures(world), 1);
    assert.deepEqual([world.row(3).status, world.row(3).replicaDocId], ['tombstone', null]);
    world.assertEqual();
    world.replica.forgetRequests();
    await hours(world, 2);
    assert.deepEqual(world.replica.writes, []);
    assert.equal(world.store.settings.fact('sweep:erased'), null);
  });

  onEachPair('brings back what is restored on the master in time', { library, settings }, async (world) => {
    await world.settle();
    const [copy = 0] = await trashBoth(world, [3]);
    await world.master.person.ask('POST', '/api/trash/', { action: 'restore', documents: [3] });
    await hours(world, 4);
    await world.settle();
    assert.equal(where(world, copy), 'live');
    assert.equal(erasures(world), 0);
    world.assertEqual();
  });

  onEachPair("leaves everybody else's trash alone", { library, settings }, async (world) => {
    await world.settle();
    const { person } = world.replica;
    const stranger = await person.upload('stranger.txt', "Somebody's own.", { title: 'Mine' });
    await person.trash(stranger);
    const [copy = 0] = await trashBoth(world, [3]);
    await world.master.person.emptyTrash();
    await hours(world, 3);
    assert.deepEqual([where(world, copy), where(world, stranger)], ['gone', 'trash']);
  });

  scenario('does so under this policy alone', { library, settings: { ...settings, delete_policy: 'trash' } }, async (world) => {
    await world.settle();
    const [copy = 0] = await trashBoth(world, [3]);
    await world.master.person.emptyTrash();
    await hours(world, 5);
    assert.equal(where(world, copy), 'trash');
    world.store.replicas.update(world.idOf(), { options: '{"delete_policy":"mirror"}' });
    await hours(world, 2);
    assert.equal(where(world, copy), 'gone');
  });

  onEachPair(
    'deletes no more at once than a run may, but by a plan that names them',
    { library, settings: { ...settings, delete_limit: 2 } },
    async (world) => {
      await world.settle();
      const first = await trashBoth(world, [1, 2]);
      const second = await trashBoth(world, [3]);
      await world.master.person.emptyTrash();
      await hours(world, 3);
      const copies = [...first, ...second];
      assert.deepEqual([erasures(world), copies.map((copy) => where(world, copy))], [0, ['trash', 'trash', 'trash']]);
      assert.equal(world.store.logs.query({ q: 'deleted for good', limit: 1 }).length, 1);
      const plan = await world.run(world.engine.plan('deletes', { replicaId: world.idOf() }));
      assert.deepEqual(
        [plan.body.counts['purge'], plan.body.deletes.map(({ master, title }) => `${master}: ${title}`)],
        [3, ['1: Document 1', '2: Document 2', '3: Document 3']],
      );
      const done = await world.run(world.engine.applyPlan(plan.id, 'anna'));
      assert.deepEqual([done.counts['purged'], copies.map((copy) => where(world, copy))], [3, ['gone', 'gone', 'gone']]);
    },
  );

  scenario('is named in the plan of a cycle, which does just that', { library, settings }, async (world) => {
    await world.settle();
    const [copy = 0] = await trashBoth(world, [3]);
    await world.master.person.emptyTrash();
    await hours(world, 1);
    await world.later(HOUR_MS);
    const plan = await world.run(world.engine.plan('cycle', { replicaId: world.idOf() }));
    assert.deepEqual([plan.body.counts['purge'], plan.body.deletes], [1, [{ master: 3, replica: copy, title: 'Document 3' }]]);
    const done = await world.run(world.engine.applyPlan(plan.id, 'anna'));
    assert.deepEqual([done.counts, where(world, copy)], [{ purge: 1 }, 'gone']);
  });

  for (const [what, fault, times] of [
    ['is answered and the answer lost', loseReply, 1],
    ['never arrives', loseRequest, 2],
  ] as const) {
    scenario(`looks what came of it when the request ${what}`, { library, settings }, async (world) => {
      await world.settle();
      const [copy = 0] = await trashBoth(world, [3]);
      await world.master.person.emptyTrash();
      world.set(fault, { operation: 'trash.erase' });
      await hours(world, 3);
      assert.equal(where(world, copy), 'gone');
      assert.equal(erasures(world), times);
      assert.equal(world.row(3).replicaDocId, null);
    });
  }

  onEachPair("stops where another document has a copy's number", { library, settings }, async (world) => {
    await world.settle();
    const [copy = 0] = await trashBoth(world, [3]);
    await world.master.person.emptyTrash();
    const { documents } = world.replica.instance.store;
    const stranger = documents.get(copy);
    assert.ok(stranger);
    stranger.added += 86_400_000_000;
    await hours(world, 3);
    assert.equal(where(world, copy), 'trash');
    assert.equal(erasures(world), 0);
    assert.match(world.store.replicas.get(world.idOf())?.lastError ?? '', /not the instance it was/u);
  });

  scenario('takes a file again whose last copy it let go', { library, settings, replicas: ['2.20.15'] }, async (world) => {
    await world.settle();
    await trashBoth(world, [3]);
    await world.master.person.emptyTrash();
    await hours(world, 2);
    await world.master.person.upload('again.txt', 'The text of document 3.\n');
    await world.settle();
    world.assertEqual();
  });
});
