import assert from 'node:assert/strict';
import type { Plan } from '../../src/controller';
import { FakeController } from './fake-controller';
import { catcher, caughtSchema, flow, load, next, paperless, send, sink, unload } from './runtime';

const aPlan: Plan = {
  id: 4,
  scope: 'reconcile',
  replicaId: 1,
  createdAt: '2026-11-21T11:00:00.000Z',
  appliedAt: null,
  refusedAt: null,
  body: {
    replica: 'backup',
    summary: 'Three.',
    complete: true,
    counts: {},
    bytes: { download: 0, upload: 0, exact: true },
    samples: {},
    deletes: [],
    findings: [],
    notes: [],
  },
};
const aPlanHead = { id: 4, scope: 'reconcile', replica_id: 1, created_at: aPlan.createdAt, applied_at: null, refused_at: null };

describe('the reconcile node', () => {
  afterEach(unload);

  it('sends the plan and what was applied of it, and refuses a message without a replica', async () => {
    const plan = { ...aPlan, body: { ...aPlan.body, counts: { adopt: 3 } } };
    const fake = new FakeController({ reconcile: () => Promise.resolve({ plan, applied: null }) });
    await load(fake, flow(paperless('reconcile', [['out']]), sink('out'), catcher, sink('caught')));
    const out = next('out');
    send('reconcile', { replicaId: 1 });
    const { payload } = await out;
    assert.deepEqual(payload, { plan: { ...plan.body, ...aPlanHead }, applied: null });
    assert.deepEqual(fake.called('reconcile'), [[1, { apply: false, who: 'flow' }]]);
    const caught = next('caught');
    send('reconcile', {});
    assert.equal(caughtSchema.parse((await caught)['error']).code, 'no-replica-id');
  });
});
