import SqliteDatabase from 'better-sqlite3';
import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { scenario } from '../support/scenario';
import type { World } from '../support/world';

const link = { name: 'Related', dataType: 'documentlink' as const };
const linked = smallLibrary(
  [
    plainDocument(1, {
      archiveSerialNumber: 7,
      customFields: [{ field: 'Related', value: [2] }],
      notes: [{ text: 'A note', created: '2026-10-02T09:00:00Z' }],
    }),
    plainDocument(2, { customFields: [{ field: 'Related', value: [1] }] }),
    plainDocument(3),
  ],
  { customFields: [link] },
);

function row(world: World, masterDocId: number) {
  const found = world.store.registry.rowFor(world.idOf(), masterDocId);
  assert.ok(found);
  return found;
}

async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

describe('a file that changes on a 3.x master', () => {
  scenario('becomes versions of the copy, in order, on a 3.x replica', { master: '3.0.5', replicas: ['3.0.5'], library: linked }, async (world) => {
    await world.settle();
    await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n', 'second');
    await world.master.person.uploadVersion(1, 'third.txt', 'The third version.\n');
    await world.settle();
    world.assertEqual();
    assert.equal(row(world, 1).status, 'ok');
  });

  scenario(
    'loses a version on the copy when it loses it, and gets it back when it is restored',
    { master: '3.0.5', replicas: ['3.0.5'], library: linked },
    async (world) => {
      await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      const third = await world.master.person.uploadVersion(1, 'third.txt', 'The third version.\n');
      await world.settle();
      await world.master.person.ask('DELETE', `/api/documents/1/versions/${third}/`);
      await world.settle();
      world.assertEqual();
      // Restoring a lone version moves no `modified`: the walk over all documents sees it.
      await world.master.person.ask('POST', '/api/trash/', { documents: [third], action: 'restore' });
      await full(world);
      world.assertEqual();
    },
  );

  scenario(
    'needs attention on a 2.x replica while the policy keeps copies',
    { master: '3.0.5', replicas: ['2.20.15'], library: linked },
    async (world) => {
      await world.settle();
      const before = row(world, 1).replicaDocId;
      await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      await world.cycle();
      const { status, errorCode, replicaDocId } = row(world, 1);
      assert.deepEqual([status, errorCode, replicaDocId], ['error', 'file-differs', before]);
    },
  );

  scenario(
    'is replaced on a 2.x replica where copies may be trashed: number, notes and links go with it',
    { master: '3.0.5', replicas: ['2.20.15'], library: linked, settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      const before = row(world, 1).replicaDocId;
      await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      await world.settle();
      assert.notEqual(row(world, 1).replicaDocId, before);
      assert.deepEqual([row(world, 1).status, row(world, 1).reasons], ['limited', ['older-versions']]);
      const old = world.replica.instance.store.documents.get(before ?? 0);
      assert.ok(old !== undefined && old.deletedAt !== null, 'the old copy is not in the trash');
      await full(world);
      assert.equal(row(world, 2).status, 'ok');
      assert.equal(world.replica.instance.store.documents.all().filter((d) => d.deletedAt === null).length, 3);
    },
  );
});

describe('a file of 3.x that goes back to an earlier one', () => {
  scenario(
    'comes back out of the trash of a 2.x replica, where its first copy went for it',
    { master: '3.0.5', replicas: ['2.20.15'], library: linked, settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      const first = row(world, 1).replicaDocId;
      const version = await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      await world.settle();
      const second = row(world, 1).replicaDocId;
      assert.notEqual(second, first);
      await world.master.person.ask('DELETE', `/api/documents/1/versions/${version}/`);
      await full(world);
      assert.deepEqual([row(world, 1).status, row(world, 1).replicaDocId], ['ok', first]);
      assert.notEqual(world.replica.instance.store.documents.get(second ?? 0)?.deletedAt, null);
      world.assertEqual();
    },
  );

  scenario(
    'keeps the copy that was to be replaced, when it does so before the new one is there',
    { master: '3.0.5', replicas: ['2.20.15'], library: linked, settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      const first = row(world, 1).replicaDocId;
      const version = await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      world.replica.instance.consumer.queue.pause();
      await world.cycle();
      assert.equal(row(world, 1).replicaDocId, null);
      await world.master.person.ask('DELETE', `/api/documents/1/versions/${version}/`);
      world.replica.instance.consumer.queue.resume();
      await full(world);
      assert.deepEqual([row(world, 1).status, row(world, 1).replicaDocId], ['ok', first]);
      world.assertEqual();
    },
  );
});

describe('a file that a verification needs and the master has no more', () => {
  scenario(
    'is passed over: the master has not failed',
    { master: '3.0.5', replicas: ['2.20.15'], library: linked, database: 'file', settings: { verify_days: 1 } },
    async (world) => {
      await world.settle();
      const db = new SqliteDatabase(world.store.path);
      // As where the file never passed through: a 3.x master lists no MD5.
      db.exec("UPDATE master_files SET md5 = ''");
      db.close();
      await world.master.person.trash(3);
      world.engine.demandAll();
      world.master.forgetRequests();
      const { replicas } = await world.cycle();
      assert.ok(world.master.requests.some(({ path }) => path.includes('/3/download/')));
      assert.deepEqual(
        replicas.map(({ outcome }) => outcome),
        ['finished'],
      );
      assert.deepEqual(world.store.logs.query({ level: 'error', limit: 10 }), []);
    },
  );
});

describe('the text of an older version', () => {
  scenario('is copied, also when somebody corrected it later', { master: '3.0.5', replicas: ['3.0.5'], library: linked }, async (world) => {
    await world.master.person.patch(1, { content: 'Corrected by hand.' });
    await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
    await world.settle();
    const root = (): string | undefined => world.replica.instance.store.documents.get(row(world, 1).replicaDocId ?? 0)?.content;
    assert.equal(root(), 'Corrected by hand.');
    await world.master.person.ask('PATCH', '/api/documents/1/?version=1', { content: 'Corrected once more.' });
    await full(world);
    assert.equal(root(), 'Corrected once more.');
    world.assertEqual();
  });
});

describe('the text of an older version that changed unseen', () => {
  const library = smallLibrary([plainDocument(1), plainDocument(2)]);
  const WEEK_MS = 8 * 86_400_000;
  const asked = (world: World) =>
    [world.master, world.replica].map(
      (site) => site.requests.filter(({ path }) => /\?(?:.*&)?version=/u.test(path) && !path.includes('download')).length,
    );

  for (const [where, change] of [
    [
      'on the replica',
      (world: World, root: number) => world.replica.person.ask('PATCH', `/api/documents/${root}/?version=${root}`, { content: 'Theirs.' }),
    ],
    // As when somebody has one version processed anew: the document's own time stays.
    ['on the master', (world: World) => Promise.resolve((world.master.instance.store.documents.get(1)!.content = 'Processed anew.'))],
  ] as const) {
    scenario(`${where} is found by the verification in its turn, and copied`, { library }, async (world) => {
      await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n');
      await world.settle();
      const root = row(world, 1).replicaDocId ?? 0;
      await change(world, root);
      await world.later(WEEK_MS);
      await world.settle();
      assert.equal(world.replica.instance.store.documents.get(root)?.content.trim(), world.master.instance.store.documents.get(1)?.content.trim());
      assert.equal(row(world, 1).verification, 'matched');
      // Nothing is asked before its turn, and then once a version; nothing for a document of one file.
      for (const site of [world.master, world.replica]) site.forgetRequests();
      await world.cycle();
      assert.deepEqual(asked(world), [0, 0]);
      await world.later(WEEK_MS);
      await world.settle();
      assert.deepEqual(asked(world), [1, 1]);
    });
  }
});

describe('what is deleted on the master', () => {
  scenario('stays on the replica by default, and is taken up again when it is restored', { library: linked }, async (world) => {
    await world.settle();
    await world.master.person.trash(3);
    await full(world);
    assert.equal(row(world, 3).status, 'tombstone');
    assert.equal(world.replica.instance.store.documents.all().filter((d) => d.deletedAt === null).length, 3);
    await world.master.person.ask('POST', '/api/trash/', { documents: [3], action: 'restore' });
    await full(world);
    assert.equal(row(world, 3).status, 'ok');
    world.assertEqual();
  });

  scenario('goes to the trash by policy, and comes back out of it', { library: linked, settings: { delete_policy: 'trash' } }, async (world) => {
    await world.settle();
    const copy = row(world, 1).replicaDocId ?? 0;
    await world.master.person.trash(1);
    await full(world);
    const { documents } = world.replica.instance.store;
    assert.notEqual(documents.get(copy)?.deletedAt ?? null, null, 'the copy is not in the trash');
    await world.master.person.ask('POST', '/api/trash/', { documents: [1], action: 'restore' });
    await full(world);
    assert.equal(row(world, 1).replicaDocId, copy, 'another copy was made');
    world.assertEqual();
  });

  scenario(
    'in numbers beyond the limit is left alone, and said',
    { library: smallLibrary(12), settings: { delete_policy: 'trash', delete_limit: 3 } },
    async (world) => {
      await world.settle();
      for (const id of [1, 2, 3, 4]) await world.master.person.trash(id);
      world.replica.forgetRequests();
      await full(world);
      assert.deepEqual(world.replica.writes, []);
      assert.ok(world.store.logs.query({ level: 'warning', limit: 50 }).some((entry) => entry.message.includes('more than the 3')));
    },
  );
});
