import { request } from 'undici';
import type { Store } from '../state';
import type { RunSummary } from './types';

export interface AlertReport {
  sent: { replica: string; event: string }[];
  suppressed: { replica: string; event: string; reason: string }[];
}

const TIMEOUT_MS = 10_000;

/** Sends what a run calls for: too many failed documents, or a replica suspended now; once per replica and cause within the cooldown. */
export async function sendAlerts(store: Store, summary: RunSummary, now: number): Promise<AlertReport> {
  const report: AlertReport = { sent: [], suppressed: [] };
  const threshold = store.settings.number('alert_error_threshold');
  for (const replica of summary.replicas) {
    const events = [
      ...(replica.failed > 0 && replica.failed >= threshold ? ['sync_failures_threshold'] : []),
      ...(replica.suspendedNow ? ['replica_suspended'] : []),
    ];
    for (const event of events) {
      const key = `alerted:${replica.id}:${event}`;
      const last = store.settings.fact(key);
      const reason =
        cannotSend(store) ?? (last !== null && now - Number(last) < store.settings.number('alert_cooldown_seconds') * 1000 ? 'cooldown' : null);
      if (reason !== null) {
        report.suppressed.push({ replica: replica.name, event, reason });
        continue;
      }
      await post(store, {
        event,
        replica: replica.name,
        replica_url: replica.url,
        consecutive_failures: replica.consecutiveFailures,
        docs_failed: replica.failed,
        docs_synced: replica.synced,
        timestamp: new Date(now).toISOString().replace(/\.\d+Z$/u, 'Z'),
        controller_url: process.env.CONTROLLER_URL ?? '',
      });
      store.settings.setFact(key, String(now));
      store.replicas.alerted(replica.id, new Date(now).toISOString());
      report.sent.push({ replica: replica.name, event });
    }
  }
  return report;
}

function cannotSend(store: Store): string | null {
  const type = store.settings.text('alert_target_type');
  return type === '' || store.settings.text('alert_target_url') === '' ? 'no alert target is set' : null;
}

async function post(store: Store, payload: Record<string, unknown>): Promise<void> {
  const base = store.settings.text('alert_target_url').replace(/\/+$/u, '');
  const token = store.settings.secret('alert_target_token');
  const gotify = store.settings.text('alert_target_type') === 'gotify';
  const words =
    payload.event === 'replica_suspended'
      ? `Replica ${String(payload.replica)} is suspended after ${String(payload.consecutive_failures)} failed cycles.`
      : `Replica ${String(payload.replica)}: ${String(payload.docs_failed)} documents failed, ${String(payload.docs_synced)} synced.`;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== null) headers[gotify ? 'x-gotify-key' : 'authorization'] = token;
  const answer = await request(gotify ? `${base}/message` : base, {
    method: 'POST',
    headers,
    body: JSON.stringify(gotify ? { title: 'pngx-controller alert', message: words, priority: 7 } : payload),
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  await answer.body.dump();
  if (answer.statusCode >= 300) throw new Error(`The alert target answered ${answer.statusCode}. Check alert_target_url and its token.`);
}
