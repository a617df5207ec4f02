import type { ReplicaRow } from '../state';

export interface DueInput {
  now: number;
  paused: boolean;
  intervalMs: number;
  replicas: readonly ReplicaRow[];
  /** When each was last tried, in ms; success or not. */
  lastAttempt: ReadonlyMap<number, number>;
}

/** The replicas whose cycle is due: enabled, not suspended, and not tried within their own interval or the global one. Pure. */
export function due(input: DueInput): ReplicaRow[] {
  if (input.paused) return [];
  return input.replicas.filter((replica) => {
    if (!eligible(replica)) return false;
    const interval = replica.syncIntervalSeconds === null ? input.intervalMs : replica.syncIntervalSeconds * 1000;
    const last = input.lastAttempt.get(replica.id) ?? (replica.lastSyncTs === null ? null : Date.parse(replica.lastSyncTs));
    return last === null || input.now - last >= interval;
  });
}

export function eligible(replica: ReplicaRow): boolean {
  return replica.enabled && replica.suspendedAt === null;
}
