import type { Lane } from './lane';
import { failing } from './instance-failure';
import type { RunContext } from './run-context';
import { sha256, stableJson } from './text';

export interface SchemaReport {
  created: number;
  adopted: number;
  changed: number;
  blocked: number;
  /** Whether the replica was asked at all. */
  looked: boolean;
}

/** Makes the replica's collections hold what the master's do. The replica is asked only when the master's changed since it was last equal, or a push is due. */
export async function schemaParity(lane: Lane): Promise<SchemaReport> {
  const { run, replicaId } = lane;
  await run.readCollections();
  const wanted = parityMark(run);
  const due = lane.planned === null ? parityDue(run, replicaId) || run.store.registry.workCount(replicaId) > 0 : lane.planned.parity;
  if (!due) return { created: 0, adopted: 0, changed: 0, blocked: 0, looked: false };
  await failing('replica', lane.replica, () => lane.view());
  const report = lane.parityReport;
  run.store.fenced(run.epoch, () => run.store.settings.setFact(parityKey(replicaId), wanted));
  return {
    created: report?.created ?? 0,
    adopted: report?.adopted ?? 0,
    changed: report?.changed ?? 0,
    blocked: report?.blocked.length ?? 0,
    looked: true,
  };
}

/** Whether the master's collections changed since the replica's were last equal. */
export function parityDue(run: RunContext, replicaId: number): boolean {
  return run.store.settings.fact(parityKey(replicaId)) !== parityMark(run);
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
