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
