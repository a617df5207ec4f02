import { request } from 'undici';
import type { Store } from '../state';
import { readPending, writePending, type PendingAlert } from './alerts-pending';
import type { LogEntry } from './log';
import type { ReplicaSummary, RunSummary } from './types';

export interface AlertReport {
  sent: { replica: string; event: string }[];
  suppressed: { replica: string; event: string; reason: string }[];
  /** The target didn't take them; each is sent again at its time. */
  failed: { replica: string; event: string; reason: string; nextAttemptAt: string }[];
}

export interface AlertsInit {
  store: Store;
  now: () => number;
  log: (entry: LogEntry) => void;
}

const TIMEOUT_MS = 10_000;
const RETRY_BASE_MS = 60_000;
const RETRY_CAP_MS = 3_600_000;

/**
 * Alerts of what a run calls for: too many failed documents, or a replica suspended now; once per replica and cause within the cooldown. Each is written down
 * before it is sent and stays until the target has taken it, so that neither a target that is down nor a restart loses one; one whose answer is lost comes
 * twice.
 */
export class Alerts {
  /** One after the other: an alert that is under way isn't due. */
  private queue: Promise<unknown> = Promise.resolve();
  private readonly over = new AbortController();

  constructor(private readonly parts: AlertsInit) {}

  /** Notes what this run calls for and sends what is due. Never rejects for the target's sake. */
  of(summary: RunSummary): Promise<AlertReport> {
    return this.inTurn(async () => {
      const report: AlertReport = { sent: [], suppressed: [], failed: [] };
      for (const replica of summary.replicas) for (const event of this.calledFor(replica)) this.note(replica, event, report);
      await this.deliver(report);
      return report;
    });
  }

  /** Sends again what waits and whose time has come. */
  again(): Promise<AlertReport> {
    return this.inTurn(async () => {
      const report: AlertReport = { sent: [], suppressed: [], failed: [] };
      await this.deliver(report);
      return report;
    });
  }

  /** Gives up what is under way, which stays pending: a stop doesn't wait for a target that is down. */
  end(): void {
    this.over.abort();
  }

  private hasEnded(): boolean {
    return this.over.signal.aborted;
  }

  private calledFor(replica: ReplicaSummary): string[] {
    const threshold = this.parts.store.settings.number('alert_error_threshold');
    return [
      ...(replica.failed > 0 && replica.failed >= threshold ? ['sync_failures_threshold'] : []),
      ...(replica.suspendedNow ? ['replica_suspended'] : []),
    ];
  }

  private note(replica: ReplicaSummary, event: string, report: AlertReport): void {
    const { store } = this.parts;
    const now = this.parts.now();
    const last = store.settings.fact(lastKey(replica.id, event));
    const cooling = last !== null && now - Number(last) < store.settings.number('alert_cooldown_seconds') * 1000;
    const reason = target(store) === null ? 'no alert target is set' : cooling ? 'cooldown' : null;
    if (reason !== null) {
      report.suppressed.push({ replica: replica.name, event, reason });
      return;
    }
    const pending = readPending(store);
    const waiting = pending.find((alert) => alert.replicaId === replica.id && alert.event === event);
    const payload = {
      event,
      replica: replica.name,
      replica_url: replica.url,
      consecutive_failures: replica.consecutiveFailures,
      docs_failed: replica.failed,
      docs_synced: replica.synced,
      timestamp: new Date(now).toISOString().replace(/\.\d+Z$/u, 'Z'),
      controller_url: process.env.CONTROLLER_URL ?? '',
    };
    // One that still waits says the newest when it goes; when it goes isn't changed by that.
    if (waiting !== undefined) {
      waiting.payload = payload;
      report.suppressed.push({ replica: replica.name, event, reason: 'an earlier one still waits for the target, and will say this instead' });
    } else pending.push({ replicaId: replica.id, event, payload, since: now, attempts: 0, nextAt: now, target: null, error: null });
    writePending(store, pending);
  }

  private async deliver(report: AlertReport): Promise<void> {
    const { store } = this.parts;
    const to = target(store);
    const all = readPending(store);
    // Without a target there is nobody to tell, and a replica that was removed is nobody's concern.
    const pending = to === null ? [] : all.filter(({ replicaId }) => store.replicas.get(replicaId) !== null);
    if (pending.length !== all.length) writePending(store, pending);
    if (to === null) return;
    for (const alert of pending) {
      // Another target may be up.
      const moved = alert.target !== null && alert.target !== to.address;
      if (!moved && alert.nextAt > this.parts.now()) continue;
      if (this.hasEnded()) return;
      const about = { replica: String(alert.payload['replica']), event: alert.event };
      const error = await post(to, alert.payload, this.over.signal).then(
        () => null,
        (failure: unknown) => explainPost(failure),
      );
      if (error === null) this.taken(alert, report, about);
      else if (!this.hasEnded()) this.refused({ ...alert, attempts: moved ? 0 : alert.attempts, target: to.address, error }, report, about);
    }
  }

  private taken(alert: PendingAlert, report: AlertReport, about: { replica: string; event: string }): void {
    const { store } = this.parts;
    const now = this.parts.now();
    store.transaction(() => {
      writePending(
        store,
        readPending(store).filter((other) => !sameCause(other, alert)),
      );
      store.settings.setFact(lastKey(alert.replicaId, alert.event), String(now));
      store.replicas.alerted(alert.replicaId, new Date(now).toISOString());
    });
    report.sent.push(about);
    if (alert.attempts > 0) this.parts.log({ level: 'info', replicaId: alert.replicaId, message: `The alert "${alert.event}" was sent at last.` });
  }

  private refused(alert: PendingAlert, report: AlertReport, about: { replica: string; event: string }): void {
    const { store, now } = this.parts;
    const attempts = alert.attempts + 1;
    const nextAt = now() + Math.min(RETRY_BASE_MS * 2 ** Math.min(attempts - 1, 10), RETRY_CAP_MS);
    writePending(
      store,
      readPending(store).map((other) => (sameCause(other, alert) ? { ...alert, attempts, nextAt } : other)),
    );
    const nextAttemptAt = new Date(nextAt).toISOString();
    const reason = alert.error ?? '';
    report.failed.push({ ...about, reason, nextAttemptAt });
    this.parts.log({
      level: 'error',
      replicaId: alert.replicaId,
      message: `The alert "${alert.event}" can't be sent: ${reason} It is tried again at ${nextAttemptAt}.`,
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }
}

interface Target {
  address: string;
  gotify: boolean;
  token: string | null;
}

function lastKey(replicaId: number, event: string): string {
  return `alerted:${replicaId}:${event}`;
}

function sameCause(a: PendingAlert, b: PendingAlert): boolean {
  return a.replicaId === b.replicaId && a.event === b.event;
}

function target({ settings }: Store): Target | null {
  const type = settings.text('alert_target_type');
  const base = settings.text('alert_target_url').replace(/\/+$/u, '');
  if (type === '' || base === '') return null;
  const gotify = type === 'gotify';
  return { address: gotify ? `${base}/message` : base, gotify, token: settings.secret('alert_target_token') };
}

async function post({ address, gotify, token }: Target, payload: Readonly<Record<string, unknown>>, over: AbortSignal): Promise<void> {
  const words =
    payload['event'] === 'replica_suspended'
      ? `Replica ${String(payload['replica'])} is suspended after ${String(payload['consecutive_failures'])} failed cycles.`
      : `Replica ${String(payload['replica'])}: ${String(payload['docs_failed'])} documents failed, ${String(payload['docs_synced'])} synced.`;
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== null) headers[gotify ? 'x-gotify-key' : 'authorization'] = token;
  const answer = await request(address, {
    method: 'POST',
    headers,
    body: JSON.stringify(gotify ? { title: 'pngx-controller alert', message: words, priority: 7 } : payload),
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    signal: AbortSignal.any([over, AbortSignal.timeout(2 * TIMEOUT_MS)]),
  });
  await answer.body.dump();
  if (answer.statusCode >= 300) throw new Refused(`The alert target answered ${answer.statusCode}. Check alert_target_url and its token.`);
}

class Refused extends Error {}

function explainPost(error: unknown): string {
  if (error instanceof Refused) return error.message;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return `The alert target doesn't answer${code}. Check alert_target_url, and that the server there is up.`;
}
