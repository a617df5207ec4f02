import assert from 'node:assert/strict';
import { aPlan } from '../support/plans';
import { FakeController } from './fake-controller';
import { catcher, caughtSchema, flow, load, next, paperless, send, sink, unload } from './runtime';

describe('the reconcile node', () => {
  afterEach(unload);

  it('sends the plan and what was applied of it, and refuses a message without a replica', async () => {
    const plan = aPlan({}, { counts: { adopt: 3 } });
    const head = { id: 4, scope: 'reconcile', replica_id: 1, created_at: plan.createdAt, applied_at: null, refused_at: null };
    const fake = new FakeController({ reconcile: () => Promise.resolve({ plan, applied: null }) });
    await load(fake, flow(paperless('reconcile', [['out']]), sink('out'), catcher, sink('caught')));
    const out = next('out');
    send('reconcile', { replicaId: 1 });
    const { payload } = await out;
    assert.deepEqual(payload, { plan: { ...plan.body, ...head }, applied: null });
    assert.deepEqual(fake.called('reconcile'), [[1, { apply: false, who: 'flow' }]]);
    const caught = next('caught');
    send('reconcile', {});
    assert.equal(caughtSchema.parse((await caught)['error']).code, 'no-replica-id');
  });
});
