import assert from 'node:assert/strict';
import { loseReply, loseRequest, takenTwice } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const one = { library: smallLibrary([plainDocument(1)]), settings: { task_poll_timeout_seconds: 60 } };

async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

describe('an upload that was thought lost and comes through after it was sent again', () => {
  scenario('leaves one copy: the second, told by its nonce, goes to the trash', one, async (world) => {
    world.set(loseRequest, { on: world.replica.name, operation: 'documents.upload' });
    await world.cycle();
    const nonce = world.store.registry.rowFor(world.idOf(), 1)?.intent?.nonce;
    assert.ok(nonce);
    await world.later(120_000);
    await world.settle();
    world.assertEqual();
    const late = await world.replica.person.upload('document-1.txt', 'The text of document 1.\n', { title: `Document 1 [pngx:${nonce}]` });
    const foreign = await world.replica.person.upload('note.txt', 'Somebody wrote this.', { title: 'On the mark [pngx:0123456789] itself' });
    await world.settle();
    const { documents } = world.replica.instance.store;
    assert.notEqual(documents.get(late)?.deletedAt ?? null, null, 'the second copy is still there');
    assert.equal(documents.get(foreign)?.deletedAt, null, "somebody else's document was touched");
    world.assertEqual({ foreign: [foreign] });
  });

  scenario('stays where the copy that it is the second of was erased meanwhile, and becomes the copy', one, async (world) => {
    world.set(loseRequest, { on: world.replica.name, operation: 'documents.upload' });
    await world.cycle();
    const nonce = world.store.registry.rowFor(world.idOf(), 1)?.intent?.nonce;
    assert.ok(nonce);
    await world.later(120_000);
    await world.settle();
    const late = await world.replica.person.upload('document-1.txt', 'The text of document 1.\n', { title: `Document 1 [pngx:${nonce}]` });
    const { documents } = world.replica.instance.store;
    documents.delete(world.row(1).replicaDocId ?? 0);
    await world.cycle();
    assert.equal(documents.get(late)?.deletedAt, null, 'the only copy was trashed');
    await world.master.person.patch(1, { title: 'Changed' });
    await world.settle();
    world.assertEqual();
    assert.equal(world.row(1).replicaDocId, late);
  });

  for (const policy of ['keep', 'trash'] as const) {
    scenario(
      `is its document's copy though that is gone from the master meanwhile: "${policy}" decides what becomes of it`,
      { ...one, settings: { ...one.settings, delete_policy: policy } },
      async (world) => {
        world.set(loseRequest, { on: world.replica.name, operation: 'documents.upload' });
        await world.cycle();
        const nonce = world.row(1).intent?.nonce;
        assert.ok(nonce);
        await world.master.person.trash(1);
        await world.later(120_000);
        await full(world);
        assert.deepEqual([world.row(1).status, world.row(1).replicaDocId], ['tombstone', null]);
        const late = await world.replica.person.upload('document-1.txt', 'The text of document 1.\n', { title: `Document 1 [pngx:${nonce}]` });
        await world.settle();
        assert.deepEqual([world.row(1).status, world.row(1).replicaDocId], ['tombstone', late], 'nobody knows whose copy it is');
        const trashed = (world.replica.instance.store.documents.get(late)?.deletedAt ?? null) !== null;
        assert.equal(trashed, policy === 'trash');
      },
    );
  }
});

describe("an upload whose reply was lost while somebody's document of the same bytes was waiting before it", () => {
  const slow = { library: smallLibrary([plainDocument(1)]), consumeMs: 90_000, settings: { task_poll_timeout_seconds: 600 } };
  scenario('leaves one copy: theirs is adopted, ours goes to the trash when it comes', slow, async (world) => {
    const lost = world.set(loseReply, { on: world.replica.name, operation: 'documents.upload' });
    const theirs = world.replica.person.upload('theirs.txt', 'The text of document 1.\n', { title: 'Theirs' });
    await world.settle();
    assert.equal(lost.hits, 1);
    await theirs;
    await world.later(300_000);
    await world.settle();
    world.assertEqual({ fields: { 1: ['original_file_name'] } });
  });
});

describe('an upload that is taken twice', () => {
  onEachPair('leaves one copy: the second goes to the trash', { ...one, settings: { task_poll_timeout_seconds: 60 } }, async (world) => {
    const twice = world.set(takenTwice, { on: world.replica.name, operation: 'documents.upload' });
    await world.settle();
    assert.equal(twice.hits, 1);
    await world.later(120_000);
    await world.settle();
    world.assertEqual();
    // And nobody goes on looking.
    await world.cycle();
    world.replica.forgetRequests();
    await world.cycle();
    assert.equal(world.replica.requests.filter(({ path }) => path.includes('title__icontains')).length, 0);
  });

  scenario('leaves one copy also where both wait longer for a worker than a task should take', one, async (world) => {
    const { queue } = world.replica.instance.consumer;
    queue.pause();
    const twice = world.set(takenTwice, { on: world.replica.name, operation: 'documents.upload' });
    await world.cycle();
    assert.equal(twice.hits, 1);
    for (let n = 0; n < 5; n += 1) {
      await world.later(60_000);
      await world.cycle();
    }
    queue.resume();
    await world.later(60_000);
    await world.settle();
    await world.later(60_000);
    await world.settle();
    world.assertEqual();
  });

  const held = { ...one, settings: { task_poll_timeout_seconds: 60, adopt_twins: 'hold' } };
  onEachPair("leaves one copy where somebody else's twins are held: this one is of our own making", held, async (world) => {
    world.set(takenTwice, { on: world.replica.name, operation: 'documents.upload' });
    await world.settle();
    await world.later(120_000);
    await world.settle();
    world.assertEqual();
    assert.equal(world.row(1).status, 'ok');
  });
});

describe('an upload that is taken twice where twins are held', () => {
  const hold = { ...one, settings: { task_poll_timeout_seconds: 60, adopt_twins: 'hold' } };
  onEachPair('is no twin of its own', hold, async (world) => {
    const twice = world.set(takenTwice, { on: world.replica.name, operation: 'documents.upload' });
    await world.settle();
    assert.equal(twice.hits, 1);
    await world.later(120_000);
    await world.settle();
    world.assertEqual();
    assert.equal(world.row(1).status, 'ok');
  });
});

describe('an upload that is taken twice, of a document whose own title looks like our mark', () => {
  const marked = { library: smallLibrary([plainDocument(1, { title: 'Contract [pngx:0123456789]' })]), settings: { task_poll_timeout_seconds: 60 } };
  scenario('is known by the mark at the end', marked, async (world) => {
    const twice = world.set(takenTwice, { on: world.replica.name, operation: 'documents.upload' });
    await world.settle();
    assert.equal(twice.hits, 1);
    await world.later(120_000);
    await world.settle();
    world.assertEqual();
  });
});
