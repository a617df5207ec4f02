import { PaperlessError, type WireDocument } from '../paperless';
import type { SyncRow } from '../state';
import type { Lane } from './lane';
import { intentOf } from './lost-uploads';

/**
 * Throws (class `instance`) when what stands under a copy's number isn't the copy: a replica that was set back to a backup gives numbers of lost copies to
 * other documents, and those are somebody's.
 */
export function demandSameCopy(row: SyncRow, found: Pick<WireDocument, 'id' | 'added'>): void {
  if (row.copyAdded === null || Date.parse(found.added) === Date.parse(row.copyAdded)) return;
  throw new PaperlessError({
    class: 'instance',
    code: 'another-instance',
    message: `This replica is not the instance it was: its document ${found.id} arrived at ${found.added}, and the copy that we know by this number at ${row.copyAdded}. It was restored from a backup, or another server answers at this address.`,
    nextStep: 'That document was left alone. Check the address. If it is the replica now, resync it: what is there is taken up again by its bytes.',
  });
}

/**
 * Whether a document that was never read back as a copy is one: by our mark in its title, or by its bytes. Asked before anything is written to it; until
 * then its number is all that says so, and a replica that was emptied meanwhile may have given that to somebody's own.
 */
export async function isOurs(lane: Lane, row: SyncRow, found: WireDocument): Promise<boolean> {
  if (row.copyAdded !== null) return true;
  const { registry } = lane.run.store;
  if (intentOf(lane, found)?.masterDocId === row.masterDocId) return true;
  // The master may have others by now, and no word of those that it had: what was sent is known all the same.
  const files = [...registry.files(row.masterDocId), ...registry.sentFiles(lane.replicaId, row.masterDocId)];
  if (lane.writer.capabilities.versions) {
    const ours = new Set([row.fileChecksum, ...files.map(({ sha256 }) => sha256)]);
    return found.versions.some(({ checksum }) => ours.has(checksum));
  }
  const metadata = await lane.writer.metadata(found.id, lane.call);
  return metadata !== null && files.some(({ md5 }) => md5 === metadata.originalChecksum);
}
