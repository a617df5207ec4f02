import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendAlerts } from '../../../src/controller/alert';
import type { ReplicaSummary, RunSummary } from '../../../src/controller/types';
import { openStore, type Store } from '../../../src/state';

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

  beforeEach(async () => {
    got = [];
    status = 200;
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
    assert.deepEqual(await sendAlerts(store, summary({ failed: 4 }), NOW), { sent: [], suppressed: [] });
    const report = await sendAlerts(store, summary({ failed: 5, consecutiveFailures: 0 }), NOW);
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
    await sendAlerts(store, summary({ suspended: true, suspendedNow: true, consecutiveFailures: 5 }), NOW);
    await sendAlerts(store, summary({ suspended: true, consecutiveFailures: 5 }), NOW + 1000);
    assert.deepEqual(
      got.map(({ body }) => [body.event, body.consecutive_failures]),
      [['replica_suspended', 5]],
    );
  });

  it('cool down by replica and cause: a suspension is not silenced by failing documents, nor one replica by another', async () => {
    await sendAlerts(store, summary({ failed: 9 }), NOW);
    const later = await sendAlerts(store, summary({ failed: 9, suspendedNow: true }, { failed: 9 }), NOW + 3_599_000);
    assert.deepEqual(later.sent, [
      { replica: 'replica-1', event: 'replica_suspended' },
      { replica: 'replica-2', event: 'sync_failures_threshold' },
    ]);
    assert.deepEqual(later.suppressed, [{ replica: 'replica-1', event: 'sync_failures_threshold', reason: 'cooldown' }]);
    const again = await sendAlerts(store, summary({ failed: 9 }), NOW + 3_600_000);
    assert.equal(again.sent.length, 1);
  });

  it('speak to Gotify in its own way', async () => {
    store.settings.set('alert_target_type', 'gotify');
    await sendAlerts(store, summary({ failed: 7 }), NOW);
    assert.deepEqual([got[0]?.url, got[0]?.headers['x-gotify-key']], ['/hook/message', 'a-secret']);
    assert.match(String(got[0]?.body.message), /replica-1: 7 documents failed/u);
  });

  it('without a target say why they were not sent', async () => {
    store.settings.set('alert_target_type', '');
    assert.deepEqual((await sendAlerts(store, summary({ failed: 9 }), NOW)).suppressed, [
      { replica: 'replica-1', event: 'sync_failures_threshold', reason: 'no alert target is set' },
    ]);
    assert.equal(got.length, 0);
  });

  it('that the target refuses are an error that says what to check, and are tried again by the next run', async () => {
    status = 403;
    await assert.rejects(sendAlerts(store, summary({ failed: 9 }), NOW), /answered 403.*token/u);
    status = 200;
    assert.equal((await sendAlerts(store, summary({ failed: 9 }), NOW + 1000)).sent.length, 1);
  });
});
