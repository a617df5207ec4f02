import assert from 'node:assert/strict';
import { crashAfter, errorBefore, loseReply, type Fault } from '../support/faults';
import { flowCycle } from '../support/flow';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const linked = (targets: number[]): Parameters<typeof plainDocument>[1] => ({ customFields: [{ field: 'See', value: targets }] });
const library = smallLibrary([plainDocument(1, linked([2, 3])), plainDocument(2, linked([1])), plainDocument(3, linked([1])), plainDocument(4)], {
  customFields: [{ name: 'See', dataType: 'documentlink' }],
});
const settings = { drift_policy: 'keep' };

function copyOf(world: World, masterDocId: number): number {
  const copy = world.row(masterDocId).replicaDocId;
  assert.ok(copy);
  return copy;
}

async function erase(world: World, copy: number): Promise<void> {
  await world.replica.person.trash(copy);
  await world.replica.person.ask('POST', '/api/trash/', { action: 'empty', documents: [copy] });
}

function link(world: World, masterDocId: number, targets: number[]): Promise<unknown> {
  const field = [...world.replica.instance.store.customFields.values()].find(({ name }) => name === 'See');
  const value = targets.map((target) => copyOf(world, target));
  return world.replica.person.patch(copyOf(world, masterDocId), { custom_fields: [{ field: field?.id, value }] });
}

async function lookAtAll(world: World): Promise<void> {
  await world.later(1_000);
  world.engine.demandAll();
  await world.cycle();
}

/** Each may be repaired a time or two, and is never held. */
async function becomeWell(world: World): Promise<void> {
  for (let n = 0; n < 6; n += 1) {
    await lookAtAll(world);
    assert.ok(!statuses(world).includes('held'), statuses(world).join());
    await world.later(3_600_000);
  }
  assert.deepEqual(statuses(world), ['ok', 'ok', 'ok', 'ok']);
  world.assertEqual();
}

function statuses(world: World): string[] {
  return [1, 2, 3, 4].map((id) => world.row(id).status);
}

describe('a copy that nobody changed, where drift is kept', () => {
  onEachPair('is repaired when one that it is linked with was removed and came again', { library, settings }, async (world) => {
    await world.settle();
    await erase(world, copyOf(world, 3));
    await becomeWell(world);
  });

  scenario('is repaired when the new one was given its links and could not be read back', { library, settings }, async (world) => {
    await world.settle();
    const before = copyOf(world, 3);
    await erase(world, before);
    const patched = world.set(loseReply, { on: 'replica-1', operation: 'documents.patch', when: () => world.row(3).replicaDocId !== before });
    const unread = world.set(errorBefore, { on: 'replica-1', operation: 'documents.get', times: 100, when: () => patched.hits > 0 });
    await lookAtAll(world);
    await lookAtAll(world);
    assert.ok(unread.hits > 0);
    assert.notEqual(world.row(3).status, 'ok', 'it was read back after all');
    assert.notEqual(world.row(1).status, 'held');
    unread.lift();
    await becomeWell(world);
  });

  scenario('is repaired when its process died before the new one was read back', { library, settings, database: 'file' }, async (world) => {
    await world.settle();
    const before = copyOf(world, 3);
    await erase(world, before);
    world.set(crashAfter, { on: 'replica-1', operation: 'documents.patch', when: () => ![before, null].includes(world.row(3).replicaDocId) });
    await lookAtAll(world);
    world.engine.demandAll();
    await world.runToCrash(() => world.engine.runCycle({ trigger: 'manual' }));
    world.restart();
    await becomeWell(world);
  });

  onEachPair(
    'is repaired when only a name was changed on the master that a node of the flow had seen before',
    {
      library: smallLibrary([plainDocument(1, { correspondent: 'Bank' })], { correspondents: [{ name: 'Bank' }] }),
      settings,
    },
    async (world) => {
      const flow = {
        between: (items: { document: { title: string } }[]) => {
          for (const { document } of items) document.title = `${document.title}, for the replica`;
          return items;
        },
      };
      await flowCycle(world, flow);
      await flowCycle(world, flow);
      assert.deepEqual([world.row(1).status, world.row(1).verification], ['ok', 'matched']);
      const [bank] = world.master.instance.store.correspondents.values();
      await world.master.person.edit('correspondents', bank?.id ?? 0, { name: 'New bank' });
      // As saving it without a change does.
      await world.replica.person.patch(copyOf(world, 1), {});
      world.engine.demandAll();
      await flowCycle(world, flow);
      assert.notEqual(world.row(1).status, 'held', world.row(1).difference ?? '');
      await flowCycle(world, flow);
      await flowCycle(world, flow);
      assert.deepEqual([world.row(1).status, world.row(1).verification], ['ok', 'matched']);
      const [copy] = world.replica.instance.store.documents.all();
      assert.equal(world.replica.instance.store.correspondents.get(copy?.correspondent ?? 0)?.name, 'New bank');
    },
  );

  scenario(
    'keeps its serial number where several change places at once',
    {
      library: smallLibrary([1, 2, 3, 4].map((key) => plainDocument(key, { archiveSerialNumber: key }))),
      settings: { ...settings, patch_concurrency: 3 },
    },
    async (world) => {
      await world.settle();
      await world.master.person.patch(2, { archive_serial_number: 9 });
      await world.master.person.patch(1, { archive_serial_number: 2 });
      const path = `/api/documents/${copyOf(world, 2)}/`;
      // The second copy still holds the number when it is looked for, and has its own one, read back, when that is taken from it.
      const late: Fault = async ({ request, serve, wait, bytes }) => {
        const isTaking = Buffer.from(bytes).toString('utf8') === '{"archive_serial_number":null}';
        if (request.path === path) await wait(isTaking ? 1_500 : 400);
        return serve();
      };
      const patches = world.set(late, { on: 'replica-1', operation: 'documents.patch', times: 100 });
      await world.cycle();
      assert.ok(patches.hits > 1);
      for (let n = 0; n < 3; n += 1) {
        await lookAtAll(world);
        assert.ok(!statuses(world).includes('held'), statuses(world).join());
      }
      world.assertEqual();
    },
  );
});

describe('a copy that somebody changed, where drift is kept', () => {
  onEachPair('is held with the one that it was linked with: paperless writes both', { library, settings }, async (world) => {
    await world.settle();
    await link(world, 4, [2]);
    await lookAtAll(world);
    assert.deepEqual(statuses(world), ['ok', 'held', 'ok', 'held']);
  });

  onEachPair('is held with the one that its link was taken from', { library, settings }, async (world) => {
    await world.settle();
    await link(world, 3, []);
    await lookAtAll(world);
    assert.deepEqual(statuses(world), ['held', 'ok', 'held', 'ok']);
  });

  scenario("is held where the link leads to somebody's own document", { library, settings }, async (world) => {
    await world.settle();
    const own = await world.replica.person.upload('own.txt', 'Own.', { title: 'Own' });
    const [field] = world.replica.instance.store.customFields.values();
    await world.replica.person.patch(own, { custom_fields: [{ field: field?.id, value: [copyOf(world, 4)] }] });
    await lookAtAll(world);
    assert.deepEqual(statuses(world), ['ok', 'ok', 'ok', 'held']);
  });

  onEachPair('is held for that also where our own writes changed it too', { library, settings }, async (world) => {
    await world.settle();
    const title = 'Changed on the replica';
    await world.replica.person.patch(copyOf(world, 1), { title });
    await erase(world, copyOf(world, 3));
    await lookAtAll(world);
    assert.equal(world.row(1).status, 'held');
    assert.equal(world.replica.instance.store.documents.get(copyOf(world, 1))?.title, title);
  });

  scenario('is held after a look at which it was found equal, though its time had moved', { library, settings }, async (world) => {
    await world.settle();
    await world.replica.person.patch(copyOf(world, 4), {});
    await lookAtAll(world);
    const { modified } = world.replica.instance.store.documents.get(copyOf(world, 4)) ?? { modified: 0 };
    assert.equal(Date.parse(world.row(4).observedModified ?? ''), Math.floor(modified / 1000));
    await world.replica.person.patch(copyOf(world, 4), { title: 'Changed on the replica' });
    await lookAtAll(world);
    assert.equal(world.row(4).status, 'held');
  });
});

describe('before links are written', () => {
  scenario('what is known of the copy is forgotten, so that no crash leaves it believed', { library, settings }, async (world) => {
    await world.settle();
    assert.notEqual(world.row(4).observedFields, null);
    const known: (string | null)[] = [];
    world.onRequest(({ site, request }) => {
      if (site === world.replica && request.method === 'PATCH' && request.path === `/api/documents/${copyOf(world, 4)}/`)
        known.push(world.row(4).observedFields);
      return Promise.resolve();
    });
    const [field] = world.master.instance.store.customFields.values();
    await world.master.person.patch(4, { custom_fields: [{ field: field?.id, value: [2] }] });
    await world.settle();
    assert.ok(known.length > 0);
    assert.deepEqual([...new Set(known)], [null]);
    assert.notEqual(world.row(4).observedFields, null);
  });
});
