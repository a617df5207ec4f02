import { errorsSchema, statusSchema, type ErrorsOfReplica, type Status, type StatusOfReplica } from '../api';
import { ask, type Connection } from './connection';

/** What `pngx sync --json` says of one replica. */
export interface ReplicaSummary {
  id: number;
  name: string;
  url: string;
  version: string | null;
  status: string;
  enabled: boolean;
  total: number;
  ok: number;
  pending: number;
  error: number;
  held: number;
  limited: number;
  quarantined: number;
  verified: number;
  differs: number;
  last_error: string | null;
  errors: ErrorsOfReplica['errors'];
  limited_reasons: ErrorsOfReplica['limited_reasons'];
  held_reasons: ErrorsOfReplica['held_reasons'];
}

export interface SyncSummary {
  ok: boolean;
  settled: boolean;
  seconds: number;
  /** How many cycles ran. */
  runs: number;
  /** Why it isn't settled or ok; null when all is well. */
  reason: string | null;
  replicas: ReplicaSummary[];
}

/** Nothing of it failed, waits or differs. What a flow holds back and what the replica can't hold (limited) is told, and is no failure. */
function isSynced(replica: StatusOfReplica): boolean {
  return replica.status === 'synced' && replica.pending + replica.error + replica.quarantined + replica.differs + replica.unverified === 0;
}

/** Nothing that a further cycle would do at once. Errors wait for their time; links, when the last cycle did nothing, for documents that may never come. */
export function isSettled(status: Status, idle: boolean): boolean {
  return active(status).every((r) => r.unverified === 0 && r.pending - (idle ? r.linking : 0) === 0);
}

/** Replicas that a cycle would work on. */
export function active(status: Status): StatusOfReplica[] {
  return status.replicas.filter((r) => r.enabled && r.suspended_at === null);
}

/** The first thing that isn't well, as a sentence. */
function trouble(status: Status): string | null {
  for (const r of status.replicas.filter((replica) => replica.enabled)) {
    if (r.status === 'suspended')
      return `Replica "${r.name}" is suspended after ${r.consecutive_failures} failed cycles: ${r.last_error ?? ''}`.trim();
    if (r.status === 'unreachable') return `Replica "${r.name}" failed: ${r.last_error ?? ''}`.trim();
    const failed = r.error + r.quarantined;
    if (failed > 0) return `${failed} documents can't be synced to "${r.name}" as they are.`;
    if (r.differs > 0) return `${r.differs} documents differ on "${r.name}".`;
    if (r.unverified > 0) return `${r.unverified} documents on "${r.name}" wait for their check.`;
    if (r.pending > 0) return `${r.pending} documents still wait for "${r.name}".`;
    if (r.status !== 'synced') return `Replica "${r.name}" has not finished a cycle yet.`;
  }
  return null;
}

export async function readStatus(connection: Connection): Promise<Status> {
  return ask(statusSchema, connection, 'status');
}

export async function summarise(
  connection: Connection,
  result: { settled: boolean; runs: number; seconds: number; reason: string | null },
): Promise<SyncSummary> {
  const status = await readStatus(connection);
  const replicas: ReplicaSummary[] = [];
  for (const r of status.replicas) {
    const causes = await ask(errorsSchema, connection, 'replica-errors', { id: r.id });
    const { id, name, url, version, enabled, total, ok, pending, error, held, limited, quarantined, verified, differs, last_error } = r;
    replicas.push({
      id,
      name,
      url,
      version,
      status: r.status,
      enabled,
      total,
      ok,
      pending,
      error,
      held,
      limited,
      quarantined,
      verified,
      differs,
      last_error,
      ...causes,
    });
  }
  const ok = result.settled && status.replicas.filter((r) => r.enabled).every(isSynced);
  return {
    ok,
    settled: result.settled,
    seconds: Math.round(result.seconds * 10) / 10,
    runs: result.runs,
    reason: ok ? null : (result.reason ?? trouble(status)),
    replicas,
  };
}

/** What keeps documents from being as they should, a line a cause. */
export function causeLines({ errors, limited_reasons, held_reasons }: ErrorsOfReplica): string[] {
  return [
    ...errors.map(
      (e) =>
        `  ${e.count} × ${e.code}: ${e.message} ${e.next_step ?? ''} (documents ${e.examples.join(', ')}${e.count > e.examples.length ? ', …' : ''})`,
    ),
    ...Object.entries(limited_reasons).map(([reason, count]) => `  ${count} limited: ${reason}`),
    ...Object.entries(held_reasons).map(([reason, count]) => `  ${count} held: ${reason}`),
  ];
}

/** For people. */
export function describe(summary: SyncSummary): string {
  const lines = summary.replicas.flatMap((r) => {
    const numbers = [`${r.ok} ok`, `${r.verified} verified`];
    for (const key of ['pending', 'error', 'quarantined', 'differs', 'held', 'limited'] as const) if (r[key] > 0) numbers.push(`${r[key]} ${key}`);
    return [`${r.name}: ${numbers.join(', ')}${r.enabled ? '' : ' (disabled)'}`, ...causeLines(r)];
  });
  const end = summary.ok
    ? `Everything is synced and verified (${summary.runs} cycles, ${summary.seconds} s).`
    : `Not everything is synced: ${summary.reason ?? ''}`;
  return `${[...lines, end.trim()].join('\n')}\n`;
}
