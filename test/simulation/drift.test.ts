import assert from 'node:assert/strict';
import { saidReasons } from '../../src/sync/held';
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

function workflowOf(name: string, trigger: number, action: object): object {
  return { name, order: 1, enabled: true, triggers: [{ type: trigger, sources: [] }], actions: [{ type: 1, ...action }] };
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
        assert.deepEqual(row(world).reasons, [policy === 'keep' ? 'drift-kept' : 'drift-asked']);
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

  describe('again and again, as an automation would', () => {
    /** A scheduled workflow on the replica: after each repair, and before it is verified. */
    function automation(world: World, change: (copy: number, round: number) => Promise<unknown>): { edits: number; on: boolean } {
      const state = { edits: 0, on: true };
      world.onRequest(async ({ site, request }) => {
        const { status, replicaDocId, verifiedVersion } = row(world);
        if (!state.on || site !== world.replica || status !== 'ok' || verifiedVersion !== null || !request.path.includes('id__in')) return;
        state.edits += 1;
        await change(replicaDocId ?? 0, state.edits);
      });
      return state;
    }

    async function nextRepair(world: World): Promise<void> {
      const { nextRetryAt } = row(world);
      assert.ok(nextRetryAt);
      await world.later(Date.parse(nextRetryAt) - world.time.now() + 1_000);
    }

    const steps = ({ status, verification, retryCount, errorCode }: ReturnType<typeof row>) => [status, verification, retryCount, errorCode];

    onEachPair('is repaired ever later, keeps its count, and is held after two repairs', { library }, async (world) => {
      await world.settle();
      const workflow = automation(world, (copy, round) => world.replica.person.patch(copy, { title: `Changed by a rule ${round}` }));
      await editCopy(world);
      world.engine.demandAll();
      await world.cycle();
      assert.deepEqual(steps(row(world)), ['pending', 'differs', 1, null]);
      await world.cycle();
      assert.deepEqual(steps(row(world)), ['error', 'differs', 2, 'changed-again']);
      const waits = Date.parse(row(world).nextRetryAt ?? '') - world.time.now();
      assert.ok(waits > 60_000, `${waits} ms`);
      // Nobody touches it before its time, however many cycles come.
      world.replica.forgetRequests();
      await world.cycle();
      assert.deepEqual(world.replica.writes, []);
      await nextRepair(world);
      await world.cycle();
      assert.equal(row(world).status, 'held');
      assert.equal(row(world).retryCount, 3);
      assert.match(saidReasons(row(world)).join(), /repaired twice.*workflow/u);
      assert.match(row(world).difference ?? '', /Changed by a rule 2/u);
      assert.equal(workflow.edits, 2);
      await world.later(30 * 86_400_000);
      world.replica.forgetRequests();
      await world.cycle();
      assert.deepEqual(world.replica.writes, [], 'what is held is left alone');
    });

    onEachPair('by a workflow is held with its name', { library }, async (world) => {
      await world.settle();
      await world.replica.person.ask('POST', '/api/workflows/', workflowOf('Innocent', 3, { assign_tags: [], assign_title: null }));
      await world.replica.person.ask('POST', '/api/workflows/', workflowOf('Nightly titles', 4, { assign_title: 'Changed by a rule' }));
      automation(world, (copy) => world.replica.person.patch(copy, { title: 'Changed by a rule' }));
      await editCopy(world);
      world.engine.demandAll();
      await world.cycle();
      await world.cycle();
      await nextRepair(world);
      await world.cycle();
      assert.equal(row(world).status, 'held');
      assert.match(saidReasons(row(world)).join(), /repaired twice.*workflow "Nightly titles" \(on a schedule\) on replica-1/u);
      assert.doesNotMatch(saidReasons(row(world)).join(), /Innocent/u);
    });

    onEachPair('at once, by a workflow that runs with each of our writes, is held after two with its name', { library }, async (world) => {
      await world.settle();
      const made = (await world.replica.person.ask(
        'POST',
        '/api/workflows/',
        workflowOf('House style', 3, { assign_title: 'Changed by a rule' }),
      )) as { id: number };
      await world.master.person.patch(1, { title: 'The master says' });
      world.replica.forgetRequests();
      await world.cycle();
      assert.equal(row(world).status, 'held');
      assert.match(saidReasons(row(world)).join(), /workflow "House style" \(when a document is updated\) on replica-1/u);
      assert.ok(world.replica.writes.length <= 3, `${world.replica.writes.length} writes`);
      await world.replica.person.ask('PATCH', `/api/workflows/${made.id}/`, { enabled: false });
      world.store.registry.retry(world.idOf(), [row(world).id]);
      await world.settle();
      world.assertEqual();
    });

    scenario('starts from nothing only where a repair was seen to last', { library }, async (world) => {
      await world.settle();
      const workflow = automation(world, (copy, round) => world.replica.person.patch(copy, { title: `Changed by a rule ${round}` }));
      await editCopy(world);
      world.engine.demandAll();
      await world.cycle();
      await world.cycle();
      assert.deepEqual(steps(row(world)), ['error', 'differs', 2, 'changed-again']);
      workflow.on = false;
      await nextRepair(world);
      const counts: number[] = [];
      world.onRequest(() => {
        if (row(world).status === 'ok' && row(world).verification === 'differs') counts.push(row(world).retryCount);
        return Promise.resolve();
      });
      await world.cycle();
      assert.deepEqual(steps(row(world)), ['ok', 'matched', 0, null]);
      assert.ok(counts.length > 0 && counts.every((count) => count === 2), `repaired and not yet proven it has ${counts.join()} attempts`);
      world.assertEqual();
    });

    scenario('by trashing the copy is held as well, and says so', { library }, async (world) => {
      await world.settle();
      automation(world, (copy) => world.replica.person.trash(copy));
      await world.replica.person.trash(row(world).replicaDocId ?? 0);
      world.engine.demandAll();
      await world.cycle();
      await world.cycle();
      assert.deepEqual(steps(row(world)), ['error', 'unreadable', 2, 'changed-again']);
      await nextRepair(world);
      await world.cycle();
      assert.equal(row(world).status, 'held');
      assert.match(saidReasons(row(world)).join(), /brought back twice/u);
    });
  });
});

describe('a copy whose file somebody changed on the replica', () => {
  scenario(
    'is replaced on 2.x, where deleting allows it',
    { library, replicas: ['2.20.15'], settings: { delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      const copy = row(world).replicaDocId;
      await world.replica.person.ask('POST', '/api/documents/bulk_edit/', { documents: [copy], method: 'rotate', parameters: { degrees: 90 } });
      await world.later(1_000);
      await lookAtAll(world);
      await lookAtAll(world);
      world.assertEqual();
      assert.deepEqual([row(world).status, row(world).verification], ['ok', 'matched']);
    },
  );

  scenario('is told on 2.x, where the delete policy keeps it', { library, replicas: ['2.20.15'] }, async (world) => {
    await world.settle();
    const copy = row(world).replicaDocId;
    await world.replica.person.ask('POST', '/api/documents/bulk_edit/', { documents: [copy], method: 'rotate', parameters: { degrees: 90 } });
    await world.later(1_000);
    await lookAtAll(world);
    assert.equal(row(world).errorCode, 'file-differs');
    assert.match(row(world).errorMessage ?? '', /the copy of document 1 changed there/u);
  });

  scenario(
    "is given the master's file again on 3.x, where a 2.x master lists no versions",
    { library, master: '2.20.15', replicas: ['3.0.5'] },
    async (world) => {
      await world.settle();
      await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [1], method: 'rotate', parameters: { degrees: 90 } });
      await world.later(1_000);
      await world.settle();
      const { documents } = world.replica.instance.store;
      const [version] = documents.versions(row(world).replicaDocId ?? 0);
      assert.ok(version);
      await world.replica.person.ask('DELETE', `/api/documents/${row(world).replicaDocId ?? 0}/versions/${version.id}/`);
      await lookAtAll(world);
      await lookAtAll(world);
      const alive = documents.versions(row(world).replicaDocId ?? 0).filter(({ deletedAt }) => deletedAt === null);
      assert.equal(alive.at(-1)?.original.sha256, world.master.instance.store.documents.get(1)?.original.sha256);
      assert.deepEqual([row(world).status, row(world).verification], ['ok', 'matched']);
    },
  );
});

describe('a copy whose links are in another order, since those of another copy were written', () => {
  const links = (targets: number[]): Parameters<typeof plainDocument>[1] => ({ customFields: [{ field: 'See', value: targets }] });
  const linked = smallLibrary([plainDocument(1, links([2, 3])), plainDocument(2, links([1])), plainDocument(3, links([1]))], {
    customFields: [{ name: 'See', dataType: 'documentlink' }],
  });
  scenario('is brought back, also where drift is kept: nobody changed it', { library: linked, settings: { drift_policy: 'keep' } }, async (world) => {
    await world.settle();
    const { store } = world.replica.instance;
    const copy = store.documents.get(row(world).replicaDocId);
    const values = copy?.fields[0]?.values;
    assert.ok(copy !== undefined && values !== undefined);
    values.documentlink = [...(values.documentlink as number[])].reverse();
    copy.modified = store.stamp();
    await lookAtAll(world);
    assert.deepEqual([row(world).status, row(world).verification], ['ok', 'matched']);
    assert.deepEqual(
      (store.documents.get(row(world).replicaDocId)?.fields[0]?.values.documentlink as number[]).map(
        (id) => world.store.registry.rowByReplicaDoc(world.idOf(), id)?.masterDocId,
      ),
      [2, 3],
    );
  });
});
