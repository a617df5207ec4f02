import assert from 'node:assert/strict';
import { errorsSchema, pairsSchema, problemSchema, runOperation, statusSchema, type Problem } from '../../../src/api';
import { badge } from '../../../src/api/operations/status';
import { ConfigError, type Controller, type CycleStart } from '../../../src/controller';
import { PaperlessError } from '../../../src/paperless/errors';
import type { ReplicaRow, Store } from '../../../src/state';
import { fakeController } from './fake-controller';
import { fail, hold, limit, memoryStore, NOW, recordDocuments, settle } from './library';

const TOKEN = 'f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed';

describe('operations', () => {
  let store: Store;

  beforeEach(() => {
    store = memoryStore();
  });

  afterEach(() => store.close());

  function controllerWith(parts: Partial<Controller> = {}): Controller {
    return fakeController({
      store,
      counts: (id) => store.registry.counts(id),
      master: () => ({ url: 'http://master', version: '3.0.5', ok: true, message: null, lastContactAt: null, unconfirmedGone: 0 }),
      ...parts,
    });
  }

  async function run(id: string, input: unknown = {}, parts: Partial<Controller> = {}): Promise<{ status: number; body: unknown }> {
    return runOperation(id, input, { controller: controllerWith(parts), who: 'anna', now: () => new Date(NOW) });
  }

  async function refusal(id: string, input: unknown, parts: Partial<Controller> = {}): Promise<Problem> {
    const answer = await run(id, input, parts);
    const problem = problemSchema.parse(answer.body);
    assert.equal(problem.status, answer.status);
    assert(problem.next_step.length > 5);
    return problem;
  }

  function replica(name: string): ReplicaRow {
    return store.replicas.add({ name, url: `http://${name}.example`, token: TOKEN });
  }

  describe('status', () => {
    it('counts what the registry knows, per replica', async () => {
      const cellar = replica('cellar');
      recordDocuments(store, 8);
      settle(store, cellar.id, 1, true);
      settle(store, cellar.id, 2, false);
      fail(store, cellar.id, 3, 'file-type-unsupported');
      limit(store, cellar.id, 4, 'file name too long');
      hold(store, cellar.id, 5, 'dropped by the flow');
      store.replicas.succeeded(cellar.id, new Date(NOW - 90_000).toISOString());
      const answer = await run('status');
      assert.equal(answer.status, 200);
      const status = statusSchema.parse(answer.body);
      const [r] = status.replicas;
      assert(r !== undefined);
      assert.deepEqual([r.total, r.ok, r.pending, r.error, r.held, r.limited, r.quarantined, r.verified, r.unverified], [8, 2, 3, 1, 1, 1, 0, 1, 1]);
      assert.equal(r.lag_seconds, 90);
      assert.equal(r.lag_items, 4);
      assert.equal(r.oldest_waiting, store.registry.masterDoc(3)?.modified);
      assert.equal(r.status, 'error');
      assert.equal(status.master.documents, 8);
      assert.equal(status.last_sync, null);
      assert.equal(status.paused, false);
      store.settings.set('paused', true);
      assert.equal(statusSchema.parse((await run('status')).body).paused, true);
    });

    it('tells the last cycles and the last sync', async () => {
      const cellar = replica('cellar');
      const attic = replica('attic');
      for (let n = 0; n < 22; n += 1) {
        const start = new Date(NOW - (30 - n) * 60_000).toISOString();
        const end = new Date(NOW - (30 - n) * 60_000 + 5000).toISOString();
        const opened = store.runs.open(
          { replicaId: null, epoch: 1, triggeredBy: 'scheduler', deadline: end, replicas: [cellar.id, attic.id] },
          start,
        );
        if (n === 21) break;
        for (const { id } of [cellar, attic])
          store.runs.closeReplica(opened.id, id, { outcome: 'finished', docsSynced: n, docsFailed: 0, docsVerified: 1 }, end);
        store.runs.close(opened.id, { timedOut: false }, end);
      }
      const status = statusSchema.parse((await run('status')).body);
      assert.equal(status.last_sync?.run_id, 21);
      assert.equal(status.last_sync.duration_seconds, 5);
      assert.equal(status.last_sync.synced, 40);
      const cycles = status.replicas[0]?.last_cycles ?? [];
      assert.equal(cycles.length, 20);
      assert.deepEqual([cycles[0]?.run_id, cycles[0]?.finished_at, cycles[1]?.run_id, cycles[1]?.outcome], [22, null, 21, 'finished']);
      assert.equal(status.replicas[0]?.status, 'syncing');
    });

    it('gives each replica the gravest badge that holds', () => {
      const idle = { working: false, failed: 0, waiting: 0 };
      const well: ReplicaRow = { ...replica('cellar'), lastSyncTs: '2026-03-20T13:00:00Z' };
      assert.equal(badge(well, idle), 'synced');
      assert.equal(badge({ ...well, lastSyncTs: null }, idle), 'syncing');
      assert.equal(badge(well, { ...idle, waiting: 1 }), 'syncing');
      assert.equal(badge(well, { ...idle, waiting: 1, failed: 1 }), 'error');
      assert.equal(badge({ ...well, lastError: 'refused' }, { ...idle, failed: 1 }), 'unreachable');
      assert.equal(badge({ ...well, lastError: 'refused' }, { ...idle, working: true }), 'syncing');
      assert.equal(badge({ ...well, suspendedAt: 'then', lastError: 'refused' }, { ...idle, working: true }), 'suspended');
    });
  });

  describe('sync', () => {
    const answering = (start: CycleStart, asked: unknown[] = []): Partial<Controller> => ({
      flowAttached: true,
      requestSync: (request) => {
        asked.push(request);
        return Promise.resolve(start);
      },
    });

    it('is accepted at once, through the flow', async () => {
      const { id } = replica('cellar');
      const asked: unknown[] = [];
      const answer = await run('sync', { replica_id: String(id) }, answering({ kind: 'started', runId: 7, tickets: [] }, asked));
      assert.deepEqual(answer, { ...answer, status: 202, body: { run_id: 7, queued: false, message: null } });
      assert.deepEqual(asked, [{ trigger: 'manual', replicaId: id, viaFlow: true }]);
    });

    it('is accepted and queued while a run goes on', async () => {
      const start: CycleStart = { kind: 'skipped', code: 'running', message: 'Run 7 goes on.', queued: true, runId: 8 };
      assert.deepEqual((await run('sync', {}, answering(start))).body, { run_id: 8, queued: true, message: 'Run 7 goes on.' });
    });

    it('is refused with the reason when it can not be', async () => {
      const skipped: CycleStart = { kind: 'skipped', code: 'no-master', message: 'There is no master.', queued: false, runId: null };
      assert.deepEqual(
        [(await refusal('sync', {}, answering(skipped))).code, (await run('sync', {}, answering(skipped))).status],
        ['no-master', 409],
      );
      assert.equal((await refusal('sync', {}, answering({ kind: 'idle' }))).code, 'nothing-to-sync');
      assert.equal((await refusal('sync', {}, {})).code, 'no-flow');
      assert.equal((await refusal('sync', { replica_id: 99 }, answering({ kind: 'idle' }))).status, 404);
      assert.equal((await refusal('sync', { replica: 1 }, answering({ kind: 'idle' }))).code, 'invalid-input');
    });

    it('tells how far it is', async () => {
      const progress = () => ({ running: true, runId: 3, phase: 'push', docsDone: 4, docsTotal: 9 });
      assert.deepEqual((await run('sync-running', {}, { progress })).body, { running: true, phase: 'push', docs_done: 4, docs_total: 9, run_id: 3 });
    });
  });

  describe('replicas', () => {
    const wanted = { name: 'cellar', url: 'http://cellar.example', token: TOKEN };

    it('are added after a test and never show their token', async () => {
      const addReplica: Controller['addReplica'] = (given, who) => {
        assert.deepEqual([given, who], [{ ...wanted, syncIntervalSeconds: 600, enabled: true }, 'anna']);
        return Promise.resolve({ id: store.replicas.add(given).id });
      };
      const added = await run('replica-add', { ...wanted, sync_interval_seconds: 600 }, { addReplica });
      assert.equal(added.status, 201);
      const { id } = added.body as { id: number };
      const all = [
        added,
        await run('replica-list'),
        await run('status'),
        await run('replica-unsuspend', { id }),
        await run('replica-remove', { id }),
      ];
      for (const { status, body } of all) {
        assert(status < 300);
        assert(!JSON.stringify(body).includes(TOKEN));
        assert(!JSON.stringify(body).includes('token'));
      }
      assert(!JSON.stringify(store.audit.list({ limit: 10 })).includes(TOKEN));
    });

    it('are refused field by field before anything is asked', async () => {
      const bad = await refusal('replica-add', { name: ' ', url: 'ftp://x', sync_interval_seconds: 0, colour: 'red' });
      assert.equal(bad.status, 400);
      assert.deepEqual(bad.errors?.map((e) => e.field).sort(), ['(input)', 'name', 'sync_interval_seconds', 'token', 'url']);
    });

    it('are refused with what the instance or the registry said', async () => {
      const refusing = (error: Error): Partial<Controller> => ({ addReplica: () => Promise.reject(error) });
      const login = new PaperlessError({
        class: 'instance',
        code: 'login-page',
        message: 'A login page answered.',
        nextStep: 'Use the address behind the proxy.',
      });
      const instance = await refusal('replica-add', wanted, refusing(login));
      assert.deepEqual(
        [instance.status, instance.code, instance.category, instance.detail],
        [422, 'login-page', 'instance', 'A login page answered.'],
      );
      const same = await refusal('replica-add', wanted, refusing(new ConfigError('same-instance', 'That is the master', 'Give another address.')));
      assert.deepEqual([same.status, same.category, same.detail], [422, 'configuration', 'That is the master.']);
      replica('cellar');
      const twice = await refusal('replica-add', wanted, { addReplica: (given) => Promise.resolve({ id: store.replicas.add(given).id }) });
      assert.deepEqual([twice.status, twice.code], [409, 'replica-exists']);
      assert(!twice.detail.includes(twice.next_step));
    });

    it('are removed with an entry in the audit log, but not under a running cycle', async () => {
      const { id } = replica('cellar');
      const at = new Date(NOW).toISOString();
      const opened = store.runs.open({ replicaId: null, epoch: 1, triggeredBy: 'manual', deadline: at, replicas: [id] }, at);
      const progress = () => ({ running: true, runId: opened.id, phase: 'push', docsDone: 0, docsTotal: 1 });
      assert.equal((await refusal('replica-remove', { id }, { progress })).code, 'replica-busy');
      assert(store.replicas.get(id) !== null);
      assert.equal((await run('replica-remove', { id })).status, 200);
      assert.equal(store.replicas.get(id), null);
      const [entry] = store.audit.list({ limit: 1 });
      assert.deepEqual([entry?.who, entry?.action], ['anna', 'replica.remove']);
      assert.equal((await refusal('replica-remove', { id })).status, 404);
    });

    it('are tried, and the result is an answer, not an error', async () => {
      const { id } = replica('cellar');
      const result = { ok: false, error: 'Refused.', nextStep: 'Mend it.', latencyMs: 12.6, docCount: null, version: null };
      const test: Controller['test'] = (address) => {
        assert.deepEqual(address, { url: 'http://cellar.example', token: TOKEN });
        return Promise.resolve(result);
      };
      const answer = await run('replica-test', { id }, { test });
      assert.deepEqual(answer.body, { ok: false, error: 'Refused.', next_step: 'Mend it.', latency_ms: 13, doc_count: null, version: null });
    });

    it('come back from suspension, enabled', async () => {
      const { id } = replica('cellar');
      store.replicas.update(id, { enabled: false });
      assert(store.replicas.failed(id, 'refused', 1, new Date(NOW).toISOString()));
      const { body } = await run('replica-unsuspend', { id });
      assert.deepEqual(body, { ...(body as object), enabled: true, suspended_at: null, consecutive_failures: 0 });
    });
  });

  describe('documents', () => {
    it('come in pages by key, with titles, filtered', async () => {
      const { id } = replica('cellar');
      recordDocuments(store, 7);
      fail(store, id, 2, 'gone');
      const seen: unknown[] = [];
      let after: number | null = null;
      do {
        const answer = await run('replica-documents', { id, limit: '3', ...(after === null ? {} : { after }) });
        const page = answer.body as { items: { master_document_id: number; title: string }[]; next_after: number | null };
        seen.push(...page.items.map((item) => [item.master_document_id, item.title]));
        after = page.next_after;
      } while (after !== null);
      assert.deepEqual(
        seen,
        Array.from({ length: 7 }, (_, i) => [i + 1, `Invoice ${i + 1}`]),
      );
      const failed = (await run('replica-documents', { id, status: 'error' })).body as { items: { error_code: string; next_step: string }[] };
      assert.deepEqual(
        failed.items.map((item) => [item.error_code, item.next_step]),
        [['gone', 'Mend gone.']],
      );
    });

    it('are grouped by what is wrong', async () => {
      const { id } = replica('cellar');
      recordDocuments(store, 12);
      for (let doc = 1; doc <= 7; doc += 1) fail(store, id, doc, 'file-type-unsupported');
      fail(store, id, 8, 'consume-failed');
      limit(store, id, 9, 'identical bytes');
      limit(store, id, 10, 'identical bytes');
      hold(store, id, 11, 'dropped by the flow');
      const causes = errorsSchema.parse((await run('replica-errors', { id })).body);
      assert.deepEqual(causes, {
        errors: [
          {
            status: 'error',
            class: 'document',
            code: 'file-type-unsupported',
            message: 'No: file-type-unsupported.',
            next_step: 'Mend file-type-unsupported.',
            count: 7,
            examples: [1, 2, 3, 4, 5],
          },
          {
            status: 'error',
            class: 'document',
            code: 'consume-failed',
            message: 'No: consume-failed.',
            next_step: 'Mend consume-failed.',
            count: 1,
            examples: [8],
          },
        ],
        limited_reasons: { 'identical bytes': 2 },
        held_reasons: { 'dropped by the flow': 1 },
      });
    });

    it('say which copy is whose', async () => {
      const { id } = replica('cellar');
      recordDocuments(store, 4);
      for (const doc of [1, 3, 4]) settle(store, id, doc, true);
      const first = pairsSchema.parse((await run('replica-pairs', { id, limit: 2 })).body);
      assert.deepEqual(first, {
        items: [
          [1, 1001],
          [3, 1003],
        ],
        next_after: 3,
      });
      assert.deepEqual(pairsSchema.parse((await run('replica-pairs', { id, limit: 2, after: 3 })).body), { items: [[4, 1004]], next_after: null });
    });
  });

  describe('logs and runs', () => {
    it('page backwards and filter', async () => {
      const { id } = replica('cellar');
      for (let n = 1; n <= 5; n += 1)
        store.logs.add({ level: n % 2 === 0 ? 'error' : 'info', message: `entry ${n} of water`, replicaId: n === 4 ? id : null });
      const page = (await run('logs', { limit: 2 })).body as { items: { msg: string }[]; next_before: number };
      assert.deepEqual(
        page.items.map((item) => item.msg),
        ['entry 5 of water', 'entry 4 of water'],
      );
      const next = (await run('logs', { limit: 10, before: page.next_before })).body as { items: unknown[]; next_before: unknown };
      assert.deepEqual([next.items.length, next.next_before], [3, null]);
      const errors = (await run('logs', { level: 'error', replica_id: String(id), q: 'water' })).body as { items: { replica: string }[] };
      assert.deepEqual(
        errors.items.map((item) => item.replica),
        ['cellar'],
      );
      assert.equal(((await run('logs', { from: '2999-01-01' })).body as { items: unknown[] }).items.length, 0);
      assert.equal((await refusal('logs', { from: 'yesterday' })).code, 'invalid-input');
      assert.equal((await refusal('logs', { limit: 5000 })).code, 'invalid-input');
    });

    it('list runs newest first with their replicas', async () => {
      const { id } = replica('cellar');
      const at = new Date(NOW).toISOString();
      for (let n = 0; n < 3; n += 1) {
        const opened = store.runs.open({ replicaId: null, epoch: 1, triggeredBy: 'cli', deadline: at, replicas: [id] }, at);
        store.runs.closeReplica(opened.id, id, { outcome: 'failed', docsSynced: 0, docsFailed: 2, docsVerified: 0, message: 'Refused.' }, at);
        store.runs.close(opened.id, { timedOut: true }, at);
      }
      const page = (await run('runs', { limit: 2 })).body as { items: { id: number; replicas: { message: string }[] }[]; next_before: number };
      assert.deepEqual(
        page.items.map((item) => item.id),
        [3, 2],
      );
      assert.equal(page.items[0]?.replicas[0]?.message, 'Refused.');
      assert.equal(page.next_before, 2);
    });
  });

  describe('settings', () => {
    it('change all or none, with an entry in the audit log that shows no secret', async () => {
      const setMaster: Controller['setMaster'] = () => Promise.reject(new Error('the master must not be asked'));
      const bad = await refusal(
        'settings-update',
        { sync_interval_seconds: 60, quiet_hours: 'at night', master_url: 'http://new', master_token: 't' },
        { setMaster },
      );
      assert.deepEqual([bad.status, bad.category], [422, 'configuration']);
      assert.equal(store.settings.number('sync_interval_seconds'), 900);
      assert.equal(store.audit.list({ limit: 1 }).length, 0);
      assert.equal((await refusal('settings-update', { sync_interval_seconds: '60' })).code, 'invalid-input');
      assert.equal((await refusal('settings-update', { colour: 'red' })).code, 'invalid-input');
      const answer = await run('settings-update', { sync_interval_seconds: 60, alert_target_token: TOKEN, quiet_hours: '22:00-06:00' });
      assert.equal(answer.status, 200);
      assert(!JSON.stringify(answer.body).includes(TOKEN));
      const [entry] = store.audit.list({ limit: 1 });
      assert.deepEqual(JSON.parse(entry?.after ?? ''), { sync_interval_seconds: 60, alert_target_token: true, quiet_hours: '22:00-06:00' });
      assert.deepEqual(JSON.parse(entry?.before ?? ''), { sync_interval_seconds: 900, alert_target_token: false, quiet_hours: '' });
      await run('settings-update', { sync_interval_seconds: null });
      assert.equal(store.settings.number('sync_interval_seconds'), 900);
    });

    it('keep what is not given and hide the token', async () => {
      store.settings.set('master_url', 'http://old');
      store.settings.set('master_token', TOKEN);
      const set: unknown[] = [];
      const setMaster: Controller['setMaster'] = (address, who) => Promise.resolve(void set.push([address, who]));
      const answer = await run('settings-update', { master_url: 'http://new' }, { setMaster });
      assert.deepEqual(set, [[{ url: 'http://new', token: TOKEN }, 'anna']]);
      assert(!JSON.stringify(answer.body).includes(TOKEN));
      assert.equal((await refusal('settings-update', {}, { setMaster })).code, 'invalid-input');
      store.settings.set('master_token', null);
      assert.equal((await refusal('settings-update', { master_url: 'http://new' }, { setMaster })).code, 'master-incomplete');
    });
  });
});
