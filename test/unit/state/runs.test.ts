import assert from 'node:assert/strict';
import { join } from 'node:path';
import { addReplica, AT, folder, LATER, type Opened, store } from './support';

const DEADLINE = '2026-03-20T14:30:00.000Z';
const numbers = { docsSynced: 0, docsFailed: 0, docsVerified: 0 };

function two(path?: string): Opened {
  const s = store(path === undefined ? {} : { path });
  return { s, a: addReplica(s, 'a').id, b: addReplica(s, 'b').id };
}

describe('Runs', () => {
  const path = folder();

  it('open with a part for each replica, and close with the sum of them', () => {
    const { s, a, b } = two();
    const run = s.runs.open({ replicaId: null, epoch: 7, triggeredBy: 'webhook', deadline: DEADLINE, replicas: [a, b] }, AT);
    assert.deepEqual(run, {
      id: 1,
      replicaId: null,
      epoch: 7,
      startedAt: AT,
      finishedAt: null,
      deadline: DEADLINE,
      triggeredBy: 'webhook',
      docsSynced: 0,
      docsFailed: 0,
      timedOut: false,
    });
    s.runs.closeReplica(run.id, a, { outcome: 'finished', docsSynced: 5, docsFailed: 1, docsVerified: 9 }, LATER);
    s.runs.closeReplica(run.id, b, { outcome: 'failed', ...numbers, docsSynced: 2, message: 'It is away.' }, LATER);
    const closed = s.runs.close(run.id, { timedOut: false }, LATER);
    assert.deepEqual(closed, { ...run, finishedAt: LATER, docsSynced: 7, docsFailed: 1 });
    const part = { runId: 1, startedAt: AT, finishedAt: LATER };
    assert.deepEqual(s.runs.replicasOf(1), [
      { ...part, replicaId: a, outcome: 'finished', docsSynced: 5, docsFailed: 1, docsVerified: 9, message: null },
      { ...part, replicaId: b, outcome: 'failed', docsSynced: 2, docsFailed: 0, docsVerified: 0, message: 'It is away.' },
    ]);
    assert.deepEqual(s.runs.get(1), closed);
  });

  it('say of a replica that never reported what happened to its part', () => {
    for (const [timedOut, outcome] of [
      [true, 'timed-out'],
      [false, 'interrupted'],
    ] as const) {
      // prettier-ignore
      const { s, a, b } = two();
      const { id } = s.runs.open({ replicaId: null, epoch: 1, triggeredBy: 'scheduler', deadline: DEADLINE, replicas: [a, b] }, AT);
      s.runs.closeReplica(id, a, { outcome: 'finished', ...numbers }, AT);
      assert.equal(s.runs.close(id, { timedOut }, LATER).timedOut, timedOut);
      assert.deepEqual(s.runs.replicasOf(id).map((part) => [part.outcome, part.finishedAt]), [['finished', AT], [outcome, LATER]]); // prettier-ignore
    }
  });

  it('are closed once: a second time changes nothing', () => {
    const { s, a } = two();
    const { id } = s.runs.open({ replicaId: a, epoch: 1, triggeredBy: 'manual', deadline: DEADLINE, replicas: [a] }, AT);
    const closed = s.runs.close(id, { timedOut: true }, AT);
    assert.deepEqual(s.runs.close(id, { timedOut: false }, LATER), closed);
  });

  it('left open by a process that died are closed as timed out, with what was done', () => {
    const file = join(path(), 'orphans.sqlite3');
    const { s, a, b } = two(file);
    const whole = s.runs.open({ replicaId: null, epoch: 1, triggeredBy: 'manual', deadline: DEADLINE, replicas: [a] }, AT);
    s.runs.close(whole.id, { timedOut: false }, AT);
    const orphan = s.runs.open({ replicaId: null, epoch: 2, triggeredBy: 'scheduler', deadline: DEADLINE, replicas: [a, b] }, AT);
    s.runs.closeReplica(orphan.id, a, { outcome: 'finished', ...numbers, docsSynced: 4 }, AT);
    s.close();
    const again = store({ path: file });
    assert.deepEqual(again.runs.closeOrphans(LATER), [{ ...orphan, finishedAt: LATER, timedOut: true, docsSynced: 4 }]);
    assert.deepEqual(again.runs.replicasOf(orphan.id).map(({ outcome }) => outcome), ['finished', 'interrupted']); // prettier-ignore
    assert.deepEqual(again.runs.closeOrphans(LATER), []);
    again.close();
  });

  it('are listed newest first, by key, for all or for one replica', () => {
    const { s, a, b } = two();
    for (let i = 1; i <= 6; i += 1) {
      s.runs.open(
        { replicaId: null, epoch: i, triggeredBy: i % 2 === 0 ? 'manual' : 'cli', deadline: DEADLINE, replicas: i % 3 === 0 ? [a, b] : [a] },
        AT,
      );
    }
    const list = (query: Parameters<typeof s.runs.list>[0]): number[] => s.runs.list(query).map(({ id }) => id);
    assert.deepEqual(list({ limit: 4 }), [6, 5, 4, 3]);
    assert.deepEqual(list({ before: 3, limit: 4 }), [2, 1]);
    assert.deepEqual(list({ replicaId: b, limit: 1 }), [6]);
    assert.deepEqual(list({ replicaId: b, before: 6, limit: 9 }), [3]);
    assert.deepEqual(s.runs.lastOf(b, 9).map((part) => [part.runId, part.triggeredBy]), [[6, 'manual'], [3, 'cli']]); // prettier-ignore
    assert.deepEqual(s.runs.lastOf(a, 2).map((part) => part.runId), [6, 5]); // prettier-ignore
  });

  it('are named when they are not there', () => {
    const { s, a, b } = two();
    assert.equal(s.runs.get(9), null);
    assert.throws(() => s.runs.close(9, { timedOut: false }, AT), /There is no run 9/);
    const { id } = s.runs.open({ replicaId: a, epoch: 1, triggeredBy: 'manual', deadline: DEADLINE, replicas: [a] }, AT);
    assert.throws(() => s.runs.closeReplica(id, b, { outcome: 'finished', ...numbers }, AT), /no part for the replica 2 in the run 1/);
  });
});
