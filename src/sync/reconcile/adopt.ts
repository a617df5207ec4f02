import { z } from 'zod';
import type { PlanStep, Store } from '../../state';
import { isFree } from './survey';

const stepData = z.object({ sha256: z.string().nullable() });

/**
 * Maps a pair: from now on the replica's document is the copy. It isn't taken for equal: the row is at `applying`, so that the next cycle makes its fields what
 * they should be and reads them back. Throws when the row can't take it, which a plan of this world never brings about.
 */
export function adopt(store: Store, replicaId: number, { masterDocId, replicaDocId, data }: PlanStep, at: string): void {
  const { registry } = store;
  const row = registry.rowFor(replicaId, masterDocId);
  if (row === null || replicaDocId === null || !isFree(row))
    throw new Error(`Document ${masterDocId} can't be given the copy ${replicaDocId ?? '?'}.`);
  if (row.status !== 'pending') registry.move(row.id, { to: 'queued' }, at);
  registry.move(row.id, { to: 'applying', replicaDocId, fileChecksum: stepData.parse(JSON.parse(data)).sha256 }, at);
}
