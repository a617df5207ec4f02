import assert from 'node:assert/strict';
import { loseReply, page } from '../support/faults';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { scenario } from '../support/scenario';
import type { World } from '../support/world';

const HOUR = 3_600_000;

function uploads(world: World): number {
  return world.replica.requests.filter(({ operation }) => operation === 'documents.upload' || operation === 'documents.upload-version').length;
}

/** So many cycles, each late enough for whatever waits for its next try. */
async function cycles(world: World, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await world.later(12 * HOUR);
    await world.cycle();
  }
}

describe("a file whose bytes lie in a 2.x replica's trash", () => {
  const theirs = smallLibrary([
    plainDocument(1, { title: 'Theirs', file: textFile('The text of document 2.\n', 'other.txt') }),
    plainDocument(2, { title: 'Other', file: textFile('Nobody else has this.') }),
  ]);

  for (const master of ['3.0.5', '2.20.15'] as const) {
    scenario(
      `as somebody else's is sent once, waits in words, and comes by itself when that is gone (${master} master)`,
      { library: smallLibrary(3), master, replicas: ['2.20.15'], replicaLibrary: theirs },
      async (world) => {
        await world.replica.person.trash(1);
        await world.settle();
        assert.equal(uploads(world), 3);
        world.replica.forgetRequests();
        await cycles(world, 8);
        world.store.registry.retry(world.idOf(), 'all');
        await cycles(world, 1);
        const row = world.row(2);
        assert.deepEqual([row.status, row.errorCode], ['error', 'bytes-in-trash']);
        assert.match(row.errorNextStep ?? '', /Empty document 1 from the trash of replica-1/u);
        assert.deepEqual(world.replica.writes, [], 'something is sent again and again');
        await world.replica.person.emptyTrash();
        await cycles(world, 3);
        assert.equal(world.row(2).status, 'ok');
        assert.deepEqual(world.differences(world.replica, { foreign: [2] }), []);
      },
    );
  }

  const see = (target: number): Parameters<typeof plainDocument>[1] => ({ customFields: [{ field: 'See', value: [target] }] });
  scenario(
    "as somebody else's keeps nothing waiting that is linked with it",
    {
      library: smallLibrary([plainDocument(1, see(2)), plainDocument(2, see(1))], { customFields: [{ name: 'See', dataType: 'documentlink' }] }),
      replicas: ['2.20.15'],
      replicaLibrary: theirs,
    },
    async (world) => {
      await world.replica.person.trash(1);
      await world.settle();
      await cycles(world, 2);
      assert.equal(world.row(2).errorCode, 'bytes-in-trash');
      assert.deepEqual([world.row(1).status, world.row(1).reasons, world.row(1).verification], ['limited', ['dangling-link'], 'matched']);
      await world.replica.person.emptyTrash();
      await cycles(world, 4);
      assert.deepEqual([world.row(1).status, world.row(2).status], ['ok', 'ok']);
      assert.deepEqual(world.differences(world.replica, { foreign: [2] }), []);
    },
  );

  scenario(
    "as somebody else's is adopted when that is restored",
    { library: smallLibrary(3), replicas: ['2.20.15'], replicaLibrary: theirs },
    async (world) => {
      await world.replica.person.trash(1);
      await world.settle();
      await world.replica.person.ask('POST', '/api/trash/', { action: 'restore', documents: [1] });
      world.replica.forgetRequests();
      await cycles(world, 3);
      assert.equal(uploads(world), 0);
      assert.deepEqual([world.row(2).status, world.row(2).replicaDocId], ['limited', 1]);
    },
  );

  scenario(
    'is sent at once when the master has another',
    { library: smallLibrary(3), replicas: ['2.20.15'], replicaLibrary: theirs, settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.replica.person.trash(1);
      await world.settle();
      assert.equal(world.row(2).errorCode, 'bytes-in-trash');
      await world.master.person.uploadVersion(2, 'second.txt', 'The second version.\n');
      await world.settle();
      assert.deepEqual(world.differences(world.replica, { foreign: [2] }), []);
    },
  );

  scenario(
    'as our own upload, trashed by somebody before it was known as the copy, comes out of the trash',
    { library: smallLibrary(3), replicas: ['2.20.15'], settings: { task_poll_timeout_seconds: 60 } },
    async (world) => {
      const lost = world.set(loseReply, { on: world.replica.name, operation: 'documents.upload' });
      await world.cycle();
      assert.equal(lost.hits, 1);
      const { documents } = world.replica.instance.store;
      const ours = documents.all().find(({ title }) => title.includes('[pngx:'));
      assert.ok(ours, 'the upload was settled within its own cycle');
      await world.replica.person.trash(ours.id);
      await world.later(120_000);
      await world.settle();
      world.assertEqual();
      assert.equal(documents.size, 3);
      assert.equal(documents.get(ours.id)?.deletedAt, null);
    },
  );
});

describe('a copy in the trash whose restore is refused for a passing reason', () => {
  scenario('keeps its pair, and comes back with the next', { library: smallLibrary(3), replicas: ['2.20.15', '3.0.5'] }, async (world) => {
    await world.settle();
    const copies = world.replicas.map((site) => world.row(1, site).replicaDocId);
    for (const site of world.replicas) await site.person.trash(world.row(1, site).replicaDocId ?? 0);
    await world.master.person.patch(1, { title: 'Changed meanwhile' });
    const refused = world.set(() => Promise.resolve(page(413, 'Request Entity Too Large')), { operation: 'trash.restore', times: 2 });
    for (const site of world.replicas) site.forgetRequests();
    await world.cycle();
    assert.equal(refused.hits, 2);
    await cycles(world, 2);
    world.assertEqual();
    assert.deepEqual(
      world.replicas.map((site) => world.row(1, site).replicaDocId),
      copies,
    );
    assert.equal(uploads(world), 0);
  });
});

describe('a version whose bytes lie in the trash of a 3.x replica that refuses duplicates', () => {
  const refusing = { library: smallLibrary(2), duplicatesRefused: true } as const;

  scenario('as one of the copy itself comes back out of it, with its label', refusing, async (world) => {
    const second = await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n', 'signed');
    const third = await world.master.person.uploadVersion(1, 'third.txt', 'The third version.\n', 'final');
    await world.settle();
    // Those above go first and are given anew: the replica has the bytes of the third in its trash by then.
    await world.master.person.ask('DELETE', `/api/documents/1/versions/${second}/`);
    await world.master.person.ask('PATCH', `/api/documents/1/versions/${third}/`, { version_label: 'really final' });
    await world.settle();
    world.assertEqual();
    const labels = world.replica.instance.store.documents.versions(world.row(1).replicaDocId ?? 0).filter((row) => row.deletedAt === null);
    assert.deepEqual(
      labels.map((row) => row.versionLabel),
      ['really final'],
    );
    assert.deepEqual([world.row(1).status, world.row(1).verification], ['ok', 'matched']);
  });

  scenario('below one that was made since is told, and not sent again before it is gone', refusing, async (world) => {
    const { person } = world.master;
    const second = await person.uploadVersion(1, 'second.txt', 'The second version.\n');
    await person.uploadVersion(1, 'third.txt', 'The third version.\n');
    await person.ask('DELETE', `/api/documents/1/versions/${second}/`);
    await world.settle();
    world.assertEqual();
    // The replica had the third first: it has to go for the second, and can't come back above it.
    await person.ask('POST', '/api/trash/', { action: 'restore', documents: [second] });
    await person.patch(1, { title: 'Whole again' });
    world.replica.forgetRequests();
    await world.settle();
    assert.equal(uploads(world), 2);
    await cycles(world, 8);
    assert.deepEqual([world.row(1).status, world.row(1).errorCode], ['error', 'bytes-in-trash']);
    assert.equal(uploads(world), 2, 'it is sent again and again');
    await world.replica.person.emptyTrash();
    await cycles(world, 3);
    world.assertEqual();
    assert.equal(world.row(1).status, 'ok');
  });
});
