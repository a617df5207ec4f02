import assert from 'node:assert/strict';
import { loseRequest, noTaskRow, refuse } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { living } from '../support/oracle';
import { onEachPair, PAIRS, scenario } from '../support/scenario';
import type { World } from '../support/world';

const brief = { delete_policy: 'trash', retry_base_seconds: 1, retry_cap_seconds: 1, preflight_interval_seconds: 86_400 };

describe('a copy that was renamed on the replica before it was read back', () => {
  for (const [master, replica] of PAIRS) {
    const world = { master, replicas: [replica, replica], library: smallLibrary(2), settings: brief };
    scenario(`is known by the file that was sent, when the master has another by then (${master} → ${replica})`, world, async (world) => {
      const broken = world.set(refuse, { operation: /^documents\.(?:patch|get)/u, on: 'replica-1', times: Infinity });
      await world.run(world.engine.runCycle({ trigger: 'manual' }));
      const copy = world.row(1).replicaDocId;
      assert.ok(copy !== null && world.row(1).copyAdded === null);
      await world.replica.person.patch(copy, { title: 'Renamed there' });
      await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [1, 2], method: 'rotate', parameters: { degrees: 90 } });
      await world.later(60_000);
      // The other replica is given the new files, and the master's old ones are forgotten.
      await world.run(world.engine.runCycle({ trigger: 'manual' }));
      broken.lift();
      await world.later(60_000);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      const there = living(world.replica.instance);
      assert.deepEqual(there.map(({ title }) => title).sort(), ['Document 1', 'Document 2']);
      for (const id of [1, 2]) assert.ok(there.some((row) => row.id === world.row(id).replicaDocId));
    });
  }
});

const one = { library: smallLibrary([plainDocument(1)]), settings: { ...brief, task_poll_timeout_seconds: 60, adopt_twins: 'hold' } };

/** Somebody is quicker than the engine: what it sent has another title before it is looked at. */
function renamedAtOnce(world: World): void {
  world.onRequest(() => {
    for (const row of living(world.replica.instance)) if (/\[pngx:/u.test(row.title)) row.title = 'Renamed there';
    return Promise.resolve();
  });
}

describe('an upload of which nothing was heard, whose document somebody renamed', () => {
  onEachPair("is known by its bytes, its name and whose it is, where strangers' twins are held", one, async (world) => {
    const vanished = world.set(noTaskRow(true), { on: 'replica-1', operation: 'documents.upload' });
    renamedAtOnce(world);
    await world.cycle();
    await world.later(120_000);
    await world.settle();
    assert.equal(vanished.hits, 1);
    world.assertEqual();
    assert.equal(world.replica.requests.filter(({ operation }) => operation === 'documents.upload').length, 1);
  });

  for (const [what, name, theirs] of [
    ['under another name', 'other.txt', false],
    ["that is another user's", 'document-1.txt', true],
  ] as const) {
    onEachPair(`isn't mistaken for one ${what}`, one, async (world) => {
      const { documents } = world.replica.instance.store;
      const row = documents.get(await world.replica.person.upload(name, 'The text of document 1.\n', { title: 'Mine' }));
      assert.ok(row);
      documents.delete(row.id);
      if (theirs) row.owner = null;
      // It comes while the upload is under way, and that one never arrives.
      const lost = world.set(loseRequest, { on: 'replica-1', operation: 'documents.upload' });
      await world.cycle();
      assert.equal(lost.hits, 1);
      documents.put(row);
      await world.later(120_000);
      await world.settle();
      assert.deepEqual([row.title, world.row(1).status], ['Mine', 'held']);
    });
  }
});

/** Its first upload is given up, and one that carries its mark comes after all; who brings it renames it. */
async function lateAndRenamed(world: World): Promise<number> {
  const nonce = world.store.registry.rowFor(world.idOf(), 1)?.intent?.nonce;
  assert.ok(nonce);
  await world.later(120_000);
  for (let n = 0; n < 3; n += 1) await world.run(world.engine.runCycle({ trigger: 'manual' }));
  assert.equal(world.store.registry.lostUploads(world.idOf(), '2000-01-01T00:00:00Z').length, 1);
  const late = await world.replica.person.upload('document-1.txt', 'The text of document 1.\n', { title: `Document 1 [pngx:${nonce}]` });
  await world.replica.person.patch(late, { title: 'Renamed there' });
  return late;
}

describe('an upload that was given up and came after it was sent again, and was renamed', () => {
  scenario('goes to the trash where its task says what made it', one, async (world) => {
    world.set(loseRequest, { on: 'replica-1', operation: 'documents.upload' });
    await world.cycle();
    const late = await lateAndRenamed(world);
    await world.settle();
    assert.notEqual(world.replica.instance.store.documents.get(late)?.deletedAt, null);
    world.assertEqual();
  });

  scenario('is left alone and told where nothing proves it', one, async (world) => {
    world.set(loseRequest, { on: 'replica-1', operation: 'documents.upload' });
    await world.cycle();
    const late = await lateAndRenamed(world);
    for (const { id } of world.replica.instance.store.tasks.all()) world.replica.instance.store.tasks.delete(id);
    const told = (): number =>
      world.store.logs.query({ level: 'warning', limit: 50 }).filter(({ message }) => message.includes(`document ${late} "Renamed there"`)).length;
    for (let n = 0; n < 3; n += 1) {
      await world.later(86_500_000);
      await world.settle();
      assert.equal(told(), 1);
    }
    assert.equal(world.replica.instance.store.documents.get(late)?.deletedAt, null);
    world.assertEqual({ foreign: [late] });
  });
});

describe('an upload that was given up and came, renamed, when the document had no copy and the master another file', () => {
  onEachPair('becomes the copy that its file is changed of', { ...one, settings: { ...one.settings, adopt_twins: 'adopt' } }, async (world) => {
    const down = world.set(loseRequest, { on: 'replica-1', operation: 'documents.upload' });
    await world.cycle();
    assert.equal(down.hits, 1);
    const nothing = world.set(refuse, { on: 'replica-1', operation: /upload/u, times: Infinity });
    const late = await lateAndRenamed(world);
    for (const { id } of world.replica.instance.store.tasks.all()) world.replica.instance.store.tasks.delete(id);
    await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [1], method: 'rotate', parameters: { degrees: 90 } });
    nothing.lift();
    await world.later(86_500_000);
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    const [copy, ...more] = living(world.replica.instance);
    assert.deepEqual([copy?.title, more.length, world.row(1).replicaDocId], ['Document 1', 0, copy?.id]);
    if (world.replica.major === 3) assert.equal(copy?.id, late);
  });
});

describe('a number that an emptied replica gave again, to what an upload of ours made', () => {
  onEachPair('is a copy of the document that was sent, also where somebody renamed it', { ...one, library: smallLibrary(2) }, async (world) => {
    const broken = world.set(refuse, { operation: /^documents\.(?:patch|get)/u, on: 'replica-1', times: Infinity });
    const late = world.set(refuse, { on: 'replica-1', operation: 'documents.upload', skip: 1, times: Infinity });
    await world.run(world.engine.runCycle({ trigger: 'manual' }));
    const [first, other] = world.row(1).replicaDocId === null ? [2, 1] : [1, 2];
    const { documents } = world.replica.instance.store;
    assert.equal(world.row(first).replicaDocId, 1);
    documents.delete(1);
    documents.nextId = 1;
    late.lift();
    await world.later(60_000);
    // The first document's copy is found to be gone only after the other has its number.
    const down = world.set(refuse, { on: 'replica-1', operation: 'documents.by-ids', times: Infinity });
    renamedAtOnce(world);
    await world.run(world.engine.runCycle({ trigger: 'manual' }));
    down.lift();
    broken.lift();
    for (let n = 0; n < 3; n += 1) {
      await world.later(60_000);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual' }));
    }
    world.assertEqual();
    assert.deepEqual([world.row(other).status, world.row(first).status], ['ok', 'ok']);
  });
});
