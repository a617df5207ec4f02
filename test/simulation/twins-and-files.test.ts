import assert from 'node:assert/strict';
import { errorBefore, refuse } from '../support/faults';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { scenario } from '../support/scenario';
import type { World } from '../support/world';

async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

const bytes = textFile('The very same bytes.', 'same.txt');
const same = smallLibrary([1, 2].map((key) => plainDocument(key, { title: `Same ${key}`, file: bytes, archiveSerialNumber: key })));

describe('of two documents of identical bytes, of which a replica holds one', () => {
  for (const [version, refused] of [
    ['2.20.15', false],
    ['3.0.5', true],
  ] as const) {
    for (const policy of ['keep', 'trash']) {
      scenario(
        `the other gets the copy when the first is deleted on the master (${version}, ${policy})`,
        { library: same, replicas: [version], duplicatesRefused: refused, settings: { delete_policy: policy } },
        async (world) => {
          await world.settle();
          const [held, other] = world.row(1).replicaDocId === null ? [2, 1] : [1, 2];
          await world.master.person.trash(held);
          await full(world);
          assert.deepEqual(world.differences(world.replica), []);
          assert.equal(world.row(other).status, 'ok');
          assert.equal(world.row(held).status, 'tombstone');
        },
      );
    }
  }
});

describe('a copy that went to the trash before another document of its bytes came for it', () => {
  scenario('comes out of it again for that one', { library: same, replicas: ['2.20.15'], settings: { delete_policy: 'trash' } }, async (world) => {
    await world.settle();
    const [held, other] = world.row(1).replicaDocId === null ? [2, 1] : [1, 2];
    await world.master.person.trash(held);
    const down = world.set(refuse, { on: world.replica.name, operation: 'documents.by-checksum', times: 4 });
    await full(world);
    assert.equal(down.hits, 4);
    world.store.registry.retry(world.idOf(), 'all');
    await world.settle();
    assert.deepEqual(world.differences(), []);
    assert.equal(world.replica.instance.store.documents.size, 1);
    assert.equal(world.row(other).status, 'ok');
  });
});

describe('a version whose bytes a stranger on the replica has already', () => {
  scenario(
    'is refused by a replica that refuses duplicates, and the stranger stays one',
    { library: smallLibrary(2), duplicatesRefused: true },
    async (world) => {
      await world.settle();
      const copy = world.row(1).replicaDocId;
      const stranger = await world.replica.person.upload('theirs.txt', 'The second version.\n');
      await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      await world.cycle();
      assert.deepEqual([world.row(1).replicaDocId, world.row(1).status, world.row(1).errorCode], [copy, 'error', 'refused-as-duplicate']);
      assert.equal(world.replica.instance.store.documents.get(stranger)!.title, 'theirs');
      // Nor is it sent again for the same answer, before that one is gone.
      const sent = (): number => world.replica.requests.filter(({ operation }) => operation === 'documents.upload-version').length;
      assert.equal(sent(), 1);
      await world.later(86_400_000);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual' }));
      assert.equal(sent(), 1);
      await world.replica.person.trash(stranger);
      await world.replica.person.emptyTrash();
      world.store.registry.retry(world.idOf(), 'all');
      await world.settle();
      world.assertEqual();
    },
  );
});

describe('a file of a 2.x master that changes while its upload is being consumed', () => {
  for (const version of ['3.0.5', '2.20.15'] as const) {
    scenario(
      `reaches a ${version} replica all the same`,
      { library: smallLibrary(2), master: '2.20.15', replicas: [version], consumeMs: 120_000, settings: { delete_policy: 'trash' } },
      async (world) => {
        world.store.settings.set('sync_cycle_timeout_seconds', 60);
        const summary = await world.cycle();
        assert.ok(summary.timedOut);
        assert.ok([1, 2].some((id) => world.row(id).step === 'consuming'));
        await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [1, 2], method: 'rotate', parameters: { degrees: 90 } });
        await world.later(60_000);
        world.store.settings.set('sync_cycle_timeout_seconds', 1800);
        await full(world);
        const newest = (site: typeof world.master) =>
          [1, 2].map((id) => {
            const copy = site === world.master ? id : world.row(id).replicaDocId;
            const rows = site.instance.store.documents.all().filter((d) => d.id === copy || d.root === copy);
            return rows.sort((a, b) => a.id - b.id).at(-1)!.original.sha256;
          });
        assert.deepEqual(newest(world.replica), newest(world.master));
      },
    );
  }
});

describe('a copy on a 2.x replica whose file changes twice', () => {
  const library = smallLibrary([plainDocument(1), plainDocument(2)]);

  scenario(
    'before the first replacement is proven leaves one copy',
    { library, replicas: ['2.20.15'], settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      const down = world.set(errorBefore, { on: world.replica.name, operation: 'documents.patch', times: Infinity, skip: 1 });
      await world.cycle();
      assert.ok(down.hits > 0);
      await world.master.person.uploadVersion(1, 'third.txt', 'The third version.\n');
      down.lift();
      await full(world);
      const live = world.replica.instance.store.documents.all().filter((d) => d.deletedAt === null);
      assert.deepEqual(live.map((d) => d.title).sort(), ['Document 1', 'Document 2']);
    },
  );
});

describe('a copy on a 2.x replica whose file changes and changes back', () => {
  scenario(
    'before its replacement came stays as it is',
    { library: smallLibrary([plainDocument(1), plainDocument(2)]), replicas: ['2.20.15'], settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      const copy = world.row(1).replicaDocId;
      const version = await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      const down = world.set(errorBefore, { on: world.replica.name, operation: 'documents.upload', times: Infinity });
      await world.cycle();
      assert.ok(down.hits > 0);
      await world.master.person.ask('DELETE', `/api/documents/1/versions/${version}/`);
      down.lift();
      await world.later(7_200_000);
      await full(world);
      assert.equal(world.row(1).replicaDocId, copy);
      world.assertEqual();
      const live = world.replica.instance.store.documents.all().filter((d) => d.deletedAt === null);
      assert.equal(live.length, 2);
    },
  );
});

describe('a file of a 2.x master that is an earlier one again', () => {
  scenario(
    'is what the copy shows on a 3.x replica that refuses duplicates, its own earlier version among them',
    { library: smallLibrary(2), master: '2.20.15', duplicatesRefused: true },
    async (world) => {
      await world.settle();
      const row = world.master.instance.store.documents.get(1)!;
      const before = row.original;
      await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [1], method: 'rotate', parameters: { degrees: 90 } });
      await world.later(60_000);
      await full(world);
      const files = () =>
        world.replica.instance.store.documents.all().filter((d) => d.deletedAt === null && (d.root ?? d.id) === world.row(1).replicaDocId);
      assert.equal(files().length, 2);
      // Its disk was set back to a backup, say.
      row.original = before;
      await world.master.person.patch(1, { title: 'As it was' });
      await full(world);
      assert.deepEqual([world.row(1).status, files().map((d) => d.original.sha256)], ['ok', [before.sha256]]);
    },
  );
});

describe("somebody's document that was given the number of a copy which waits for the trash", () => {
  scenario(
    'is left alone: the replica was set back meanwhile',
    { library: smallLibrary(3), replicas: ['2.20.15'], settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      const [copy, last = 0] = [1, 2, 3].map((id) => [world.row(id).replicaDocId ?? 0, id]).sort(([a = 0], [b = 0]) => b - a)[0] ?? [];
      assert.ok(copy);
      await world.master.person.uploadVersion(last, 'second.txt', 'The second version.\n');
      const down = world.set(refuse, { on: world.replica.name, operation: 'documents.upload', times: Infinity });
      await world.cycle();
      assert.ok(down.hits > 0);
      const { documents } = world.replica.instance.store;
      documents.delete(copy);
      documents.nextId = copy;
      const theirs = await world.replica.person.upload('theirs.txt', 'Somebody wrote this.\n');
      assert.equal(theirs, copy);
      down.lift();
      // Before the next look at what instance it is.
      world.store.registry.retry(world.idOf(), 'all');
      await world.cycle();
      await world.cycle();
      assert.equal(documents.get(theirs)?.deletedAt, null, "somebody else's document went to the trash");
      assert.deepEqual(world.row(last).reasons, ['older-versions']);
      assert.deepEqual(world.differences(world.replica, { foreign: [theirs] }), []);
    },
  );
});

describe('a master that fails when it is asked for a checksum', () => {
  scenario('counts against no replica', { library: smallLibrary(3), master: '2.20.15', replicas: ['3.0.5'] }, async (world) => {
    await world.settle();
    for (const id of [1, 2, 3]) await world.master.person.patch(id, { title: `Changed ${id}` });
    const down = world.set(refuse, { on: 'master', operation: 'documents.metadata', times: Infinity });
    for (let n = 0; n < 3; n += 1) await world.run(world.engine.runCycle({ trigger: 'manual' }));
    assert.ok(down.hits > 0);
    assert.equal(world.store.replicas.get(world.idOf())?.consecutiveFailures, 0);
    assert.deepEqual(
      [1, 2, 3].filter((id) => world.row(id).status === 'error'),
      [],
      'a document was made an error of',
    );
    down.lift();
    await world.settle();
    world.assertEqual();
  });
});
