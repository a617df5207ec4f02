import type { Lane } from './lane';
import { failing } from './instance-failure';
import { parityDue, parityKey, parityMark } from './parity-due';

export interface SchemaReport {
  created: number;
  adopted: number;
  changed: number;
  blocked: number;
  /** Changed on the replica alone: brought back, or left so by policy. */
  reverted: number;
  kept: number;
  /** Whether the replica was asked at all. */
  looked: boolean;
}

/**
 * Makes the replica's collections hold what the master's do. The replica is asked when the master's changed since it was last equal, when a push is due, and as
 * often as the master's documents are walked: somebody may have changed its collections there.
 */
export async function schemaParity(lane: Lane): Promise<SchemaReport> {
  const { run, replicaId } = lane;
  await run.readCollections();
  const wanted = parityMark(run);
  const due = lane.planned === null ? parityDue(run, replicaId) || run.store.registry.workCount(replicaId) > 0 : lane.planned.parity;
  if (!due) return { created: 0, adopted: 0, changed: 0, blocked: 0, reverted: 0, kept: 0, looked: false };
  await failing('replica', lane.replica, () => lane.view());
  const report = lane.parityReport;
  run.store.fenced(run.epoch, () => run.store.settings.setFact(parityKey(replicaId), wanted));
  return {
    created: report?.created ?? 0,
    adopted: report?.adopted ?? 0,
    changed: report?.changed ?? 0,
    blocked: report?.blocked.length ?? 0,
    reverted: report?.reverted.length ?? 0,
    kept: report?.kept.length ?? 0,
    looked: true,
  };
}
