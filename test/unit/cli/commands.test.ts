import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { socketPathOf, statusSchema } from '../../../src/api';
import { PROTOCOL } from '../../../src/api/protocol';
import { writePending } from '../../../src/controller/alerts-pending';
import { ConfigError } from '../../../src/controller';
import { PaperlessError } from '../../../src/paperless/errors';
import { fail, hold, recordDocuments, settle } from '../api/library';
import { Bench, json } from './scripted-io';

const TOKEN = 'f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed';

describe('pngx commands', () => {
  let bench: Bench;
  beforeEach(() => (bench = new Bench()));
  afterEach(() => bench.close());

  function withReplicas(...names: string[]): number[] {
    const store = bench.open();
    const ids = names.map((name) => store.replicas.add({ name, url: `http://${name}.example`, token: TOKEN }).id);
    recordDocuments(store, 3);
    return ids;
  }

  it('say so where the running controller is of another release', async () => {
    bench.open();
    const older = createServer((socket) => {
      socket.write(`${JSON.stringify({ hello: { protocol: PROTOCOL, pid: 1, version: '0.0.9', flow: false } })}\n`);
      socket.on('data', () => socket.write(`${JSON.stringify({ id: 1, status: 200, body: { replicas: 'as of old' } })}\n`));
    });
    older.listen(socketPathOf(bench.database));
    await once(older, 'listening');
    try {
      const ran = await bench.run('status');
      assert.equal(ran.code, 3);
      assert.match(ran.err, /another release.*same version, or restart the controller/s);
    } finally {
      older.close();
    }
  });

  describe('replica add', () => {
    const add = ['replica', 'add', '--name', 'cellar', '--url', 'http://cellar.example', '--token', TOKEN];

    it('adds, says so, and shows no token', async () => {
      bench.controllerDoes((store) => ({ addReplica: (given) => Promise.resolve({ id: store.replicas.add(given).id }) }));
      const ran = await bench.run(...add, '--interval', '60', '--json');
      assert.equal(ran.code, 0);
      const { replica } = json(ran) as { replica: { id: number; name: string; sync_interval_seconds: number } };
      assert.deepEqual([replica.id, replica.name, replica.sync_interval_seconds], [1, 'cellar', 60]);
      assert(!(ran.out + ran.err).includes(TOKEN));
      assert.deepEqual([bench.acquired, bench.released], [1, 1]);
      assert.equal((await bench.run(...add)).code, 3);
    });

    it('takes the token from standard input', async () => {
      bench.input = `${TOKEN}\n`;
      const given: string[] = [];
      bench.controllerDoes((store) => ({
        addReplica: (replica) => {
          given.push(replica.token);
          return Promise.resolve({ id: store.replicas.add(replica).id });
        },
      }));
      assert.equal((await bench.run(...add.slice(0, -1), '-')).code, 0);
      assert.deepEqual(given, [TOKEN]);
    });

    const refusals: [Error, number, string][] = [
      [
        new PaperlessError({ class: 'instance', code: 'login-page', message: 'A login page answered.', nextStep: 'Use its own address.' }),
        4,
        'login-page',
      ],
      [new ConfigError('replica-test-failed', 'cellar was not reached.', 'Check the address.'), 4, 'replica-test-failed'],
      [new ConfigError('same-instance', 'It is the master itself.', 'Give another.'), 3, 'same-instance'],
      [
        Object.assign(new Error('In use. Stop it.'), { name: 'DatabaseInUseError', code: 'database_in_use', nextStep: 'Stop it.' }),
        5,
        'database-in-use',
      ],
      [new TypeError('x is undefined'), 70, 'internal'],
    ];
    for (const [error, exit, code] of refusals) {
      it(`exits ${exit} for ${code}`, async () => {
        bench.controllerDoes(() => ({ addReplica: () => Promise.reject(error) }));
        const ran = await bench.run(...add, '--json');
        assert.deepEqual([ran.code, (json(ran).error as { code: string }).code], [exit, code]);
        assert.equal(bench.released, 1);
        assert(!ran.err.includes('    at '));
      });
    }
  });

  it('lists replicas from the database, without a controller', async () => {
    withReplicas('cellar', 'attic');
    const { replicas } = json(await bench.run('replica', 'list', '--json')) as { replicas: { name: string }[] };
    assert.deepEqual(
      replicas.map((r) => r.name),
      ['cellar', 'attic'],
    );
    const plain = (await bench.run('replica', 'list')).out;
    assert.match(plain, /^1 +cellar +http:\/\/cellar\.example/m);
    assert(!plain.includes(TOKEN));
    assert.equal(bench.acquired, 0);
  });

  it('finds no database, and says where it looked', async () => {
    const ran = await bench.run('status', '--json');
    const { code, message } = json(ran).error as { code: string; message: string };
    assert.deepEqual([ran.code, code], [3, 'no-database']);
    assert(message.includes(bench.database));
  });

  it('removes a replica by name or id, and refuses what is neither or both', async () => {
    withReplicas('cellar', 'attic', '1');
    assert.match((await bench.run('replica', 'remove', 'loft')).err, /no replica "loft".*cellar \(1\), attic \(2\), 1 \(3\)/);
    const both = await bench.run('replica', 'remove', '1');
    assert.deepEqual([both.code, /is the name of replica 3 and the id of "cellar"/.test(both.err)], [2, true]);
    assert.equal((await bench.run('replica', 'remove', '--replica', '3')).code, 0);
    assert.equal((await bench.run('replica', 'remove', 'attic')).code, 0);
    assert.deepEqual(
      (json(await bench.run('replica', 'list', '--json')).replicas as { id: number }[]).map((r) => r.id),
      [1],
    );
    assert.equal((await bench.run('replica', 'remove')).code, 2);
  });

  it('tries a replica, and exits 4 when it fails', async () => {
    withReplicas('cellar');
    const result = { ok: true, error: null, nextStep: null, latencyMs: 3, docCount: 9, version: '3.0.5' };
    bench.controllerDoes(() => ({ test: () => Promise.resolve(result) }));
    assert.match((await bench.run('replica', 'test', 'cellar')).out, /version 3\.0\.5, 9 documents/);
    bench.controllerDoes(() => ({ test: () => Promise.resolve({ ...result, ok: false, error: 'Nobody answers.', nextStep: 'Start it.' }) }));
    const failed = await bench.run('replica', 'test', 'cellar', '--json');
    assert.deepEqual([failed.code, json(failed).ok, failed.err], [4, false, 'Nobody answers. Start it.\n']);
  });

  it('shows the status as people and as scripts read it', async () => {
    const [cellar] = withReplicas('cellar');
    settle(bench.open(), cellar ?? 0, 1, true);
    const status = statusSchema.parse(json(await bench.run('status', '--json')));
    assert.deepEqual([status.state, status.flow, status.replicas[0]?.ok, status.replicas[0]?.pending], ['stopped', false, 1, 2]);
    const { out } = await bench.run('status');
    assert.match(out, /^Controller: stopped$/m);
    assert.match(out, /^Master: none yet/m);
    assert.match(out, /^cellar +syncing +1 +2 +0/m);
    assert.match(out, /^Last sync: none yet$/m);
    assert.doesNotMatch(out, /^Alerts/m);
    const at = Date.UTC(2026, 10, 21, 12);
    const alert = {
      replicaId: cellar ?? 0,
      event: 'replica_suspended',
      payload: {},
      since: at,
      nextAt: at + 60_000,
      attempts: 1,
      target: 'x',
      error: 'Nobody answers.',
    };
    writePending(bench.open(), [alert]);
    assert.match((await bench.run('status')).out, /^Alerts: 1 could not be sent yet\. Nobody answers\. Tried again at 2026-11-21T12:01:00\.000Z\.$/m);
    const { alerts } = statusSchema.parse(json(await bench.run('status', '--json')));
    assert.deepEqual([alerts.waiting, alerts.since], [1, '2026-11-21T12:00:00.000Z']);
  });

  it('says in the status what is under way, what failed, and what to do about it', async () => {
    const [cellar] = withReplicas('cellar');
    const store = bench.open();
    const row = (doc: number): number => store.registry.rowFor(cellar ?? 0, doc)?.id ?? 0;
    const at = '2026-11-21T12:04:46.390Z';
    const intent = {
      nonce: '84c7fcfd55',
      at,
      kind: 'document' as const,
      fileName: 'a.txt',
      sha256: 'a',
      md5: 'b',
      size: 1,
      masterVersionId: 1,
      position: 0,
    };
    store.registry.move(row(1), { to: 'uploading', intent }, at);
    const trouble = { errorClass: 'retry', code: 'task-timed-out', message: 'Nothing came of it.', nextStep: 'Look at the worker.', nextRetryAt: at };
    store.registry.move(row(2), { to: 'error', ...trouble }, at);
    const status = statusSchema.parse(json(await bench.run('status', '--json')));
    assert.deepEqual([status.replicas[0]?.in_flight, status.replicas[0]?.in_flight_since], [1, at]);
    const { out } = await bench.run('status');
    assert.match(out, /^cellar:\n {2}1 under way: sent, the first at 2026-11-21T12:04:46\.390Z/m);
    assert.match(out, /^ {2}1 × task-timed-out: Nothing came of it\. Look at the worker\. \(documents 2\)$/m);
  });

  it('has failed documents tried again, all or those that are named', async () => {
    const [cellar] = withReplicas('cellar');
    const store = bench.open();
    const id = cellar ?? 0;
    const status = (doc: number): string | undefined => store.registry.rowFor(id, doc)?.status;
    for (const doc of [1, 2]) fail(store, id, doc, 'consume-failed');
    hold(store, id, 3, 'kept back');
    const one = await bench.run('retry', '--replica', 'cellar', '--documents', '2,3', '--json');
    assert.deepEqual([one.code, json(one)['retried'], [1, 2, 3].map(status)], [0, 2, ['error', 'pending', 'pending']]);
    assert.match((await bench.run('retry', '--replica', 'cellar')).out, /^1 documents of "cellar" are tried again/u);
    assert.equal(status(1), 'pending');
    assert.equal((await bench.run('retry', '--replica', 'cellar', '--documents', 'x')).code, 2);
    assert.match((await bench.run('retry', '--replica', 'cellar', '--documents', '77')).err, /has no document 77/u);
  });

  it('has those tried again that failed for one cause', async () => {
    const [cellar] = withReplicas('cellar');
    const store = bench.open();
    fail(store, cellar ?? 0, 1, 'consume-failed');
    fail(store, cellar ?? 0, 2, 'file-damaged');
    assert.equal(json(await bench.run('retry', '--replica', 'cellar', '--code', 'file-damaged', '--json'))['retried'], 1);
    assert.deepEqual([1, 2].map((doc) => store.registry.rowFor(cellar ?? 0, doc)?.status), ['error', 'pending']); // prettier-ignore
  });

  it('shows how copies differ, and takes decisions about them', async () => {
    const [cellar] = withReplicas('cellar');
    const store = bench.open();
    const id = cellar ?? 0;
    assert.equal((await bench.run('drift', '--replica', 'cellar')).out, 'Every copy was as it should be when it was last looked at.\n');
    for (const doc of [1, 2]) {
      settle(store, id, doc, true);
      const row = store.registry.rowFor(id, doc)?.id ?? 0;
      const difference = JSON.stringify([{ field: 'title', wanted: `Invoice ${doc}`, found: 'Theirs' }]);
      store.registry.verified(row, { verification: 'differs', version: 1, difference }, '2026-11-21T12:04:46.390Z');
      store.registry.move(row, { to: 'held', code: 'drift-asked' }, '2026-11-21T12:04:46.390Z');
    }
    const { out } = await bench.run('drift', 'cellar');
    assert.match(
      out,
      /^Document 1 "Invoice 1" \(copy 1001\): asked, found 2026-11-21T12:04:46\.390Z\n {2}title: wanted "Invoice 1", found "Theirs"$/mu,
    );
    const { items } = json(await bench.run('drift', 'cellar', '--document', '2', '--json')) as { items: { master_document_id: number }[] };
    assert.deepEqual(items.map((item) => item.master_document_id), [2]); // prettier-ignore
    assert.match((await bench.run('drift', 'cellar', '--document', '1', '--decide', 'keep')).out, /: kept,[^]*decided by command line\./u);
    assert.equal((await bench.run('drift', 'cellar', '--document', '2', '--decide', 'revert')).code, 0);
    assert.deepEqual([1, 2].map((doc) => store.registry.rowFor(id, doc)?.status), ['held', 'pending']); // prettier-ignore
    assert.deepEqual(store.audit.list({ limit: 5 }).map(({ action, who }) => [action, who]).slice(0, 2), [['drift.revert', 'command line'], ['drift.keep', 'command line']]); // prettier-ignore
    assert.equal((await bench.run('drift', 'cellar', '--decide', 'keep')).code, 2);
    assert.equal((await bench.run('drift', 'cellar', '--document', '1', '--decide', 'both')).code, 2);
    assert.match((await bench.run('drift', 'cellar', '--document', '3', '--decide', 'keep')).err, /doesn't differ/u);
    assert.match((await bench.run('drift', 'cellar', '--document', '77', '--decide', 'keep')).err, /has no document 77/u);
  });

  it('exports the map as one object, or as lines', async () => {
    const [cellar, attic] = withReplicas('cellar', 'attic');
    const store = bench.open();
    for (const doc of [1, 2, 3]) settle(store, cellar ?? 0, doc, true);
    assert.deepEqual(json(await bench.run('export-map', '--replica', 'cellar', '--json')), { 1: 1001, 2: 1002, 3: 1003 });
    assert.equal((await bench.run('export-map', '--replica', String(cellar))).out, '1\t1001\n2\t1002\n3\t1003\n');
    assert.deepEqual(json(await bench.run('export-map', '--replica', String(attic), '--json')), {});
  });

  it('changes settings and lists them', async () => {
    withReplicas();
    assert.equal((await bench.run('settings', 'set', 'sync_interval_seconds', '600')).code, 0);
    assert.equal((await bench.run('settings', 'set', 'paused', 'true', '--json')).code, 0);
    const { settings } = json(await bench.run('settings', 'list', '--json')) as { settings: Record<string, unknown> };
    assert.deepEqual([settings.sync_interval_seconds, settings.paused], [600, true]);
    bench.input = TOKEN;
    assert.equal((await bench.run('settings', 'set', 'alert_target_token', '-')).code, 0);
    assert.equal((await bench.run('settings', 'set', 'paused', 'default')).code, 0);
    const { out } = await bench.run('settings', 'list');
    assert.match(out, /^sync_interval_seconds +600 +Time between two cycles\.$/m);
    assert.match(out, /^paused +false/m);
    assert.match(out, /^alert_target_token_set +true/m);
    assert(!out.includes(TOKEN));
    assert.equal((await bench.run('settings', 'set', 'schedule_cron', 'every full moon')).code, 3);
  });

  it('changes the master', async () => {
    const set: unknown[] = [];
    bench.controllerDoes(() => ({ setMaster: (address) => Promise.resolve(void set.push(address)) }));
    bench.input = TOKEN;
    const ran = await bench.run('master', 'set', '--url', 'http://master', '--token', '-', '--json');
    assert.equal(ran.code, 0);
    assert.deepEqual(set, [{ url: 'http://master', token: TOKEN }]);
    assert(!ran.out.includes(TOKEN));
    bench.controllerDoes(() => ({ setMaster: () => Promise.reject(new ConfigError('master-test-failed', 'Refused.', 'Mend it.')) }));
    assert.equal((await bench.run('master', 'set', '--url', 'http://master', '--token', TOKEN)).code, 4);
  });
});
