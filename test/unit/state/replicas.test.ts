import assert from 'node:assert/strict';
import { InvalidReplicaError, type NewReplica, NotFoundError, ReplicaExistsError } from '../../../src/state';
import { addReplica, AT, bring, doc, LATER, only, store } from './support';

const backup: NewReplica = { name: 'backup', url: 'http://100.64.0.3:8000', token: 'abc123' };

describe('Replicas', () => {
  it('are added with what is known, and nothing else', () => {
    const s = store();
    const row = s.replicas.add({ ...backup, url: ' http://100.64.0.3:8000/ ', name: ' backup ' });
    assert.deepEqual(row, {
      id: 1,
      name: 'backup',
      url: 'http://100.64.0.3:8000',
      enabled: true,
      syncIntervalSeconds: null,
      lastSyncTs: null,
      consecutiveFailures: 0,
      suspendedAt: null,
      lastAlertAt: null,
      createdAt: AT,
      options: '{}',
      version: null,
      documentCount: null,
      lastContactAt: null,
      lastError: null,
    });
    assert.deepEqual([s.replicas.get(1), s.replicas.byName('backup'), s.replicas.list()], [row, row, [row]]);
    assert.deepEqual([s.replicas.get(2), s.replicas.byName('other')], [null, null]);
    assert.equal(s.replicas.token(1), 'abc123');
  });

  const twins: [string, Partial<NewReplica>, 'name' | 'url'][] = [
    ['name', { url: 'http://other' }, 'name'],
    ['address', { name: 'b' }, 'url'],
    ['address with a slash', { name: 'b', url: 'http://100.64.0.3:8000/' }, 'url'],
  ];
  for (const [what, change, field] of twins) {
    it(`are refused a second time by ${what}`, () => {
      const s = store();
      s.replicas.add(backup);
      assert.throws(
        () => s.replicas.add({ ...backup, ...change }),
        (error: unknown) => error instanceof ReplicaExistsError && error.field === field,
      );
      assert.equal(s.replicas.list().length, 1);
    });
  }

  it('are the same at one address however its host, port and end are written', () => {
    const s = store();
    s.replicas.add({ ...backup, url: 'http://Paperless.Lan:80/sub' });
    assert.throws(() => s.replicas.add({ ...backup, name: 'b', url: 'HTTP://paperless.lan/sub/' }), ReplicaExistsError);
    s.replicas.add({ ...backup, name: 'b', url: 'http://paperless.lan/Sub' });
  });

  const bad: [Partial<NewReplica>, string, RegExp][] = [
    [{ name: ' ' }, 'name', /needs a name/],
    [{ name: 'two\nlines' }, 'name', /on one line/],
    [{ url: 'paperless' }, 'url', /The address of backup isn't an address/],
    [{ url: 'http://u:p@h' }, 'url', /must not hold a user/],
    [{ token: ' ' }, 'token', /needs an API token/],
    [{ token: 'a b' }, 'token', /one word of plain characters/],
    [{ syncIntervalSeconds: 0 }, 'syncIntervalSeconds', /whole number of seconds above 0/],
    [{ syncIntervalSeconds: 1.5 }, 'syncIntervalSeconds', /whole number/],
    [{ options: '[]' }, 'options', /must be a JSON object/],
    [{ options: '{' }, 'options', /must be a JSON object/],
  ];
  for (const [change, field, sentence] of bad) {
    it(`are refused with ${JSON.stringify(change)}, saying what to give`, () => {
      const s = store();
      const check = (error: unknown): boolean => error instanceof InvalidReplicaError && error.field === field && sentence.test(error.message);
      assert.throws(() => s.replicas.add({ ...backup, ...change }), check);
      s.replicas.add(backup);
      assert.throws(() => s.replicas.update(1, change), check);
      assert.deepEqual([s.replicas.list().length, s.replicas.token(1)], [1, 'abc123']);
    });
  }

  it('change field by field; the token stays unless another is given', () => {
    const s = store();
    s.replicas.add(backup);
    addReplica(s, 'other');
    const row = s.replicas.update(1, { name: 'offsite', enabled: false, syncIntervalSeconds: 60, options: '{"a":1}' });
    assert.deepEqual([row.name, row.enabled, row.syncIntervalSeconds, row.options, row.url], ['offsite', false, 60, '{"a":1}', backup.url]);
    assert.equal(s.replicas.token(1), 'abc123');
    assert.equal(s.replicas.update(1, { token: 'new', syncIntervalSeconds: null }).syncIntervalSeconds, null);
    assert.equal(s.replicas.token(1), 'new');
    assert.equal(s.replicas.update(1, { url: `${backup.url}/` }).url, backup.url, 'its own address is no twin');
    assert.throws(() => s.replicas.update(1, { name: 'other' }), ReplicaExistsError);
  });

  it('are suspended by so many failures in a row, told once', () => {
    const s = store();
    s.replicas.add(backup);
    assert.deepEqual([1, 2, 3, 4].map(() => s.replicas.failed(1, 'It is away.', 3, AT)), [false, false, true, false]); // prettier-ignore
    const row = s.replicas.get(1);
    assert.deepEqual([row?.consecutiveFailures, row?.suspendedAt, row?.lastError, row?.lastSyncTs], [4, AT, 'It is away.', null]);
    s.replicas.unsuspend(1);
    assert.deepEqual([s.replicas.get(1)?.consecutiveFailures, s.replicas.get(1)?.suspendedAt, s.replicas.get(1)?.enabled], [0, null, true]);
  });

  it('start counting anew after a cycle that went through', () => {
    const s = store();
    s.replicas.add(backup);
    s.replicas.failed(1, 'It is away.', 3, AT);
    s.replicas.failed(1, 'It is away.', 3, AT);
    s.replicas.succeeded(1, LATER);
    assert.deepEqual([s.replicas.get(1)?.consecutiveFailures, s.replicas.get(1)?.lastSyncTs, s.replicas.get(1)?.lastError], [0, LATER, null]);
    assert.equal(s.replicas.failed(1, 'It is away.', 3, AT), false);
  });

  it('keep the last that was seen of them', () => {
    const s = store();
    s.replicas.add(backup);
    s.replicas.failed(1, 'It is away.', 3, AT);
    s.replicas.contact(1, { version: '3.0.5', documentCount: 12, at: AT });
    s.replicas.contact(1, { at: LATER });
    s.replicas.alerted(1, LATER);
    const row = s.replicas.get(1);
    assert.deepEqual([row?.version, row?.documentCount, row?.lastContactAt, row?.lastError, row?.lastAlertAt], ['3.0.5', 12, LATER, null, LATER]);
  });

  it('go with their rows, maps and checksums, and with nothing of the others', () => {
    const s = store();
    const [a, b] = [addReplica(s, 'a').id, addReplica(s, 'b').id];
    s.registry.record([doc(1)], null);
    for (const id of [a, b]) {
      bring(s, only(s, id), 'uploading');
      s.entities.setMap({ replicaId: id, kind: 'tag', masterId: 1, replicaEntityId: 2, name: 'x', data: '{}' });
      s.registry.learnReplicaChecksum(id, 5, 'a'.repeat(32));
      s.logs.add({ level: 'info', message: 'hello', replicaId: id });
      const run = s.runs.open({ replicaId: id, epoch: 1, triggeredBy: 'manual', deadline: LATER, replicas: [id] }, AT);
      s.events.add({ kind: 'x', runId: run.id, replicaId: id });
    }
    s.replicas.remove(a);
    assert.equal(s.registry.rowFor(a, 1), null);
    assert.deepEqual([s.entities.maps(a, 'tag').length, s.registry.replicaDocsByChecksum(a, 'a'.repeat(32)).length], [0, 0]);
    assert.deepEqual(s.logs.query({ limit: 9 }).map((entry) => entry.replicaId), [b, null]); // prettier-ignore
    assert.deepEqual(s.runs.list({ limit: 9 }).map((run) => run.replicaId), [b, null]); // prettier-ignore
    assert.deepEqual([only(s, b).step, s.entities.maps(b, 'tag').length, s.registry.counts(b).total], ['uploading', 1, 1]);
  });

  it('are named when they are not there', () => {
    const s = store();
    const gone: (() => unknown)[] = [
      () => s.replicas.update(7, {}),
      () => s.replicas.remove(7),
      () => s.replicas.token(7),
      () => s.replicas.contact(7, { at: AT }),
      () => s.replicas.failed(7, '', 1, AT),
      () => s.replicas.succeeded(7, AT),
      () => s.replicas.unsuspend(7),
      () => s.replicas.alerted(7, AT),
    ];
    for (const work of gone) assert.throws(work, (error: unknown) => error instanceof NotFoundError && error.message.includes('replica 7'));
  });
});
