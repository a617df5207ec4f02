import assert from 'node:assert/strict';
import { onEachPair } from '../support/scenario';
import { plainDocument, smallLibrary } from '../support/libraries';
import type { Site } from '../support/site';
import type { World } from '../support/world';

const PREFLIGHT_DUE_MS = 3_700_000;
const six = { library: smallLibrary([1, 2, 3, 4, 5, 6].map((key) => plainDocument(key))) };

/** As after a lost disk: nothing is there any more, not even in the trash. */
function empty(site: Site): void {
  const { documents } = site.instance.store;
  for (const row of documents.all()) documents.delete(row.id);
}

/** What a person is told of it. */
async function cycleAfterAnHour(world: World): Promise<string> {
  await world.later(PREFLIGHT_DUE_MS);
  for (const site of [world.master, ...world.replicas]) site.forgetRequests();
  const run = JSON.stringify(await world.run(world.engine.runCycle({ trigger: 'manual' })));
  return `${run} ${world.store.replicas.get(world.idOf())?.lastError ?? ''}`;
}

describe('an instance that is not the one we knew is not written to', () => {
  onEachPair('an emptied replica', six, async (world) => {
    await world.settle();
    empty(world.replica);
    await world.master.person.patch(1, { title: 'Changed' });
    assert.match(await cycleAfterAnHour(world), /none of the 6 documents/u);
    assert.deepEqual(world.replica.writes, []);
  });

  onEachPair('another replica behind the same address', six, async (world) => {
    await world.settle();
    for (const row of world.replica.instance.store.documents.all()) row.added += 86_400_000_000;
    await world.master.person.patch(1, { title: 'Changed' });
    assert.match(await cycleAfterAnHour(world), /not the instance it was/u);
    assert.deepEqual(world.replica.writes, []);
  });

  onEachPair(
    'a lost master: nothing is taken from the replica',
    { ...six, settings: { delete_policy: 'trash', delete_confirmations: 1 } },
    async (world) => {
      await world.settle();
      empty(world.master);
      assert.match(await cycleAfterAnHour(world), /none of the 6 documents/u);
      assert.deepEqual(world.replica.writes, []);
    },
  );

  onEachPair('a master restored from a backup, whose numbers went on to other documents', six, async (world) => {
    await world.settle();
    const { documents } = world.master.instance.store;
    const last = documents.get(6);
    assert.ok(last);
    last.added += 86_400_000_000;
    await world.master.person.patch(6, { title: 'Another document altogether' });
    world.replica.forgetRequests();
    const { message } = (await world.cycle()).replicas[0]!;
    assert.match(message ?? '', /restored from a backup/u);
    assert.deepEqual(world.replica.writes, []);
  });

  onEachPair('a few deletions are no other instance', six, async (world) => {
    await world.settle();
    await world.master.person.ask('DELETE', '/api/documents/2/');
    await world.master.person.ask('DELETE', '/api/documents/3/');
    await world.later(PREFLIGHT_DUE_MS);
    await world.settle();
    assert.equal(world.store.registry.counts(world.idOf()).byStatus.ok >= 4, true);
  });
});

describe('a resync resumes with a replica that is another one now', () => {
  const library = smallLibrary(
    [1, 2, 3, 4, 5, 6].map((key) => plainDocument(key, { tags: [`T${7 - key}`], customFields: [{ field: 'F', value: 'x' }] })),
    { tags: [1, 2, 3, 4, 5, 6].map((key) => ({ name: `T${key}` })), customFields: [{ name: 'F', dataType: 'string' }] },
  );

  /** A new instance at the old address: it gives out its numbers from 1 again. */
  function reinstall(site: Site): void {
    const { store } = site.instance;
    empty(site);
    store.documents.nextId = 1;
    for (const table of [store.tags, store.customFields]) {
      for (const row of table.all()) table.delete(row.id);
      table.nextId = 1;
    }
  }

  async function resync(world: World): Promise<void> {
    const plan = await world.run(world.engine.plan('resync', { replicaId: world.idOf() }));
    await world.run(world.engine.applyPlan(plan.id, 'a test'));
  }

  onEachPair('emptied, also when it is suspended by then and documents were deleted on the master', { library }, async (world) => {
    await world.settle();
    await world.master.person.trash(2);
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    assert.equal(world.row(2).status, 'tombstone');
    await world.later(PREFLIGHT_DUE_MS);
    reinstall(world.replica);
    world.replica.forgetRequests();
    for (let cycle = 0; cycle < 6; cycle += 1) await world.run(world.engine.runCycle({ trigger: 'manual' }));
    assert.notEqual(world.store.replicas.get(world.idOf())?.suspendedAt, null);
    assert.deepEqual(world.replica.writes, []);
    await resync(world);
    await world.settle();
    world.assertEqual();
    assert.equal(world.replica.instance.store.documents.size, 5);
  });

  onEachPair('set back to a backup', { library, settings: { delete_policy: 'trash' } }, async (world) => {
    await world.settle();
    const { store } = world.replica.instance;
    const lost = [5, 6].map((id) => world.row(id).replicaDocId ?? 0).sort((a, b) => a - b);
    for (const id of lost) store.documents.delete(id);
    store.documents.nextId = lost[0]!;
    const strangers = [
      await world.replica.person.upload('a.txt', 'Somebody’s own.', { title: 'Stranger a' }),
      await world.replica.person.upload('b.txt', 'Somebody’s other.', { title: 'Stranger b' }),
    ];
    assert.deepEqual(strangers, lost);
    // One of them lies in the trash: it stays there.
    await world.replica.person.trash(strangers[1]!);
    await world.master.person.trash(5);
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    await resync(world);
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    assert.deepEqual(
      strangers.map((id) => [store.documents.get(id)?.title, store.documents.get(id)?.deletedAt === null]),
      [
        ['Stranger a', true],
        ['Stranger b', false],
      ],
    );
    assert.deepEqual(
      [1, 2, 3, 4, 6].map((id) => world.row(id).status),
      Array(5).fill('ok'),
    );
  });
});
