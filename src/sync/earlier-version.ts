import type { WireDocument } from '../paperless';
import type { Intent, SyncRow } from '../state';
import type { Lane } from './lane';

/**
 * A 2.x master's file is an earlier one again, and a 3.x replica that refuses duplicates has it below the newer ones: those go to the trash there, since the
 * master knows one file alone. The copy, or null where its chain doesn't hold the bytes.
 */
export async function backToEarlier(lane: Lane, row: SyncRow, { sha256 }: Intent): Promise<number | null> {
  const { writer, call, run } = lane;
  if (row.replicaDocId === null || run.master.capabilities.versions) return null;
  const copy = await writer.document(row.replicaDocId, call);
  const at = copy?.versions.findIndex(({ checksum }) => checksum === sha256) ?? -1;
  if (copy === null || at < 0) return null;
  await keepVersions(lane, copy, at + 1);
  run.log(
    'info',
    `${lane.replica}: document ${row.masterDocId} has an earlier file again; the newer versions of its copy ${copy.id} went to the trash there.`,
    {
      replicaId: lane.replicaId,
      docId: row.masterDocId,
    },
  );
  return copy.id;
}

/** Trashes all but the oldest so many versions of a copy: newest first, so that the one below is the effective one meanwhile. */
export async function keepVersions(lane: Lane, { id, versions }: WireDocument, count: number): Promise<void> {
  for (const version of versions.slice(count).reverse()) await lane.writes(() => lane.writer.deleteVersion(id, version.id, lane.call));
}
