import type { Lane } from './lane';
import { failing } from './instance-failure';
import type { RunContext } from './run-context';
import { sha256, stableJson } from './text';

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

/** Whether the master's collections changed since the replica's were last equal, or nobody looked at those for long: they may have been changed there. */
export function parityDue(run: RunContext, replicaId: number): boolean {
  return run.store.settings.fact(parityKey(replicaId)) !== parityMark(run) || isLookDue(run, replicaId);
}

function isLookDue(run: RunContext, replicaId: number): boolean {
  const last = run.store.settings.fact(lookedKey(replicaId));
  return last === null || run.env.now() - Number(last) >= run.store.settings.number('sweep_documents_seconds') * 1000;
}

/** The replica's collections were read and brought to parity, whoever needed that. */
export function parityLooked(run: RunContext, replicaId: number): void {
  run.store.settings.setFact(lookedKey(replicaId), String(run.env.now()));
}

function lookedKey(replicaId: number): string {
  return `parity-looked:${replicaId}`;
}

export function parityKey(replicaId: number): string {
  return `parity:${replicaId}`;
}

/** Changes when anything does that parity copies. Document counts and the like aren't recorded, so they don't count. */
function parityMark(run: RunContext): string {
  const kinds = (['tag', 'correspondent', 'documentType', 'storagePath', 'customField'] as const).map((kind) =>
    run.store.entities.master(kind).map((row) => [row.id, row.data]),
  );
  const { colors, matching, inboxFlag, taxonomyOwners } = run.settings;
  // Owners go by name.
  const people = run.store.entities.master('user').map((row) => [row.id, row.name]);
  return sha256(stableJson([kinds, people, colors, matching, inboxFlag, taxonomyOwners]));
}
