import type { WireDocument } from '../paperless';
import { storedFileName } from '../paperless/file-names';
import type { Intent, JournalEntry, SyncRow } from '../state';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { nonceIn } from './upload-mark';

/** How long after an upload was given up its document may still turn up: a queue of hundreds takes hours. */
export const LOOK_FOR_MS = 7 * 86_400_000;

/** The intent of ours that a document's title carries: it is of our making. */
export function intentOf({ run, replicaId }: Pick<Lane, 'run' | 'replicaId'>, { title }: Pick<WireDocument, 'title'>): JournalEntry | null {
  const nonce = nonceIn(title);
  return nonce === undefined ? null : run.store.registry.intentByNonce(replicaId, nonce);
}

/**
 * Whether a document of an upload's bytes that no row names is what came of it, though somebody took its mark away. Nothing of these bytes was free when it was sent, and what came
 * since has the name that we gave it and is our user's own, as nothing is that somebody else brought. Enough for taking it as a copy; not for throwing it away.
 */
export function isLikeSent(lane: Lane, intent: Intent, document: WireDocument): boolean {
  if (intentOf(lane, document) !== null) return false;
  return document.owner === lane.selfId && storedFileName(document.originalFileName ?? '', true) === storedFileName(intent.fileName, true);
}

/** Uploads that were given up and that nothing is known to have come of: all of the replica's, or one document's. */
export function lostUploads(lane: Lane, masterDocId?: number): JournalEntry[] {
  return lane.run.store.registry.lostUploads(lane.replicaId, isoTime(lane.run.env.now() - LOOK_FOR_MS), masterDocId);
}

/** Whether a document was made by an upload of ours for this row, by its mark or by an upload that was given up; adopting that one is no question of policy. */
export function isMadeFor(lane: Lane, row: SyncRow, document: WireDocument, sha256: string): boolean {
  if (intentOf(lane, document)?.masterDocId === row.masterDocId) return true;
  return lostUploads(lane, row.masterDocId).some(({ intent }) => intent.sha256 === sha256 && isLikeSent(lane, intent, document));
}
