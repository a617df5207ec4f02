import { Cron } from 'croner';
import type { ReplicaRow } from '../state';

export interface DueInput {
  now: number;
  paused: boolean;
  intervalMs: number;
  /** In place of the interval, in the machine's zone; empty for none. */
  cron: string;
  /** Spans of the day in the machine's zone in which nothing is due, such as `22:00-06:00,12:00-13:00`; empty for none. */
  quietHours: string;
  replicas: readonly ReplicaRow[];
  /** When each was last tried, in ms; success or not. */
  lastAttempt: ReadonlyMap<number, number>;
}

/**
 * The replicas whose cycle is due: enabled, not suspended, and not tried within their own interval, or else since the cron expression last struck, or else
 * within the global interval. What quiet hours or a stop held up is due once afterwards. Pure, but for the machine's zone.
 */
export function due(input: DueInput): ReplicaRow[] {
  if (input.paused || isQuiet(input.now, input.quietHours)) return [];
  return input.replicas.filter((replica) => {
    if (!eligible(replica)) return false;
    const last = input.lastAttempt.get(replica.id) ?? (replica.lastSyncTs === null ? null : Date.parse(replica.lastSyncTs));
    if (replica.syncIntervalSeconds !== null) return last === null || input.now - last >= replica.syncIntervalSeconds * 1000;
    if (input.cron !== '') return hasStruck(input.cron, last ?? Date.parse(replica.createdAt), input.now);
    return last === null || input.now - last >= input.intervalMs;
  });
}

export function eligible(replica: ReplicaRow): boolean {
  return replica.enabled && replica.suspendedAt === null;
}

function hasStruck(expression: string, since: number, now: number): boolean {
  // Without a function of its own it never runs anything: it only answers.
  const next = new Cron(expression, { paused: true }).nextRun(new Date(since));
  return next !== null && next.getTime() <= now;
}

/** A span ends before its last minute, and may go over midnight. */
function isQuiet(now: number, quietHours: string): boolean {
  if (quietHours === '') return false;
  const time = new Date(now);
  const minute = time.getHours() * 60 + time.getMinutes();
  return quietHours.split(',').some((span) => {
    const [from = 0, to = 0] = span.split('-').map((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
    return from < to ? minute >= from && minute < to : minute >= from || minute < to;
  });
}
