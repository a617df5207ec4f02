import type { WireDocumentWithContent } from '../paperless';
import type { SyncRow } from '../state';
import { policyOf } from './deletes';
import type { PushItem } from './hand-out';
import type { Lane } from './lane';
import { documentError } from './outcome';
import { pushFile } from './push-file';
import { beginReplacement } from './replace';
import type { Fate } from './settle';
import { harmedPositions, readStoredFiles, sayHarm, storedDifference, type StoredFiles } from './stored-files';

/** `same`: the copy has the master's files. `grown`: it was given some. `replaced`: the pair was given up, a new copy follows. Else the fate of an upload under way. */
export type FileFate = Fate | 'same' | 'grown' | 'replaced';

/**
 * The newest file of a copy is damaged on the replica's disk, if it still is: somebody may have put it back meanwhile. For replicas of 2.x, and for copies of a 2.x
 * master's documents; a chain of the master's own versions is given anew from the damaged one on.
 */
export async function mendFile(lane: Lane, row: SyncRow, item: PushItem, found: WireDocumentWithContent): Promise<FileFate> {
  const harm = await readStoredFiles(lane, row, item.document, found);
  if (harm === null || storedDifference(harm) === null) return 'same';
  if (!lane.writer.capabilities.versions) {
    throw documentError(
      'file-damaged',
      sayHarm(lane.replica, found.id, harm),
      `paperless 2.x takes no file whose bytes it has, even in its trash. Put the file back from the replica's backup; or delete document ${found.id} there and empty it from the trash. Then retry this document.`,
    );
  }
  const last = found.versions.length - 1;
  const newest = found.versions[last];
  if (last === 0 || newest === undefined) return remake(lane, row, found.id, harm);
  if (harmedPositions(harm).some((position) => position < last)) {
    throw documentError(
      'file-damaged',
      sayHarm(lane.replica, found.id, harm),
      "The master doesn't keep older files, so that this one can't be sent again. Put it back from the replica's backup, then retry this document.",
    );
  }
  await lane.writes(() => lane.writer.deleteVersion(found.id, newest.id, lane.call));
  const fate = await pushFile(lane, row, item, { versionId: null, sha256: null, label: null, position: last });
  return fate === 'arrived' ? 'grown' : fate;
}

/** A document's first file can't be put in anew: another copy takes its place, and this one goes to the trash once that is proven. */
export async function remake(lane: Lane, row: SyncRow, copyId: number, harm: StoredFiles): Promise<FileFate> {
  const said = sayHarm(lane.replica, copyId, harm);
  if (policyOf(lane) === 'keep') {
    throw documentError(
      'file-damaged',
      said,
      `Repairing it means trashing the copy, which the delete policy "keep" forbids. Set delete_policy to trash, or put the file back from the replica's backup; then retry this document.`,
    );
  }
  if (lane.planned?.retires(copyId) === false) {
    lane.planned.leave(row.masterDocId);
    return 'settled';
  }
  await beginReplacement(lane, row, said.replace(/\.$/u, ''));
  return 'replaced';
}
