import assert from 'node:assert/strict';
import type { AppliedPlan, Plan } from '../../src/controller';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { Site } from '../support/site';
import type { World } from '../support/world';

const library = smallLibrary([1, 2, 3, 4, 5, 6].map((key) => plainDocument(key)));

function planned(world: World): Promise<Plan> {
  return world.run(world.engine.plan('cycle', { replicaId: world.idOf() }));
}

function applied(world: World, plan: Plan): Promise<AppliedPlan> {
  return world.run(world.engine.applyPlan(plan.id, 'anna'));
}

function uploads(site: Site): number {
  return site.requests.filter(({ method, path }) => method === 'POST' && path.includes('post_document')).length;
}

function versionsSent(site: Site): number {
  return site.requests.filter(({ method, path }) => method === 'POST' && path.includes('update_version')).length;
}

function taxonomyWrites(site: Site, method: string): number {
  return site.requests.filter(
    (asked) => asked.method === method && /^\/api\/(?:tags|correspondents|document_types|storage_paths|custom_fields)\//u.test(asked.path),
  ).length;
}

/** Copies that were written, by their ids on the replica. */
function patched(site: Site): number[] {
  const ids = site.writes.flatMap(({ method, path }) =>
    method === 'PATCH' ? [...path.matchAll(/^\/api\/documents\/(\d+)\/$/gu)].map((m) => Number(m[1])) : [],
  );
  return [...new Set(ids)].sort((a, b) => a - b);
}

function downloaded(world: World): number {
  return world.master.requests.filter(({ operation }) => operation === 'documents.download').reduce((sum, { bytesOut }) => sum + bytesOut, 0);
}

/** What is named in the plan and more than nothing. */
function counts(plan: Plan): Record<string, number> {
  return Object.fromEntries(Object.entries(plan.body.counts).filter(([, n]) => n > 0));
}

function copyOf(world: World, id: number): number {
  return world.row(id).replicaDocId ?? 0;
}

describe('a plan of a cycle', () => {
  onEachPair('says what is then done, no more and no less: first uploads with what they refer to', { library }, async (world) => {
    const { person } = world.master;
    const parent = await person.create('tags', { name: 'Finance' });
    const tag = await person.create('tags', { name: 'Tax', parent });
    const bank = await person.create('correspondents', { name: 'Bank' });
    await person.patch(1, { tags: [parent, tag], correspondent: bank });
    const plan = await planned(world);
    assert.deepEqual(world.replica.writes, [], 'a plan wrote');
    assert.deepEqual(counts(plan), { upload: 6, taxonomies_created: 3 });
    assert.deepEqual(
      plan.body.samples['taxonomies']?.map(({ title }) => title),
      ['correspondent "Bank"', 'tag "Finance"', 'tag "Tax"'],
    );
    const done = await applied(world, plan);
    assert.deepEqual(done.counts, { upload: 6, taxonomies_created: 3 });
    assert.deepEqual([uploads(world.replica), taxonomyWrites(world.replica, 'POST'), taxonomyWrites(world.replica, 'PATCH')], [6, 3, 0]);
    assert.notEqual(done.runId, null);
    assert.equal(world.store.runs.get(done.runId ?? 0)?.docsSynced, 6);
    world.assertEqual();
    const empty = await planned(world);
    assert.deepEqual(counts(empty), {});
    world.replica.forgetRequests();
    assert.deepEqual((await applied(world, empty)).counts, {});
    assert.deepEqual(world.replica.writes, []);
  });

  onEachPair('leaves to the next cycle what it does not name', { library }, async (world) => {
    await world.settle();
    const { person } = world.master;
    await person.patch(2, { title: 'Named' });
    const plan = await planned(world);
    await person.patch(3, { title: 'Later' });
    const fresh = await person.upload('later.txt', 'Uploaded later.');
    await person.create('tags', { name: 'Unused' });
    world.replica.forgetRequests();
    // The collections moved, and with them what a cycle would do to the replica's.
    await assert.rejects(() => applied(world, plan), { code: 'world-moved' });
    assert.deepEqual(world.replica.writes, []);
    const second = await planned(world);
    assert.deepEqual(counts(second), { upload: 1, update: 2, taxonomies_created: 1 });
    await person.patch(4, { title: 'Later still' });
    const newest = await person.upload('newest.txt', 'Uploaded last.');
    world.replica.forgetRequests();
    const done = await applied(world, second);
    assert.deepEqual(done.counts, { upload: 1, update: 2, taxonomies_created: 1 });
    assert.equal(uploads(world.replica), 1);
    assert.deepEqual(
      patched(world.replica),
      [copyOf(world, 2), copyOf(world, 3), copyOf(world, fresh)].sort((a, b) => a - b),
    );
    assert.equal(world.store.registry.rowFor(world.idOf(), newest)?.replicaDocId ?? null, null);
    assert.equal(world.replica.instance.store.documents.get(copyOf(world, 4))?.title, 'Document 4');
    await world.settle();
    world.assertEqual();
  });

  onEachPair('is refused before a write when a document that it names was changed again', { library }, async (world) => {
    await world.settle();
    await world.master.person.patch(2, { title: 'Once' });
    const plan = await planned(world);
    await world.master.person.patch(2, { title: 'Twice' });
    world.replica.forgetRequests();
    await assert.rejects(() => applied(world, plan), { code: 'world-moved' });
    assert.deepEqual(world.replica.writes, []);
    assert.equal(
      world.store.runs.list({ limit: 9 }).every(({ finishedAt }) => finishedAt !== null),
      true,
    );
    // Also when it looks as it did: what was refused is never applied.
    await assert.rejects(() => applied(world, plan), { code: 'world-moved' });
  });

  onEachPair("is refused before a write when the replica's names were changed", { library }, async (world) => {
    const tag = await world.master.person.create('tags', { name: 'Tax' });
    await world.master.person.patch(2, { tags: [tag] });
    await world.settle();
    await world.master.person.patch(2, { title: 'Changed' });
    const plan = await planned(world);
    await world.replica.person.edit('tags', world.replica.instance.store.tags.all()[0]?.id ?? 0, { name: 'Theirs' });
    world.replica.forgetRequests();
    await assert.rejects(() => applied(world, plan), { code: 'world-moved' });
    assert.deepEqual(world.replica.writes, []);
  });

  scenario('is refused when a cycle did it meanwhile, and when a setting that it follows from was changed', { library }, async (world) => {
    await world.settle();
    await world.master.person.patch(2, { title: 'Changed' });
    const plan = await planned(world);
    await world.cycle();
    await assert.rejects(() => applied(world, plan), { code: 'world-moved' });
    await world.master.person.patch(2, { title: 'Again' });
    const second = await planned(world);
    world.store.settings.set('sync_owners', false);
    await assert.rejects(() => applied(world, second), { code: 'world-moved' });
  });

  onEachPair('names renames, also such that take turns', { library }, async (world) => {
    const { person } = world.master;
    const [a, b] = [await person.create('tags', { name: 'A' }), await person.create('tags', { name: 'B' })];
    const paid = await person.create('correspondents', { name: 'Old name' });
    await person.patch(1, { tags: [a], correspondent: paid });
    await person.patch(2, { tags: [b] });
    await world.settle();
    await person.edit('tags', a, { name: 'C' });
    await person.edit('tags', b, { name: 'A' });
    await person.edit('tags', a, { name: 'B' });
    await person.edit('correspondents', paid, { name: 'New name' });
    const plan = await planned(world);
    const { taxonomies_changed: changes = 0, taxonomies_created: created = 0 } = plan.body.counts;
    assert.deepEqual([created, changes >= 4], [0, true]);
    assert.deepEqual(plan.body.samples['taxonomies']?.map(({ title }) => title).sort(), [
      'correspondent "Old name" → "New name"',
      'tag "A" → "B"',
      'tag "B" → "A"',
    ]);
    world.replica.forgetRequests();
    const done = await applied(world, plan);
    assert.equal(taxonomyWrites(world.replica, 'PATCH'), changes);
    assert.equal(done.counts['taxonomies_changed'], changes);
    await world.settle();
    world.assertEqual();
  });

  for (const replica of ['3.0.5', '2.20.15'] as const) {
    scenario(
      `names the files that changed, and the copies that go for it (3.0.5 → ${replica})`,
      { library, replicas: [replica], settings: { delete_policy: 'trash' } },
      async (world) => {
        await world.settle();
        const old = copyOf(world, 3);
        await world.master.person.uploadVersion(3, 'second.txt', 'The second version of document 3.');
        const plan = await planned(world);
        world.replica.forgetRequests();
        world.master.forgetRequests();
        if (replica === '3.0.5') {
          assert.deepEqual(counts(plan), { update: 1, versions: 1 });
          assert.deepEqual(plan.body.deletes, []);
        } else {
          assert.deepEqual(counts(plan), { update: 1, replace: 1 });
          assert.deepEqual(plan.body.deletes, [{ master: 3, replica: old, title: 'Document 3' }]);
        }
        assert.equal(plan.body.bytes.exact, false, 'nobody knows the size of a file that was never read');
        const done = await applied(world, plan);
        assert.equal(done.counts['update'], 1);
        assert.equal(done.counts['replaced'] ?? 0, replica === '3.0.5' ? 0 : 1);
        assert.deepEqual([versionsSent(world.replica), uploads(world.replica)], replica === '3.0.5' ? [1, 0] : [0, 1]);
        await world.settle();
        world.assertEqual();
        assert.equal(world.replica.instance.store.documents.get(old)?.deletedAt !== null, replica !== '3.0.5');
      },
    );
  }

  scenario(
    'names versions that are taken away, and says how much is sent where the sizes are known',
    { library, replicas: ['3.0.5', '3.0.5'] },
    async (world) => {
      const version = await world.master.person.uploadVersion(3, 'second.txt', 'The second version of document 3.');
      await world.settle();
      const [, second] = world.replicas;
      assert.ok(second);
      // The first replica has the file already, so that its size is known; the second one lost its copy.
      const resynced = await world.run(world.engine.plan('resync', { replicaId: world.idOf(second) }));
      for (const { id } of second.instance.store.documents.all()) second.instance.store.documents.delete(id);
      await world.run(world.engine.applyPlan(resynced.id, 'anna'));
      const takeUp = await world.run(world.engine.plan('cycle', { replicaId: world.idOf(second) }));
      assert.deepEqual(counts(takeUp), { take_up: 6 });
      await world.master.person.ask('DELETE', `/api/documents/3/versions/${version}/`);
      const plan = await planned(world);
      assert.deepEqual(counts(plan), { update: 1 });
      assert.deepEqual(plan.body.deletes, [{ master: 3, replica: copyOf(world, 3), title: 'Document 3, version 2' }]);
      await applied(world, plan);
      assert.deepEqual(world.differences(world.replica), []);
    },
  );

  onEachPair('knows the bytes of files that it has sent before', { library }, async (world) => {
    await world.settle();
    const { documents } = world.replica.instance.store;
    documents.delete(copyOf(world, 2));
    documents.delete(copyOf(world, 5));
    world.engine.demandAll();
    // Looked for, not found, and given up: uploaded anew by the cycle after.
    await world.cycle();
    const plan = await planned(world);
    assert.deepEqual(counts(plan), { upload: 2 });
    world.master.forgetRequests();
    world.replica.forgetRequests();
    await applied(world, plan);
    assert.equal(plan.body.bytes.exact, true);
    assert.equal(downloaded(world), plan.body.bytes.download);
    assert.equal(uploads(world.replica), plan.body.counts['upload']);
  });

  onEachPair(
    'names the copies that go to the trash, and trashes these alone',
    { library: smallLibrary(8), settings: { delete_policy: 'trash', delete_confirmations: 1 } },
    async (world) => {
      await world.settle();
      await world.master.person.trash(2);
      await world.master.person.trash(5);
      world.engine.demandAll();
      const plan = await planned(world);
      assert.deepEqual(counts(plan), { trash: 2 });
      assert.deepEqual(
        plan.body.deletes.map(({ master, title }) => [master, title]),
        [
          [2, 'Document 2'],
          [5, 'Document 5'],
        ],
      );
      await world.master.person.trash(7);
      world.engine.demandAll();
      const done = await applied(world, plan);
      assert.deepEqual(done.counts, { trash: 2 });
      const { documents } = world.replica.instance.store;
      assert.deepEqual(
        [2, 5, 7].map((id) => documents.get(copyOf(world, id))?.deletedAt !== null),
        [true, true, false],
      );
    },
  );

  scenario(
    'counts among what it does what the replica can not hold',
    {
      library: smallLibrary([plainDocument(1), plainDocument(2, { file: textFile('The text of document 1.\n', 'twin.txt') }), plainDocument(3)]),
      replicas: ['2.20.15'],
    },
    async (world) => {
      const plan = await planned(world);
      assert.deepEqual(counts(plan), { upload: 3 });
      const done = await applied(world, plan);
      assert.deepEqual(done.counts, { upload: 3 });
      assert.deepEqual([world.row(1).status, world.row(2).status].sort(), ['limited', 'ok']);
      assert.equal(uploads(world.replica), 2);
    },
  );

  scenario('tries again the errors that it names', { library, settings: { retry_errors_per_cycle: 2 } }, async (world) => {
    const refused = world.set(
      () =>
        Promise.resolve({
          status: 400,
          headers: { 'content-type': 'application/json', 'x-version': '3.0.5' },
          body: Buffer.from('{"document":["No."]}'),
        }),
      {
        on: 'replica-1',
        method: 'POST',
        operation: 'documents.upload',
        times: Number.POSITIVE_INFINITY,
      },
    );
    await world.cycle();
    assert.equal(world.engine.counts(world.idOf()).byStatus.error, 6);
    refused.lift();
    await world.later(600_000);
    const plan = await planned(world);
    assert.deepEqual(counts(plan), { upload: 2, retries: 2 });
    world.replica.forgetRequests();
    assert.deepEqual((await applied(world, plan)).counts, { upload: 2 });
    assert.equal(uploads(world.replica), 2);
    assert.equal(world.engine.counts(world.idOf()).byStatus.error, 4);
  });

  scenario('goes through the flow where there is one', { library }, async (world) => {
    const tickets: unknown[] = [];
    world.engine.attachFlow({ start: (given) => void tickets.push(...given) });
    const done = await applied(world, await planned(world));
    assert.equal(tickets.length, 1);
    assert.deepEqual([done.applied, done.counts], [true, {}]);
    assert.equal((tickets[0] as { runId: number }).runId, done.runId);
  });
});
