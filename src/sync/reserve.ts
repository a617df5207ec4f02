import { isLookDue, rotationOf } from './rotation';
import type { RunContext } from './run-context';

/** Of a cycle's time this share is kept for looking at what is there, and no more than so long. */
const SHARE = 0.2;
const MOST_MS = 5 * 60_000;

/**
 * Whether no further document is begun in this cycle: looks that are due get the rest of it, or a backlog that fills cycle after cycle would put them off for ever.
 * A cycle in which nothing is to be looked at has no such end.
 */
export function isReserved(run: RunContext, replicaId: number): boolean {
  const { env, begun, deadline } = run;
  const reserve = Math.min(MOST_MS, (deadline - begun) * SHARE);
  return env.now() >= deadline - reserve && isLookDue(rotationOf(run, replicaId));
}
