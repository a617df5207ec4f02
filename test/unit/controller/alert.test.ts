import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Alerts } from '../../../src/controller/alert';
import { readPending, writePending } from '../../../src/controller/alerts-pending';
import type { LogEntry } from '../../../src/controller/log';
import type { ReplicaSummary, RunSummary } from '../../../src/controller/types';
import { openStore, type Store } from '../../../src/state';
import { smallLibrary } from '../../support/libraries';
import { openWorld } from '../../support/world';

const NOW = Date.UTC(2026, 10, 21, 12);

function summary(...replicas: Partial<ReplicaSummary>[]): RunSummary {
  const whole = replicas.map((change, n): ReplicaSummary => ({
    id: n + 1,
    name: `replica-${n + 1}`,
    outcome: 'finished',
    synced: 3,
    failed: 0,
    verified: 0,
    message: null,
    suspended: false,
    suspendedNow: false,
    consecutiveFailures: 0,
    url: `http://replica-${n + 1}.example`,
    ...change,
  }));
  return { runId: 1, trigger: 'scheduler', startedAt: '', finishedAt: '', timedOut: false, synced: 0, failed: 0, replicas: whole };
}

describe('alerts', () => {
  let server: Server;
  let store: Store;
  let got: { url: string; headers: Record<string, unknown>; body: Record<string, unknown> }[];
  let status = 200;
  let alerts: Alerts;
  let now = NOW;
  let log: LogEntry[];

  beforeEach(async () => {
    got = [];
    status = 200;
    now = NOW;
    log = [];
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (chunk: Buffer) => parts.push(chunk));
      request.on('end', () => {
        got.push({ url: request.url ?? '', headers: request.headers, body: JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown> });
        response.writeHead(status).end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    store = openStore({
      path: ':memory:',
      now: () => NOW,
      randomBytes: (n) => new Uint8Array(n),
      secretKey: 'yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc=',
    });
    alerts = new Alerts({ store, now: () => now, log: (entry) => void log.push(entry) });
    for (const n of [1, 2]) store.replicas.add({ name: `replica-${n}`, url: `http://replica-${n}.example`, token: 't' });
    store.settings.set('alert_target_type', 'webhook');
    store.settings.set('alert_target_url', `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`);
    store.settings.set('alert_target_token', 'a-secret');
  });
  afterEach(async () => {
    store.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('go out from the threshold on, with what failed where', async () => {
    assert.deepEqual(await alerts.of(summary({ failed: 4 })), { sent: [], suppressed: [], failed: [] });
    const report = await alerts.of(summary({ failed: 5, consecutiveFailures: 0 }));
    assert.deepEqual(report.sent, [{ replica: 'replica-1', event: 'sync_failures_threshold' }]);
    assert.deepEqual(got[0]?.body, {
      event: 'sync_failures_threshold',
      replica: 'replica-1',
      replica_url: 'http://replica-1.example',
      consecutive_failures: 0,
      docs_failed: 5,
      docs_synced: 3,
      timestamp: '2026-11-21T12:00:00Z',
      controller_url: process.env.CONTROLLER_URL ?? '',
    });
    assert.equal(got[0].headers.authorization, 'a-secret');
    assert.equal(store.replicas.get(1)?.lastAlertAt, '2026-11-21T12:00:00.000Z');
  });

  it('of a suspension go out once, in the run that suspended', async () => {
    await alerts.of(summary({ suspended: true, suspendedNow: true, consecutiveFailures: 5 }));
    now = NOW + 1000;
    await alerts.of(summary({ suspended: true, consecutiveFailures: 5 }));
    assert.deepEqual(
      got.map(({ body }) => [body.event, body.consecutive_failures]),
      [['replica_suspended', 5]],
    );
  });

  it('cool down by replica and cause: a suspension is not silenced by failing documents, nor one replica by another', async () => {
    await alerts.of(summary({ failed: 9 }));
    now = NOW + 3_599_000;
    const later = await alerts.of(summary({ failed: 9, suspendedNow: true }, { failed: 9 }));
    assert.deepEqual(later.sent, [
      { replica: 'replica-1', event: 'replica_suspended' },
      { replica: 'replica-2', event: 'sync_failures_threshold' },
    ]);
    assert.deepEqual(later.suppressed, [{ replica: 'replica-1', event: 'sync_failures_threshold', reason: 'cooldown' }]);
    now = NOW + 3_600_000;
    const again = await alerts.of(summary({ failed: 9 }));
    assert.equal(again.sent.length, 1);
  });

  it('speak to Gotify in its own way', async () => {
    store.settings.set('alert_target_type', 'gotify');
    await alerts.of(summary({ failed: 7 }));
    assert.deepEqual([got[0]?.url, got[0]?.headers['x-gotify-key']], ['/hook/message', 'a-secret']);
    assert.match(String(got[0]?.body.message), /replica-1: 7 documents failed/u);
  });

  it('without a target say why they were not sent', async () => {
    store.settings.set('alert_target_type', '');
    assert.deepEqual((await alerts.of(summary({ failed: 9 }))).suppressed, [
      { replica: 'replica-1', event: 'sync_failures_threshold', reason: 'no alert target is set' },
    ]);
    assert.equal(got.length, 0);
  });

  it('that the target does not take are kept, told, and sent again with growing pauses, once', async () => {
    status = 403;
    const first = await alerts.of(summary({ failed: 9 }));
    assert.deepEqual(first.sent, []);
    assert.match(first.failed[0]?.reason ?? '', /answered 403.*token/u);
    assert.equal(first.failed[0]?.nextAttemptAt, '2026-11-21T12:01:00.000Z');
    assert.match(log[0]?.message ?? '', /can't be sent.*tried again at 2026-11-21T12:01/u);
    now += 59_000;
    await alerts.again();
    assert.equal(got.length, 1, 'it went before its time');
    now += 1000;
    assert.equal((await alerts.again()).failed[0]?.nextAttemptAt, '2026-11-21T12:03:00.000Z');
    for (let n = 0; n < 9; n += 1) {
      now = readPending(store)[0]?.nextAt ?? 0;
      await alerts.again();
    }
    assert.equal((readPending(store)[0]?.nextAt ?? 0) - now, 3_600_000, 'at most an hour apart');
    status = 200;
    now += 3_600_000;
    assert.deepEqual((await alerts.again()).sent, [{ replica: 'replica-1', event: 'sync_failures_threshold' }]);
    assert.deepEqual([(await alerts.again()).sent, readPending(store)], [[], []]);
    // The cooldown begins when somebody was told.
    now += 3_599_000;
    assert.equal((await alerts.of(summary({ failed: 9 }))).suppressed[0]?.reason, 'cooldown');
    now += 1000;
    assert.equal((await alerts.of(summary({ failed: 9 }))).sent.length, 1);
  });

  it('that wait outlive the process, say the newest, and keep their causes apart', async () => {
    status = 503;
    await alerts.of(summary({ failed: 9 }, { suspendedNow: true, consecutiveFailures: 5 }));
    const next = new Alerts({ store, now: () => now, log: () => undefined });
    now += 10_000;
    const later = await next.of(summary({ failed: 11 }));
    assert.match(later.suppressed[0]?.reason ?? '', /still waits/u);
    got = [];
    status = 200;
    now += 50_000;
    await next.again();
    assert.deepEqual(
      got.map(({ body }) => [body.replica, body.event, body.docs_failed]),
      [
        ['replica-1', 'sync_failures_threshold', 11],
        ['replica-2', 'replica_suspended', 0],
      ],
    );
  });

  it('go at once to a target that was mended, and to nobody when there is none or the replica is gone', async () => {
    const { port } = server.address() as AddressInfo;
    store.settings.set('alert_target_url', 'http://127.0.0.1:9');
    const refused = await alerts.of(summary({ failed: 9 }, { failed: 9 }));
    assert.match(refused.failed[0]?.reason ?? '', /doesn't answer \(\w+\)\. Check alert_target_url/u);
    store.replicas.remove(2);
    store.settings.set('alert_target_url', `http://127.0.0.1:${port}/mended`);
    assert.deepEqual((await alerts.again()).sent, [{ replica: 'replica-1', event: 'sync_failures_threshold' }]);
    status = 500;
    await alerts.of(summary({ suspendedNow: true }));
    store.settings.set('alert_target_type', '');
    await alerts.again();
    assert.deepEqual(readPending(store), []);
  });

  it('that wait go out by the ticks of the flow', async () => {
    status = 503;
    await alerts.of(summary({ failed: 9 }));
    status = 200;
    const world = openWorld({ library: smallLibrary(1) });
    try {
      for (const key of ['alert_target_type', 'alert_target_url']) world.store.settings.set(key, store.settings.get(key));
      writePending(
        world.store,
        readPending(store).map((alert) => ({ ...alert, nextAt: 0 })),
      );
      world.store.settings.set('paused', true);
      assert.deepEqual(await world.engine.tick(), { kind: 'idle' });
      while (readPending(world.store).length > 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(got.length, 2);
    } finally {
      await world.close();
    }
  });

  it('under way are given up by a stop, and stay', async () => {
    store.settings.set('alert_target_url', 'http://127.0.0.1:9');
    alerts.end();
    await alerts.of(summary({ failed: 9 }));
    assert.deepEqual(
      readPending(store).map(({ event, attempts }) => [event, attempts]),
      [['sync_failures_threshold', 0]],
    );
  });
});
