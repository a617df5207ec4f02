import assert from 'node:assert/strict';
import { generateLibrary } from '../../simulator/library';
import { onEachPair, scenario } from '../support/scenario';
import { smallLibrary } from '../support/libraries';
import { openWorld } from '../support/world';

describe('a first sync', () => {
  const library = generateLibrary({ documents: 40, seed: 3 });

  onEachPair('brings everything, once and equal, and verifies it', { library }, async (world) => {
    await world.settle();
    world.assertEqual();
    const counts = world.engine.counts(world.idOf());
    assert.deepEqual([counts.total, counts.byStatus.ok + counts.byStatus.limited], [40, 40]);
    assert.equal(counts.verification.matched, 40);
    assert.equal(world.spool.held, 0, 'bodies were left in the spool');
  });

  onEachPair('is followed by runs that write nothing and ask little', { library }, async (world) => {
    await world.settle();
    await world.cycle();
    for (const site of [world.master, world.replica]) site.forgetRequests();
    const summary = await world.cycle();
    assert.deepEqual([summary.synced, summary.failed], [0, 0]);
    assert.deepEqual(world.replica.writes, []);
    assert.ok(world.master.requests.length <= 7, world.master.requests.map((r) => r.path).join('\n'));
    assert.ok(world.replica.requests.length <= 1, world.replica.requests.map((r) => r.path).join('\n'));
  });

  scenario('downloads each version once for all replicas', { library: smallLibrary(12), replicas: ['3.0.5', '2.20.15', '3.0.5'] }, async (world) => {
    for (const id of [2, 5, 9])
      for (const nth of [2, 3]) await world.master.person.uploadVersion(id, `${id}-${nth}.txt`, `Version ${nth} of ${id}.\n`);
    await world.settle();
    world.assertEqual();
    assert.equal(world.master.requests.filter((r) => r.operation === 'documents.download').length, 12 + 6);
  });

  scenario('downloads each file once for all replicas', { library: smallLibrary(12), replicas: ['3.0.5', '2.20.15', '3.0.5'] }, async (world) => {
    await world.settle();
    world.assertEqual();
    const downloads = world.master.requests.filter((r) => r.operation === 'documents.download');
    assert.equal(downloads.length, 12);
  });

  scenario(
    'goes on in a replica that is added later, without asking the master for what is known',
    { library: smallLibrary(8), replicas: ['3.0.5', '2.20.15'] },
    async (world) => {
      const late = world.replicas[1]!;
      world.store.replicas.update(world.idOf(late), { enabled: false });
      await world.settle();
      world.store.replicas.update(world.idOf(late), { enabled: true });
      world.master.forgetRequests();
      await world.settle();
      world.assertEqual();
      const lists = world.master.requests.filter((r) => r.operation === 'documents.modified');
      assert.ok(
        lists.every((r) => r.path.includes('modified__gte')),
        'the library was listed anew',
      );
    },
  );

  it('leaves the same trace for the same seed, and another for another', async () => {
    const trace = async (seed: number): Promise<string[]> => {
      const world = openWorld({ seed, library: smallLibrary(10), replicas: ['3.0.5', '2.20.15'] });
      try {
        await world.settle();
        return world.trace;
      } finally {
        await world.close();
      }
    };
    const first = await trace(7);
    assert.ok(first.length > 50);
    assert.deepEqual(await trace(7), first);
    assert.notDeepEqual(await trace(8), first);
  });
});
