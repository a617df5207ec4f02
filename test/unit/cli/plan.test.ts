import assert from 'node:assert/strict';
import { planSchema, reconciledSchema } from '../../../src/api';
import { PlanError, type Controller } from '../../../src/controller';
import { aPlan } from '../../support/plans';
import { Bench, json } from './scripted-io';

describe('pngx plan, apply and resync', () => {
  let bench: Bench;
  let asked: unknown[][];
  beforeEach(() => {
    bench = new Bench();
    asked = [];
    bench.open().replicas.add({ name: 'cellar', url: 'http://cellar.example', token: 'token' });
  });
  afterEach(() => bench.close());

  function controllerDoes(parts: Partial<Pick<Controller, 'plan' | 'applyPlan'>>): void {
    const noted = <A extends unknown[], T>(work: (...given: A) => T) => {
      return (...given: A): T => {
        asked.push(given);
        return work(...given);
      };
    };
    bench.controllerDoes(() => ({
      ...(parts.plan === undefined ? {} : { plan: noted(parts.plan) }),
      ...(parts.applyPlan === undefined ? {} : { applyPlan: noted(parts.applyPlan) }),
    }));
  }

  const told = aPlan(
    { scope: 'deletes' },
    {
      summary: 'Two copies would go.',
      counts: { trash: 2, kept: 0 },
      bytes: { download: 10, upload: 5, exact: false },
      deletes: [{ master: 7, replica: 1007, title: 'Rent' }],
      samples: { update: [{ master: 8, replica: null, title: 'Tax' }] },
      findings: [{ kind: 'differing', masters: [9], replicas: [10], about: 'Alike, but not the same.' }],
      notes: ['A note.'],
    },
  );

  it('says all that a plan says, what goes by name, and how to apply it', async () => {
    controllerDoes({ plan: () => Promise.resolve(told) });
    const ran = await bench.run('plan', '--replica', 'cellar', '--scope', 'deletes');
    assert.equal(ran.code, 0, ran.err);
    for (const part of [
      'Two copies would go.',
      'trash: 2',
      'Rent',
      '1007',
      'Tax',
      'Alike, but not the same.',
      'A note.',
      'pngx apply 4',
      'estimated',
    ])
      assert.ok(ran.out.includes(part), `${part} is not in:\n${ran.out}`);
    assert.deepEqual(asked, [['deletes', { replicaId: 1 }]]);
  });

  it('plans a cycle when no scope is given, and hands a policy on', async () => {
    controllerDoes({ plan: (scope) => Promise.resolve(aPlan({ scope })) });
    const ran = await bench.run('plan', '--replica', '1', '--json');
    assert.equal(planSchema.parse(json(ran)).scope, 'cycle');
    await bench.run('plan', '--replica', '1', '--scope', 'policy', '--delete-policy', 'trash');
    assert.deepEqual(asked.at(-1), ['policy', { replicaId: 1, deletePolicy: 'trash' }]);
    assert.equal((await bench.run('plan', '--replica', '1', '--scope', 'everything')).code, 2);
  });

  it('applies by number; a plan that only read a part says so by its exit code, one of another world by its sentence', async () => {
    const done = { id: 4, scope: 'reconcile' as const, applied: true, counts: { adopted: 3 }, runId: null, message: 'Three were adopted.' };
    controllerDoes({ applyPlan: () => Promise.resolve(done) });
    const ran = await bench.run('apply', '4');
    assert.deepEqual([ran.code, ran.out, asked], [0, 'Three were adopted.\n', [[4, 'command line']]]);
    controllerDoes({ applyPlan: () => Promise.resolve({ ...done, applied: false }) });
    assert.equal((await bench.run('apply', '4')).code, 6);
    controllerDoes({ applyPlan: () => Promise.reject(new PlanError('world-moved', 'It has moved.', 'Plan again.')) });
    const refused = await bench.run('apply', '4');
    assert.deepEqual([refused.code, refused.err], [1, 'It has moved. Plan again.\n']);
    controllerDoes({ applyPlan: () => Promise.reject(new PlanError('unknown-plan', 'There is none.', 'List them.')) });
    assert.equal((await bench.run('apply', '4')).code, 2);
    assert.equal((await bench.run('apply', 'four')).code, 2);
  });

  it('resyncs only when told yes', async () => {
    const plan = aPlan({ scope: 'resync' }, { summary: 'It would be forgotten.' });
    controllerDoes({ plan: () => Promise.resolve(plan), applyPlan: () => Promise.reject(new Error('not asked for')) });
    const ran = await bench.run('resync', '--replica', 'cellar', '--json');
    assert.equal(reconciledSchema.parse(json(ran)).applied, null);
    assert.match((await bench.run('resync', 'cellar')).out, /It would be forgotten/);
  });
});
