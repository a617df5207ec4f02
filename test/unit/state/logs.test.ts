import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addReplica, AT, Clock, LATER, type Opened, START, store } from './support';

function logbook(): Opened & { clock: Clock } {
  const clock = new Clock();
  const s = store({ clock });
  return { s, clock, a: addReplica(s, 'a').id, b: addReplica(s, 'b').id };
}

describe('Logs', () => {
  it('keep what they were given, and when', () => {
    const { s, a } = logbook();
    const run = s.runs.open({ replicaId: a, epoch: 1, triggeredBy: 'manual', deadline: LATER, replicas: [a] }, AT);
    const entry = s.logs.add({ level: 'warning', message: 'Retried.', runId: run.id, replicaId: a, docId: 7 });
    assert.deepEqual(entry, { id: 1, runId: run.id, replicaId: a, level: 'warning', message: 'Retried.', docId: 7, createdAt: AT });
    assert.deepEqual(s.logs.query({ limit: 1 }), [entry]);
  });

  it('are found by each filter and by all at once, newest first, by key', () => {
    const { s, clock, a, b } = logbook();
    for (let i = 1; i <= 12; i += 1) {
      clock.ms = START + i * 60_000;
      s.logs.add({
        level: i % 3 === 0 ? 'error' : 'info',
        message: `Document ${i} ${i % 2 === 0 ? 'synced' : 'failed'}.`,
        replicaId: i % 2 === 0 ? a : b,
        docId: i,
      });
    }
    const found = (query: Omit<Parameters<typeof s.logs.query>[0], 'limit'>, limit = 20): number[] =>
      s.logs.query({ ...query, limit }).map(({ id }) => id);
    assert.deepEqual(found({}, 3), [12, 11, 10]);
    assert.deepEqual(found({ before: 3 }), [2, 1]);
    assert.deepEqual(found({ replicaId: a }), [12, 10, 8, 6, 4, 2]);
    assert.deepEqual(found({ level: 'error' }), [12, 9, 6, 3]);
    assert.deepEqual(found({ docId: 5 }), [5]);
    assert.deepEqual(found({ from: '2026-03-20T14:10:00Z' }), [12, 11, 10]);
    assert.deepEqual(found({ to: '2026-03-20T15:02:00+01:00' }), [2, 1]);
    assert.deepEqual(found({ q: 'failed' }), [11, 9, 7, 5, 3, 1]);
    assert.deepEqual(found({ q: 'failed', before: 5 }, 1), [3]);
    assert.deepEqual(found({ q: 'failed', level: 'error', replicaId: b, from: '2026-03-20T14:04:00Z', to: '2026-03-20T14:20:00Z' }), [9]);
    assert.deepEqual(found({ q: '  ' }, 2), [12, 11], 'blanks search for nothing');
  });

  const searches: [string, boolean][] = [
    ['backup', true],
    ['BACKUP', true],
    ['back', true],
    ['ba', false],
    ['100.64.0.3:8000', true],
    ['"couldn\'t', true],
    ['refused backup', true],
    ['backup missing', false],
    ['zurich', true],
    ['NOT backup', false],
    ['backup OR', false],
    ['backup*', true],
    ['-backup', true],
    ['message:backup', false],
    ['***', false],
    ['"', false],
    ['()', false],
  ];
  for (const [text, finds] of searches) {
    it(`${finds ? 'find' : 'do not find'} ${JSON.stringify(text)} as words, not as a query`, () => {
      const { s } = logbook();
      s.logs.add({ level: 'info', message: "The backup at 100.64.0.3:8000 couldn't be reached: connection refused (Zürich)." });
      assert.equal(s.logs.query({ q: text, limit: 5 }).length, finds ? 1 : 0);
    });
  }

  it('take any text as a search', () => {
    const { s } = logbook();
    s.logs.add({ level: 'info', message: 'hello' });
    fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom('"', '*', '^', ':', '(', ')', '-', '+', ' ', 'a', '\0', 'NEAR', 'AND') })), (q) => Array.isArray(s.logs.query({ q, limit: 1 })))); // prettier-ignore
  });

  it('lose what is older, also from the search', () => {
    const { s, clock } = logbook();
    s.logs.add({ level: 'info', message: 'old news' });
    clock.ms += 60_000;
    const kept = s.logs.add({ level: 'info', message: 'new news' });
    assert.equal(s.logs.prune('2026-03-20T15:01:00+01:00'), 1);
    assert.deepEqual(s.logs.query({ q: 'news', limit: 5 }), [kept]);
    assert.equal(s.logs.prune(AT), 0);
    clock.ms += 60_000;
    assert.equal(s.logs.prune(LATER), 1);
    assert.equal(s.logs.add({ level: 'info', message: 'after' }).id, kept.id + 1, 'a stream that resumes by id misses nothing');
  });
});
