import { z } from 'zod';
import type { Store } from '../state';

const PENDING = 'alerts:pending';

const pendingAlert = z.object({
  replicaId: z.number(),
  event: z.string(),
  /** As a webhook gets it. */
  payload: z.record(z.string(), z.unknown()),
  /** Milliseconds since 1970: when it was called for, and when it is to be sent next. */
  since: z.number(),
  nextAt: z.number(),
  /** Failed ones. */
  attempts: z.number(),
  /** Where the last attempt went; null before the first. */
  target: z.string().nullable(),
  error: z.string().nullable(),
});

/** An alert that the target has not taken yet: one for each replica and cause. */
export type PendingAlert = z.infer<typeof pendingAlert>;

/** In the database, so that a restart finds them. */
export function readPending({ settings }: Store): PendingAlert[] {
  const stored = settings.fact(PENDING);
  return stored === null ? [] : z.array(pendingAlert).parse(JSON.parse(stored));
}

export function writePending({ settings }: Store, pending: readonly PendingAlert[]): void {
  settings.setFact(PENDING, pending.length === 0 ? null : JSON.stringify(pending));
}
