import assert from 'node:assert/strict';
import { addReplica, AT, Clock, LATER, store } from './support';

describe('Events', () => {
  it('are read on from the last id that was seen', () => {
    const s = store();
    const replica = addReplica(s).id;
    assert.equal(s.events.lastId(), 0);
    const run = s.runs.open({ replicaId: replica, epoch: 1, triggeredBy: 'manual', deadline: LATER, replicas: [replica] }, AT);
    const first = s.events.add({ kind: 'run-opened', runId: run.id, data: { documents: 3 } });
    s.events.add({ kind: 'document', replicaId: replica, data: 'x' });
    s.events.add({ kind: 'tick' });
    assert.deepEqual(first, { id: 1, runId: run.id, replicaId: null, kind: 'run-opened', data: '{"documents":3}', createdAt: AT });
    assert.deepEqual(s.events.after(0, 2).map(({ id }) => id), [1, 2]); // prettier-ignore
    assert.deepEqual(s.events.after(2, 9).map(({ kind, data }) => [kind, data]), [['tick', 'null']]); // prettier-ignore
    assert.equal(s.events.lastId(), 3);
  });

  it('never give an id twice, also when all were pruned', () => {
    const clock = new Clock();
    const s = store({ clock });
    s.events.add({ kind: 'old' });
    s.events.add({ kind: 'old' });
    clock.ms += 60_000;
    assert.equal(s.events.prune('2026-03-20T14:00:30Z'), 2);
    assert.deepEqual([s.events.after(0, 9), s.events.lastId()], [[], 2]);
    assert.equal(s.events.add({ kind: 'new' }).id, 3);
  });
});

describe('The audit log', () => {
  it('says who did what, newest first, by key', () => {
    const s = store();
    for (const who of ['ann', 'ben', 'cleo']) s.audit.add({ who, action: 'settings.update', before: { batch_size: 50 }, after: { batch_size: 25 } });
    assert.deepEqual(s.audit.list({ limit: 2 }).map(({ id, who }) => [id, who]), [[3, 'cleo'], [2, 'ben']]); // prettier-ignore
    assert.deepEqual(s.audit.list({ before: 2, limit: 9 }), [
      { id: 1, at: AT, who: 'ann', action: 'settings.update', before: '{"batch_size":50}', after: '{"batch_size":25}' },
    ]);
  });

  it('holds no secret, however deep it was handed over', () => {
    const s = store();
    const entry = s.audit.add({
      who: 'ann',
      action: 'replica.add',
      after: {
        name: 'b',
        token: 'hunter2',
        nested: [{ api_key: 'hunter2', Authorization: 'Token hunter2' }],
        master_token: { v: 'hunter2' },
        token_set: true,
        password: '',
      },
    });
    assert.equal(entry.before, null);
    assert.equal(JSON.stringify(entry).includes('hunter2'), false);
    assert.deepEqual(JSON.parse(entry.after ?? ''), {
      name: 'b',
      token: '[secret]',
      nested: [{ api_key: '[secret]', Authorization: '[secret]' }],
      master_token: '[secret]',
      token_set: true,
      password: '',
    });
  });
});
