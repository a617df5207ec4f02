import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary([plainDocument(1), plainDocument(2)]);

async function editCopy(world: World, title = 'Edited on the replica'): Promise<number> {
  const copy = row(world).replicaDocId;
  assert.ok(copy);
  await world.replica.person.patch(copy, { title });
  return copy;
}

function row(world: World) {
  const found = world.store.registry.rowFor(world.idOf(), 1);
  assert.ok(found);
  return found;
}

async function lookAtAll(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

describe('a copy that somebody changed on the replica', () => {
  onEachPair('is brought back: the master wins', { library }, async (world) => {
    await world.settle();
    await editCopy(world);
    await lookAtAll(world);
    world.assertEqual();
    assert.deepEqual([row(world).status, row(world).verification], ['ok', 'matched']);
  });

  for (const policy of ['keep', 'ask']) {
    scenario(
      `is held and told under "${policy}", and follows the master's next change`,
      { library, settings: { drift_policy: policy } },
      async (world) => {
        await world.settle();
        const copy = await editCopy(world);
        await lookAtAll(world);
        assert.equal(row(world).status, 'held');
        assert.match(row(world).reasons.join(), /changed on the replica/u);
        assert.match(row(world).difference ?? '', /Edited on the replica/u);
        assert.equal(world.replica.instance.store.documents.get(copy)?.title, 'Edited on the replica');
        // A deploy, or a restart, offers what the flow left out. This isn't that.
        world.engine.flowDeployed();
        await world.settle();
        assert.equal(world.replica.instance.store.documents.get(copy)?.title, 'Edited on the replica');
        await world.master.person.patch(1, { title: 'The master says' });
        await lookAtAll(world);
        world.assertEqual();
      },
    );
  }

  scenario('again and again, as an automation would, is held after two repairs and says what to look for', { library }, async (world) => {
    await world.settle();
    let edits = 0;
    // After each repair and before it is verified: what a scheduled workflow would do.
    world.onRequest(async ({ site, request }) => {
      const { status, replicaDocId } = row(world);
      if (site !== world.replica || status !== 'ok' || !request.path.includes('id__in') || edits > 9) return;
      await world.replica.person.patch(replicaDocId ?? 0, { title: `Changed by a rule ${edits}` });
      edits += 1;
    });
    world.engine.demandAll();
    for (let round = 0; round < 6 && row(world).status !== 'held'; round += 1) await world.cycle();
    assert.equal(row(world).status, 'held');
    assert.match(row(world).reasons.join(), /workflow/u);
  });
});
