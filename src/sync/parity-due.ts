import type { RunContext } from './run-context';
import { sha256, stableJson } from './text';

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
export function parityMark(run: RunContext): string {
  const kinds = (['tag', 'correspondent', 'documentType', 'storagePath', 'customField'] as const).map((kind) =>
    run.store.entities.master(kind).map((row) => [row.id, row.data]),
  );
  const { colors, matching, inboxFlag, taxonomyOwners } = run.settings;
  // Owners go by name.
  const people = run.store.entities.master('user').map((row) => [row.id, row.name]);
  return sha256(stableJson([kinds, people, colors, matching, inboxFlag, taxonomyOwners]));
}
