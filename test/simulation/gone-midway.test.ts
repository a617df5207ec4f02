import assert from 'node:assert/strict';
import { loseReply, loseRequest } from '../support/faults';
import { flowCycle } from '../support/flow';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary([1, 2, 3, 4].map((key) => plainDocument(key)));
const settings = { task_poll_timeout_seconds: 60, delete_confirmations: 1 };
const AT = '2026-11-21T09:00:00.000Z';
const failure = { errorClass: 'retry', code: 'x', message: 'x', nextStep: 'x' };

/** Document 1 was sent, and its row knows neither a task nor a copy. */
async function midway(world: World, fault = loseReply): Promise<void> {
  world.set(fault, { on: world.replica.name, operation: 'documents.upload', when: () => world.row(1).step === 'uploading' });
  await world.cycle();
  assert.deepEqual([world.row(1).step, world.row(1).intent !== null], ['uploading', true]);
}

async function goneFromMaster(world: World): Promise<void> {
  await world.master.person.trash(1);
  await full(world);
}

async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

/** The one copy of document 1 that came to be, by what its file holds. */
function copies(world: World) {
  return world.replica.instance.store.documents.all().filter((row) => row.originalFilename === 'document-1.txt');
}

/** One copy at most, its row's, in the trash or not as policy says; nothing unmapped. */
function assertLaidToRest(world: World, policy: string, made: number): void {
  const row = world.row(1);
  assert.deepEqual([row.status, row.intent], ['tombstone', null]);
  const found = copies(world);
  assert.equal(found.length, made);
  assert.equal(row.replicaDocId, found[0]?.id ?? null, 'the copy belongs to no row');
  if (found[0] !== undefined) assert.equal(found[0].deletedAt !== null, policy === 'trash');
  assert.deepEqual(world.differences(world.replica, { foreign: found.map(({ id }) => id) }), []);
}

describe('a document that goes from the master while its copy is being made', () => {
  for (const policy of ['keep', 'trash']) {
    const options = { library, settings: { ...settings, delete_policy: policy } };

    onEachPair(`and nobody knows what came of the upload: its copy is its own, and policy decides (${policy})`, options, async (world) => {
      await midway(world);
      await goneFromMaster(world);
      await full(world);
      assertLaidToRest(world, policy, 1);
    });

    onEachPair(`and its row is in quarantine: its copy is its own, and policy decides (${policy})`, options, async (world) => {
      await midway(world);
      world.store.registry.move(world.row(1).id, { to: 'quarantined', ...failure }, AT);
      await goneFromMaster(world);
      await full(world);
      assertLaidToRest(world, policy, 1);
    });

    onEachPair(`and the flow leaves it out from then on: its copy is its own, and policy decides (${policy})`, options, async (world) => {
      await midway(world);
      const { id } = world.row(1);
      world.store.registry.move(id, { to: 'error', ...failure, nextRetryAt: AT }, AT);
      world.store.registry.move(id, { to: 'held', code: 'left-out' }, AT);
      await world.master.person.trash(1);
      for (let n = 0; n < 4; n += 1) {
        world.engine.demandAll();
        await flowCycle(world, { between: (items) => items.filter((item) => item.id !== 1) });
        await world.later(60_000);
      }
      assertLaidToRest(world, policy, 1);
    });

    onEachPair(`and the upload comes through long after: it is the copy of what is gone, and no double (${policy})`, options, async (world) => {
      await midway(world, loseRequest);
      const nonce = world.row(1).intent?.nonce ?? '';
      await goneFromMaster(world);
      await world.later(120_000);
      await full(world);
      await full(world);
      assertLaidToRest(world, policy, 0);
      await world.replica.person.upload('document-1.txt', 'The text of document 1.\n', { title: `Document 1 [pngx:${nonce}]` });
      await full(world);
      assertLaidToRest(world, policy, 1);
    });
  }
});
