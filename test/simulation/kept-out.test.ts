import assert from 'node:assert/strict';
import { saidReasons } from '../../src/sync/held';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { living } from '../support/oracle';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const theirs = { library: smallLibrary(2), settings: { adopt_twins: 'hold', retry_base_seconds: 60 } };

async function heldFor(world: World): Promise<number> {
  const stranger = await world.replica.person.upload('theirs.txt', 'The text of document 1.\n', { title: 'Theirs' });
  await world.settle();
  assert.equal(world.row(1).status, 'held');
  assert.match(saidReasons(world.row(1)).join(), new RegExp(`^Document ${stranger} on the replica`, 'u'));
  return stranger;
}

async function erase(world: World, id: number): Promise<void> {
  await world.replica.person.trash(id);
  await world.replica.person.emptyTrash();
}

describe("a document that somebody's own of the same bytes keeps out", () => {
  onEachPair('comes by itself when that one is gone, and no sooner', theirs, async (world) => {
    const stranger = await heldFor(world);
    for (let n = 0; n < 3; n += 1) {
      await world.later(600_000);
      await world.settle();
      assert.equal(world.row(1).status, 'held');
    }
    await erase(world, stranger);
    await world.later(3_600_000);
    await world.settle();
    world.assertEqual();
  });

  onEachPair('is looked for ever more seldom, and at once when everything is looked at', theirs, async (world) => {
    const stranger = await heldFor(world);
    const looks = (): number => world.replica.requests.filter(({ path }) => path.includes('checksum__iexact')).length;
    await world.later(70_000);
    await world.cycle();
    world.replica.forgetRequests();
    for (let n = 0; n < 60; n += 1) {
      await world.later(60_000);
      await world.cycle();
    }
    assert.ok(looks() >= 2 && looks() <= 5, `${looks()} looks in an hour`);
    await erase(world, stranger);
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    world.assertEqual();
  });

  onEachPair('comes when twins are to be adopted from now on', theirs, async (world) => {
    const stranger = await heldFor(world);
    world.store.settings.set('adopt_twins', 'adopt');
    await world.later(3_600_000);
    await world.settle();
    assert.deepEqual([world.row(1).replicaDocId, world.row(1).status], [stranger, 'limited']);
  });
});

const same = textFile('The very same bytes.', 'same.txt');

describe('a document that the copy of another keeps out', () => {
  scenario(
    'comes when that copy is gone, though nobody could mend what it differed in',
    {
      library: smallLibrary([1, 2].map((key) => plainDocument(key, { file: same }))),
      replicas: ['2.20.15'],
      settings: { delete_policy: 'keep', quarantine_after: 1 },
    },
    async (world) => {
      await world.settle();
      const [holder, other] = world.row(1).replicaDocId === null ? [2, 1] : [1, 2];
      assert.deepEqual(world.row(other).reasons, ['identical-bytes']);
      await world.master.person.uploadVersion(holder, 'second.txt', 'Another file.');
      await world.later(60_000);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual' }));
      assert.deepEqual([world.row(holder).status, world.row(holder).errorCode], ['quarantined', 'file-differs']);
      await erase(world, world.row(holder).replicaDocId ?? 0);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      assert.equal(world.row(other).status, 'ok');
      assert.ok(living(world.replica.instance).some(({ id }) => id === world.row(other).replicaDocId));
    },
  );
});

describe('a document whose upload is refused for its bytes, when it has other ones by then', () => {
  for (const master of ['3.0.5', '2.20.15'] as const) {
    const slow = { consumeMs: 200_000, settings: { sync_cycle_timeout_seconds: 60, adopt_twins: 'hold', task_poll_timeout_seconds: 600 } };
    scenario(`is sent with those (${master} → 2.20.15)`, { ...slow, master, replicas: ['2.20.15'], library: smallLibrary(1) }, async (world) => {
      const theirs = world.replica.person.submit('theirs.txt', 'The text of document 1.\n', { title: 'Theirs' });
      await world.cycle();
      await theirs;
      assert.equal(world.row(1).step, 'consuming');
      await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [1], method: 'rotate', parameters: { degrees: 90 } });
      await world.later(10_000);
      await world.cycle();
      assert.equal(world.row(1).step, 'consuming');
      world.store.settings.set('sync_cycle_timeout_seconds', 1800);
      await world.later(400_000);
      await world.settle();
      assert.deepEqual([world.row(1).replicaDocId !== null, living(world.replica.instance).length], [true, 2]);
    });
  }
});

describe('a document whose file came to have the bytes of another, on a replica that takes them once', () => {
  const worlds = { library: smallLibrary(2), replicas: ['2.20.15'] as const, settings: { delete_policy: 'trash' } };

  scenario('keeps its former copy there, and says so', { ...worlds, replicas: [...worlds.replicas] }, async (world) => {
    await world.settle();
    const former = world.row(1).replicaDocId ?? 0;
    await world.master.person.uploadVersion(1, 'document-2.txt', 'The text of document 2.\n');
    await world.later(60_000);
    await world.settle();
    assert.deepEqual([world.row(1).status, world.row(1).reasons, world.row(1).replicaDocId], ['limited', ['identical-bytes'], null]);
    assert.match(world.row(1).errorMessage ?? '', new RegExp(`its former copy ${former}, of an earlier file, stays there`, 'u'));
    assert.equal(world.replica.instance.store.documents.get(former)?.deletedAt, null);
    // And lets it go when it is gone on the master.
    await world.master.person.trash(1);
    for (let n = 0; n < 4; n += 1) await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    assert.notEqual(world.replica.instance.store.documents.get(former)?.deletedAt, null);
    world.assertEqual();
  });

  scenario(
    "says so where somebody's own has those bytes, too",
    { ...worlds, replicas: ['2.20.15'], settings: { delete_policy: 'trash', adopt_twins: 'hold' } },
    async (world) => {
      await world.settle();
      const former = world.row(1).replicaDocId ?? 0;
      await world.replica.person.upload('theirs.txt', 'A third text.', { title: 'Theirs' });
      await world.master.person.uploadVersion(1, 'third.txt', 'A third text.');
      await world.later(60_000);
      await world.settle();
      assert.equal(world.row(1).status, 'held');
      assert.match(saidReasons(world.row(1)).join(), new RegExp(`its former copy ${former}, of an earlier file, stays there`, 'u'));
    },
  );
});
