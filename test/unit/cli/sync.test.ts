import assert from 'node:assert/strict';
import { serveSocket, socketPathOf, type SocketServer } from '../../../src/api';
import { exitOf } from '../../../src/cli/commands/sync';
import type { SyncSummary } from '../../../src/cli/summary';
import type { Controller, RunSummary } from '../../../src/controller';
import type { Store } from '../../../src/state';
import { fail, recordDocuments, settle } from '../api/library';
import type { FakeController } from '../api/fake-controller';
import { Bench, json } from './scripted-io';

const TOKEN = 'f00dfeedf00dfeedf00dfeedf00dfeedf00dfeed';
const WELL = { ok: true, error: null, nextStep: null, latencyMs: 1, docCount: 3, version: '3.0.5' };

function runSummary(runId: number, synced: number): RunSummary {
  return { runId, trigger: 'cli', startedAt: '', finishedAt: '', timedOut: false, synced, failed: 0, replicas: [] };
}

describe('pngx sync', () => {
  let bench: Bench;
  let store: Store;
  let replicaId: number;

  beforeEach(() => {
    bench = new Bench();
    store = bench.open();
    store.settings.set('master_url', 'http://master');
    store.settings.set('master_token', TOKEN);
    replicaId = store.replicas.add({ name: 'cellar', url: 'http://cellar.example', token: TOKEN }).id;
    recordDocuments(store, 3);
  });

  afterEach(() => bench.close());

  function finishCycle(): void {
    store.replicas.succeeded(replicaId, new Date().toISOString());
  }

  const sync = async (...args: string[]): Promise<{ code: number; summary: SyncSummary; err: string }> => {
    const ran = await bench.run('sync', '--json', ...args);
    return { code: ran.code, summary: json(ran) as unknown as SyncSummary, err: ran.err };
  };

  const refused = async (): Promise<[number, string]> => {
    const ran = await bench.run('sync', '--once', '--json');
    return [ran.code, (json(ran).error as { code: string }).code];
  };

  describe('with no controller running', () => {
    function engine(work: (signal: AbortSignal | undefined) => { settled: boolean; reason: string | null }): void {
      bench.controllerDoes(() => ({
        test: () => Promise.resolve(WELL),
        runUntilSettled: ({ signal }) => Promise.resolve({ ...work(signal), runs: [runSummary(1, 2), runSummary(2, 1)] }),
      }));
    }

    it('says that all is synced and verified', async () => {
      engine(() => {
        for (const doc of [1, 2, 3]) settle(store, replicaId, doc, true);
        finishCycle();
        return { settled: true, reason: null };
      });
      const { code, summary } = await sync('--until-settled');
      assert.equal(code, 0);
      assert.deepEqual(summary, {
        ok: true,
        settled: true,
        seconds: summary.seconds,
        runs: 2,
        reason: null,
        replicas: [
          {
            ...summary.replicas[0],
            id: replicaId,
            name: 'cellar',
            url: 'http://cellar.example',
            total: 3,
            ok: 3,
            pending: 0,
            error: 0,
            held: 0,
            limited: 0,
            quarantined: 0,
            verified: 3,
            differs: 0,
            errors: [],
          },
        ],
      });
      assert.deepEqual([bench.acquired, bench.released], [1, 1]);
      engine(() => ({ settled: true, reason: null }));
      assert.match((await bench.run('sync', '--until-settled')).out, /cellar: 3 ok, 3 verified\nEverything is synced and verified/);
    });

    it('exits 1 with the causes when something is not', async () => {
      engine(() => {
        settle(store, replicaId, 1, true);
        settle(store, replicaId, 2, true);
        fail(store, replicaId, 3, 'consume-failed');
        finishCycle();
        return { settled: true, reason: null };
      });
      const { code, summary } = await sync('--until-settled');
      assert.deepEqual([code, summary.ok, summary.settled], [1, false, true]);
      assert.match(summary.reason ?? '', /1 documents can't be synced to "cellar"/);
      assert.deepEqual(summary.replicas[0]?.errors, [
        {
          status: 'error',
          class: 'document',
          code: 'consume-failed',
          message: 'No: consume-failed.',
          next_step: 'Mend consume-failed.',
          count: 1,
          examples: [3],
        },
      ]);
    });

    it('exits 1 when documents were not checked', async () => {
      engine(() => {
        for (const doc of [1, 2, 3]) settle(store, replicaId, doc, doc > 1);
        finishCycle();
        return { settled: true, reason: null };
      });
      const { code, summary } = await sync('--until-settled');
      assert.deepEqual([code, summary.replicas[0]?.verified, summary.reason], [1, 2, '1 documents on "cellar" wait for their check.']);
    });

    it('exits 6 when the time is over', async () => {
      const asked: number[] = [];
      bench.controllerDoes(() => ({
        test: () => Promise.resolve(WELL),
        runUntilSettled: async ({ timeoutMs, signal }) => {
          asked.push(timeoutMs);
          await new Promise((resolve) => setTimeout(resolve, timeoutMs));
          return { settled: false, runs: [], reason: `Over, ${String(signal?.aborted)}.` };
        },
      }));
      const { code, summary } = await sync('--until-settled', '--timeout', '1');
      assert.deepEqual([code, asked, summary.settled, summary.reason], [6, [1000], false, 'Over, false.']);
    });

    it('exits 130 when interrupted, with a summary and the controller released', async () => {
      engine((signal) => {
        bench.interrupt.abort();
        return { settled: false, reason: `Interrupted ${String(signal?.aborted)}.` };
      });
      const { code, summary } = await sync('--until-settled');
      assert.deepEqual([code, summary.reason, bench.released], [130, 'Interrupted true.', 1]);
    });

    it('runs one cycle', async () => {
      bench.controllerDoes(() => ({
        test: () => Promise.resolve(WELL),
        runCycle: () => {
          for (const doc of [1, 2]) settle(store, replicaId, doc, true);
          finishCycle();
          return Promise.resolve(runSummary(1, 2));
        },
      }));
      const { code, summary } = await sync('--once');
      assert.deepEqual([code, summary.runs, summary.settled, summary.reason], [1, 1, false, '1 documents still wait for "cellar".']);
    });

    it('exits 4 when no replica could be used', async () => {
      bench.controllerDoes(() => ({
        test: () => Promise.resolve(WELL),
        runCycle: () => {
          store.replicas.failed(replicaId, 'Nobody answers.', 5, new Date().toISOString());
          return Promise.resolve({ skipped: 'No replica could be used.' });
        },
      }));
      const { code, summary } = await sync('--once');
      assert.deepEqual([code, summary.ok, summary.reason], [4, false, 'No replica could be used.']);
    });

    it('refuses before anything runs: no master, no token, no replica, a master that fails', async () => {
      bench.controllerDoes(() => ({ test: () => Promise.resolve({ ...WELL, ok: false, error: 'Nobody answers.', nextStep: 'Start it.' }) }));
      assert.deepEqual(await refused(), [4, 'master-failed']);
      store.replicas.update(replicaId, { enabled: false });
      assert.deepEqual(await refused(), [3, 'no-replica']);
      store.settings.set('master_token', null);
      assert.deepEqual(await refused(), [3, 'master-missing']);
      assert.equal(bench.acquired, bench.released);
    });
  });

  describe('with a controller running', () => {
    let server: SocketServer | undefined;

    afterEach(async () => server?.close());

    /** A controller whose flow does one more document a cycle. */
    async function flow(parts: (self: () => FakeController) => Partial<Controller> = () => ({})): Promise<FakeController> {
      let runs = 0;
      const made: FakeController[] = [];
      const running = (): FakeController => {
        const [controller] = made;
        if (controller === undefined) throw new Error('not running yet');
        return controller;
      };
      bench.controllerDoes(() => ({
        flowAttached: true,
        requestSync: () => {
          runs += 1;
          const runId = runs;
          setImmediate(() => {
            if (runId <= 3) settle(store, replicaId, runId, true);
            if (runId === 3) finishCycle();
            running().emit({ type: 'run-finished', summary: runSummary(runId, 1) });
          });
          return Promise.resolve({ kind: 'started', runId, tickets: [] });
        },
        ...parts(running),
      }));
      const self = bench.controller(store);
      made.push(self);
      server = await serveSocket(self, socketPathOf(bench.database));
      return self;
    }

    it('asks for cycles of the flow until nothing is left', async () => {
      await flow();
      const { code, summary, err } = await sync('--until-settled');
      assert.deepEqual([code, summary.ok, summary.runs, bench.acquired], [0, true, 3, 0]);
      assert.match(err, /Cycle 3: 1 synced, 0 failed/);
    });

    it('asks for one', async () => {
      await flow();
      const { code, summary } = await sync('--once');
      assert.deepEqual([code, summary.runs, summary.replicas[0]?.pending], [1, 1, 2]);
    });

    it('waits for the run after the one that goes on', async () => {
      let asked = 0;
      await flow((self) => ({
        requestSync: () => {
          asked += 1;
          setImmediate(() => {
            self().emit({ type: 'run-finished', summary: runSummary(7, 0) });
            for (const doc of [1, 2, 3]) settle(store, replicaId, doc, true);
            finishCycle();
            self().emit({ type: 'run-finished', summary: runSummary(8, 3) });
          });
          return Promise.resolve({ kind: 'skipped', code: 'running', message: 'A cycle is running.', queued: true, runId: 7 });
        },
      }));
      const { code, summary } = await sync('--once');
      assert.deepEqual([code, summary.runs, asked], [0, 1, 1]);
    });

    it('ends with the reason when the run after it does not begin', async () => {
      await flow((self) => ({
        requestSync: () => {
          setImmediate(() => self().emit({ type: 'run-skipped', code: 'no-replica', message: 'No replica is enabled.' }));
          return Promise.resolve({ kind: 'skipped', code: 'running', message: 'A cycle is running.', queued: true, runId: 7 });
        },
      }));
      const { code, summary } = await sync('--until-settled');
      assert.deepEqual([code, summary.reason], [1, 'No replica is enabled.']);
    });

    it('tells a master that fails from a mistake of ours', async () => {
      const message = 'The token was refused.';
      await flow(() => ({ requestSync: () => Promise.resolve({ kind: 'skipped', code: 'token-refused', message, queued: false, runId: null }) }));
      assert.deepEqual(await refused(), [4, 'token-refused']);
    });

    it('stops waiting when interrupted, and leaves the controller at work', async () => {
      await flow(() => ({
        requestSync: () => {
          setImmediate(() => bench.interrupt.abort());
          return Promise.resolve({ kind: 'started', runId: 1, tickets: [] });
        },
      }));
      const { code, summary } = await sync('--until-settled');
      assert.deepEqual([code, summary.reason], [130, 'Interrupted; the controller goes on.']);
    });

    it('stops waiting when the time is over', async () => {
      await flow(() => ({ requestSync: () => Promise.resolve({ kind: 'started', runId: 1, tickets: [] }) }));
      const { code, summary } = await sync('--until-settled', '--timeout', '1');
      assert.deepEqual([code, summary.settled, summary.reason], [6, false, 'The time was over; the controller goes on.']);
    });

    it('tells when the controller stops meanwhile', async () => {
      await flow(() => ({
        requestSync: () => {
          setImmediate(() => void server?.close());
          return Promise.resolve({ kind: 'started', runId: 1, tickets: [] });
        },
      }));
      const ran = await bench.run('sync', '--until-settled', '--json');
      assert.deepEqual([ran.code, (json(ran).error as { code: string }).code], [1, 'controller-gone']);
    });

    it('is refused where another pngx sync has the database', async () => {
      await flow(() => ({ flowAttached: false }));
      assert.deepEqual(await refused(), [5, 'database-in-use']);
    });

    it('answers the other commands, too', async () => {
      await flow();
      assert.equal(json(await bench.run('status', '--json')).state, 'running');
      assert.equal((await bench.run('replica', 'remove', 'cellar')).code, 0);
      assert.equal(store.replicas.get(replicaId), null);
      assert.equal(bench.acquired, 0);
    });
  });

  it('maps how it ended to the documented codes', () => {
    const replica = { enabled: true, status: 'synced' };
    const summary = (ok: boolean, settled: boolean, ...statuses: string[]): SyncSummary =>
      ({ ok, settled, replicas: statuses.map((status) => ({ ...replica, status })) }) as unknown as SyncSummary;
    const calm = { interrupted: false, timedOut: false };
    assert.equal(exitOf(summary(true, true, 'synced'), calm), 0);
    assert.equal(exitOf(summary(false, true, 'synced', 'unreachable'), calm), 1);
    assert.equal(exitOf(summary(false, true, 'suspended', 'unreachable'), calm), 4);
    assert.equal(exitOf(summary(false, false, 'error'), { ...calm, timedOut: true }), 6);
    assert.equal(exitOf(summary(false, true, 'error'), { ...calm, timedOut: true }), 1);
    assert.equal(exitOf(summary(true, true, 'synced'), { ...calm, interrupted: true }), 130);
  });
});
