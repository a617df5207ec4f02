import type { WireDocument } from '../paperless';
import { intentOf } from './lost-uploads';
import type { Lane } from './lane';
import { isFree } from './replace';
import { nonceIn } from './upload-mark';

/** As long as whoever sent it may take to make it its copy: a document keeps its mark until then, and nobody else gives it such a title. */
const ABANDONED_MS = 6 * 3_600_000;

/**
 * Uploads of a past that this database doesn't know: it was set back to a backup, or forgot them with a resync, while they waited for a worker. Where a proven
 * copy has the same bytes it is the second one, and goes to the trash; where none has, it is left to whoever lacks a copy, and finds it by its bytes.
 */
export async function settleAbandoned(lane: Lane, marked: readonly WireDocument[]): Promise<number> {
  const { writer, call, run } = lane;
  let settled = 0;
  for (const document of marked) {
    if (nonceIn(document.title) === undefined || intentOf(lane, document) !== null || !isFree(lane, document.id)) continue;
    if (run.env.now() - Date.parse(document.added) < ABANDONED_MS) continue;
    const copy = await provenTwin(lane, document);
    if (copy === null) continue;
    await lane.writes(() => writer.trashDocument(document.id, call));
    settled += 1;
    run.log(
      'warning',
      `${lane.replica}: document ${document.id} "${document.title}" is of an upload that this database knows nothing of, and copy ${copy.replicaDocId} has the same bytes: the second one went to the trash.`,
      { replicaId: lane.replicaId, docId: copy.masterDocId },
    );
  }
  return settled;
}

async function provenTwin(lane: Lane, { id, versions }: WireDocument): Promise<{ masterDocId: number; replicaDocId: number } | null> {
  const { writer, call } = lane;
  const checksum = versions[0]?.checksum ?? (await writer.metadata(id, call))?.originalChecksum;
  if (checksum === undefined) return null;
  for (const same of await writer.documentsByChecksum(checksum, call)) {
    const row = same.id === id ? null : lane.run.store.registry.rowByReplicaDoc(lane.replicaId, same.id);
    const proven = row !== null && (row.status === 'ok' || row.status === 'limited') && row.verification === 'matched';
    if (proven) return { masterDocId: row.masterDocId, replicaDocId: same.id };
  }
  return null;
}
