import assert from 'node:assert/strict';
import { appliedSchema, planSchema, problemSchema, reconciledSchema, runOperation } from '../../src/api';
import { filledByHand } from '../support/existing';
import { smallLibrary } from '../support/libraries';
import { scenario } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary(5);

async function ask(world: World, operation: string, input: Record<string, unknown>): Promise<{ status: number; body: unknown }> {
  return world.run(runOperation(operation, input, { controller: world.engine, who: 'anna' }));
}

describe('the operations of plans', () => {
  scenario('make, list, read and apply one, and refuse it the second time', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    const made = await ask(world, 'plan', { replica_id: 1, scope: 'reconcile' });
    assert.equal(made.status, 201);
    const plan = planSchema.parse(made.body);
    assert.deepEqual([plan.replica, plan.counts['adopt'], plan.applied_at], ['replica-1', 5, null]);
    assert.deepEqual((await ask(world, 'plan-read', { id: plan.id })).body, made.body);
    const applied = await ask(world, 'plan-apply', { id: plan.id });
    assert.deepEqual(appliedSchema.parse(applied.body).counts, { adopted: 5 });
    const again = await ask(world, 'plan-apply', { id: plan.id });
    assert.deepEqual([again.status, problemSchema.parse(again.body).code], [409, 'plan-applied']);
    const list = (await ask(world, 'plans', { replica_id: 1 })).body as { items: { id: number; applied_at: string | null }[]; next_before: null };
    assert.deepEqual([list.items.map(({ id }) => id), list.next_before], [[plan.id], null]);
    assert.notEqual(list.items[0]?.applied_at, null);
    assert.equal(world.store.audit.list({ limit: 1 })[0]?.who, 'anna');
  });

  scenario('say what there is not', { library }, async (world) => {
    for (const [operation, input, status, code] of [
      ['plan', { replica_id: 9 }, 404, 'unknown-replica'],
      ['plan', { replica_id: 1, scope: 'all' }, 400, 'invalid-input'],
      ['plan', { replica_id: 1, scope: 'policy' }, 422, 'delete-policy'],
      ['plan-read', { id: 9 }, 404, 'unknown-plan'],
      ['plan-apply', { id: 9 }, 404, 'unknown-plan'],
      ['replica-reconcile', { id: 9 }, 404, 'unknown-replica'],
      ['replica-resync', { id: 9 }, 404, 'unknown-replica'],
    ] as const) {
      const answer = await ask(world, operation, input);
      assert.deepEqual([answer.status, problemSchema.parse(answer.body).code], [status, code], operation);
    }
  });

  scenario('reconcile and resync a replica, with or without applying it', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    const looked = reconciledSchema.parse((await ask(world, 'replica-reconcile', { id: 1 })).body);
    assert.deepEqual([looked.plan.counts['adopt'], looked.applied], [5, null]);
    const adopted = reconciledSchema.parse((await ask(world, 'replica-reconcile', { id: 1, apply: true })).body);
    assert.deepEqual(adopted.applied?.counts, { adopted: 5 });
    assert.notEqual(adopted.plan.applied_at, null);
    await world.settle();
    const planned = reconciledSchema.parse((await ask(world, 'replica-resync', { id: 1 })).body);
    assert.deepEqual([planned.plan.counts['candidates'], planned.applied], [5, null]);
    assert.equal(world.engine.counts(1).byStatus.ok, 5);
    const wiped = reconciledSchema.parse((await ask(world, 'replica-resync', { id: 1, apply: 'true' })).body);
    assert.deepEqual(wiped.applied?.counts, { forgotten: 5, candidates: 5, queued: 5 });
    await world.settle();
    world.assertEqual();
  });

  scenario('tell what a server said that failed while a plan was made', { library, replicaLibrary: filledByHand(library) }, async (world) => {
    world.replica.instance.store.users.all().forEach((user) => (user.isSuperuser = false));
    const answer = await ask(world, 'plan', { replica_id: 1, scope: 'reconcile' });
    assert.equal(answer.status, 502);
    assert.equal(problemSchema.parse(answer.body).category, 'instance');
    assert.equal(world.store.lease.current().holder, null, 'the lease was kept');
  });
});
