import assert from 'node:assert/strict';
import { generateLibrary } from '../../simulator/library';
import type { AppliedPlan, Plan } from '../../src/controller';
import { downloads, uploads } from '../support/existing';
import { crashAfter, crashBefore, refuse, takenTwice } from '../support/faults';
import { smallLibrary } from '../support/libraries';
import { living } from '../support/oracle';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const WHO = 'a test';

function planned(world: World, scope: Plan['scope'], deletePolicy?: string): Promise<Plan> {
  return world.run(world.engine.plan(scope, { replicaId: world.idOf(), ...(deletePolicy === undefined ? {} : { deletePolicy }) }));
}

function applied(world: World, plan: Plan): Promise<AppliedPlan> {
  return world.run(world.engine.applyPlan(plan.id, WHO));
}

async function resync(world: World): Promise<AppliedPlan> {
  return applied(world, await planned(world, 'resync'));
}

function forget(world: World): void {
  world.master.forgetRequests();
  world.replica.forgetRequests();
}

describe('a resync', () => {
  const library = generateLibrary({ documents: 30, seed: 9 });

  onEachPair('uploads and downloads nothing when all is there, and proves it all again', { library }, async (world) => {
    await world.settle();
    const before = world.engine.counts(world.idOf());
    const pairs = world.store.registry.pairsAfter(world.idOf(), 0, 1000);
    const copies = before.byStatus.ok + before.byStatus.limited - (30 - pairs.length);
    forget(world);
    const plan = await planned(world, 'resync');
    assert.deepEqual([plan.body.counts['candidates'], plan.body.counts['upload']], [pairs.length, 30 - pairs.length]);
    const done = await applied(world, plan);
    assert.equal(done.counts['candidates'], copies);
    assert.deepEqual(world.replica.writes, []);
    await world.settle();
    assert.equal(world.replica.count('POST'), 0, 'something was sent');
    assert.equal(downloads(world), 30 - pairs.length, 'files were fetched');
    assert.deepEqual(world.store.registry.pairsAfter(world.idOf(), 0, 1000), pairs);
    assert.equal(world.store.candidates.count(world.idOf()), 0);
    const after = world.engine.counts(world.idOf());
    assert.deepEqual([after.byStatus, after.verification.matched], [before.byStatus, before.verification.matched]);
    world.assertEqual();
  });

  scenario(
    'takes up the copy that was there, and not the second one of an upload that was taken twice',
    { library: smallLibrary(3) },
    async (world) => {
      const twice = world.set(takenTwice, { on: 'replica-1', operation: 'documents.upload' });
      await world.cycle();
      assert.equal(twice.hits, 1);
      assert.equal(living(world.replica.instance).length, 4);
      const copies = [1, 2, 3].map((id) => world.row(id).replicaDocId);
      await resync(world);
      for (let n = 0; n < 3; n += 1) await world.settle();
      assert.deepEqual(
        [1, 2, 3].map((id) => world.row(id).replicaDocId),
        copies,
      );
      world.assertEqual();
    },
  );

  scenario(
    'knows a copy of an earlier file for its own, on 3.x of a 2.x master too: it is given the new one as a version',
    { master: '2.20.15', replicas: ['3.0.5', '3.0.5'], library: smallLibrary(3) },
    async (world) => {
      await world.settle();
      const copy = world.row(2).replicaDocId;
      const down = world.set(refuse, { on: 'replica-1', times: Infinity });
      await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [2], method: 'rotate', parameters: { degrees: 90 } });
      await world.later(60_000);
      // The other replica is given the new file.
      await world.run(world.engine.runCycle({ trigger: 'manual' }));
      down.lift();
      await resync(world);
      for (let n = 0; n < 3; n += 1) {
        await world.later(600_000);
        await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      }
      assert.deepEqual([world.row(2).replicaDocId, living(world.replica.instance).length], [copy, 3]);
      const files = world.replica.instance.store.documents.versions(copy ?? 0);
      assert.equal(files.at(-1)?.original.sha256, world.master.instance.store.documents.get(2)?.original.sha256);
    },
  );

  scenario(
    'knows a copy of an earlier file for its own: the new one takes its place on 2.x, and does not come beside it',
    { master: '3.0.5', replicas: ['2.20.15'], library: smallLibrary(3), settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      await world.master.person.uploadVersion(2, 'second.txt', 'The second version.\n');
      await resync(world);
      await world.settle();
      const live = world.replica.instance.store.documents.all().filter((document) => document.deletedAt === null);
      assert.equal(live.length, 3);
      assert.deepEqual(world.store.registry.rowFor(world.idOf(), 2)?.reasons, ['older-versions']);
    },
  );

  scenario(
    'knows a copy of a file that the master has no more for its own, too',
    { master: '3.0.5', replicas: ['2.20.15'], library: smallLibrary(3), settings: { delete_policy: 'trash' } },
    async (world) => {
      const version = await world.master.person.uploadVersion(2, 'second.txt', 'The second version.\n');
      await world.settle();
      await world.master.person.ask('DELETE', `/api/documents/2/versions/${version}/`);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 1, trigger: 'manual', full: true }));
      await resync(world);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      const live = world.replica.instance.store.documents.all().filter((document) => document.deletedAt === null);
      assert.equal(live.length, 3);
      assert.equal(world.store.registry.rowFor(world.idOf(), 2)?.status, 'ok');
    },
  );

  onEachPair('uploads what is not there any more, and only that', { library: smallLibrary(8) }, async (world) => {
    await world.settle();
    const gone = world.store.registry.rowFor(world.idOf(), 3)?.replicaDocId ?? 0;
    await world.replica.person.trash(gone);
    await world.replica.person.emptyTrash();
    await resync(world);
    forget(world);
    await world.settle();
    assert.equal(uploads(world), 1);
    world.assertEqual();
  });

  onEachPair('brings a copy back out of the trash instead of uploading it', { library: smallLibrary(5) }, async (world) => {
    await world.settle();
    const copy = world.store.registry.rowFor(world.idOf(), 3)?.replicaDocId ?? 0;
    await world.replica.person.trash(copy);
    await resync(world);
    forget(world);
    await world.settle();
    assert.equal(uploads(world), 0);
    assert.equal(world.store.registry.rowFor(world.idOf(), 3)?.replicaDocId, copy);
    world.assertEqual();
  });

  onEachPair('believes the bytes and not the pair', { library: smallLibrary(4) }, async (world) => {
    await world.settle();
    const copyOf = (id: number): number => world.store.registry.rowFor(world.idOf(), id)?.replicaDocId ?? 0;
    const [second, third] = [copyOf(2), copyOf(3)];
    const { documents } = world.replica.instance.store;
    const [a, b] = [documents.get(second), documents.get(third)];
    assert.ok(a && b);
    [a.original, b.original] = [b.original, a.original];
    [a.originalFilename, b.originalFilename] = [b.originalFilename, a.originalFilename];
    await resync(world);
    forget(world);
    await world.settle();
    assert.deepEqual([copyOf(2), copyOf(3)], [third, second]);
    assert.equal(uploads(world), 0);
    world.assertEqual();
  });

  scenario('that is asked for twice loses no candidate', { library: smallLibrary(6) }, async (world) => {
    await world.settle();
    await resync(world);
    const again = await resync(world);
    assert.equal(again.counts['candidates'], 0);
    assert.equal(world.store.candidates.count(world.idOf()), 6);
    forget(world);
    await world.settle();
    assert.equal(world.replica.count('POST'), 0);
    world.assertEqual();
  });

  for (const when of [crashBefore, crashAfter]) {
    scenario('goes on after a crash in its midst', { library: smallLibrary(12), replicas: ['2.20.15'], database: 'file' }, async (world) => {
      await world.settle();
      await resync(world);
      forget(world);
      world.set(when, { on: 'replica-1', operation: /metadata/u, skip: 4 });
      await world.runToCrash(() => world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual' }));
      world.restart();
      assert.ok(world.store.candidates.count(world.idOf()) > 0);
      await world.settle();
      assert.equal(uploads(world), 0);
      world.assertEqual();
    });
  }

  scenario('goes on where a deadline stopped it', { library: smallLibrary(40), replicas: ['2.20.15'] }, async (world) => {
    await world.settle();
    await resync(world);
    forget(world);
    world.store.settings.set('sync_cycle_timeout_seconds', 2);
    await world.cycle();
    const left = world.store.candidates.count(world.idOf());
    assert.ok(left > 0 && left < 40, String(left));
    world.store.settings.set('sync_cycle_timeout_seconds', 1800);
    await world.settle();
    assert.equal(world.replica.count('POST'), 0);
    world.assertEqual();
  });

  scenario(
    'ends when every pair was looked at, and keeps the copy of a document that goes meanwhile for policy to judge',
    { master: '2.20.15', replicas: ['2.20.15'], library: smallLibrary(3), settings: { delete_confirmations: 1 } },
    async (world) => {
      await world.settle();
      const { replicaDocId } = world.row(3);
      await resync(world);
      // It came to its copy by another way: its pair is never asked about.
      world.store.registry.move(world.row(3).id, { to: 'applying', replicaDocId: replicaDocId ?? 0, fileChecksum: null }, new Date(0).toISOString());
      await world.master.person.trash(2);
      await world.cycle();
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      assert.deepEqual([world.row(2).status, world.row(2).replicaDocId !== null], ['tombstone', true]);
      assert.equal(world.store.candidates.count(world.idOf()), 0);
    },
  );
});

describe('a plan of deletes', () => {
  const many = { library: smallLibrary(12), settings: { delete_policy: 'trash', delete_limit: 3, delete_confirmations: 1 } };

  async function lose(world: World, ids: readonly number[]): Promise<void> {
    await world.settle();
    for (const id of ids) await world.master.person.trash(id);
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    world.replica.forgetRequests();
  }

  onEachPair('beyond the limit names them all and trashes exactly those', many, async (world) => {
    await lose(world, [1, 2, 3, 4, 5]);
    const copies = [1, 2, 3, 4, 5].map((id) => world.store.registry.rowFor(world.idOf(), id)?.replicaDocId ?? 0);
    const plan = await planned(world, 'deletes');
    assert.deepEqual(
      plan.body.deletes,
      [1, 2, 3, 4, 5].map((id, at) => ({ master: id, replica: copies[at], title: `Document ${id}` })),
    );
    assert.deepEqual(world.replica.writes, []);
    const done = await applied(world, plan);
    assert.deepEqual(done.counts, { trashed: 5, purged: 0, left: 0 });
    const there = world.replica.instance.store.documents.all().filter(({ deletedAt }) => deletedAt === null);
    assert.deepEqual(
      there.filter(({ id }) => copies.includes(id)),
      [],
    );
    assert.equal(there.length, 7);
    assert.equal((await planned(world, 'deletes')).body.counts['trash'], 0);
    world.assertEqual();
  });

  scenario('is refused when one of them came back', many, async (world) => {
    await lose(world, [1, 2, 3, 4, 5]);
    const plan = await planned(world, 'deletes');
    await world.master.person.ask('POST', '/api/trash/', { documents: [2], action: 'restore' });
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    world.replica.forgetRequests();
    await assert.rejects(() => applied(world, plan), { code: 'world-moved' });
    assert.deepEqual(world.replica.writes, []);
  });

  scenario('is refused when the policy says keep by now, and is empty under it', many, async (world) => {
    await lose(world, [1, 2, 3, 4, 5]);
    const plan = await planned(world, 'deletes');
    world.store.settings.set('delete_policy', 'keep');
    await assert.rejects(() => applied(world, plan), { code: 'world-moved' });
    world.store.settings.set('delete_policy', 'trash');
    await assert.rejects(() => applied(world, plan), { code: 'world-moved' }, 'a plan that was refused stays so');
    world.store.settings.set('delete_policy', 'keep');
    const empty = await planned(world, 'deletes');
    assert.deepEqual([empty.body.deletes, empty.body.counts], [[], { trash: 0, purge: 0, kept: 5 }]);
    assert.deepEqual((await applied(world, empty)).counts, { trashed: 0, purged: 0, left: 0 });
    assert.deepEqual(world.replica.writes, []);
  });

  scenario(
    'a change of policy names what it trashes, trashes that, and holds from then on',
    { ...many, settings: { ...many.settings, delete_policy: 'keep' } },
    async (world) => {
      await lose(world, [1, 2, 3, 4, 5]);
      await assert.rejects(() => planned(world, 'policy'), { code: 'delete-policy' });
      const plan = await planned(world, 'policy', 'trash');
      assert.equal(plan.body.deletes.length, 5);
      assert.equal((await applied(world, plan)).counts['trashed'], 5);
      assert.deepEqual(JSON.parse(world.store.replicas.get(world.idOf())?.options ?? ''), { delete_policy: 'trash' });
      world.assertEqual();
    },
  );
});

describe('a resync after deletions', () => {
  scenario(
    'goes on where the replica was emptied and gave the numbers of deleted documents to new copies',
    { library: smallLibrary(5), settings: { delete_confirmations: 1, delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      await world.master.person.trash(1);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      assert.equal(world.row(1).status, 'tombstone');
      const { documents } = world.replica.instance.store;
      for (const row of documents.all()) documents.delete(row.id);
      documents.nextId = 1;
      await resync(world);
      await world.settle();
      world.assertEqual();
    },
  );

  scenario(
    'takes the copy of a deleted document up again where its bytes prove it',
    { library: smallLibrary(5), settings: { delete_confirmations: 1 } },
    async (world) => {
      await world.settle();
      await world.master.person.trash(1);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      const copy = world.row(1).replicaDocId;
      await resync(world);
      await world.settle();
      assert.deepEqual([world.row(1).status, world.row(1).replicaDocId], ['tombstone', copy]);
    },
  );
});
