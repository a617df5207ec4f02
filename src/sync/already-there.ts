import type { SyncRow } from '../state';
import type { SpooledFile } from './environment';
import type { PushItem } from './hand-out';
import type { Lane } from './lane';
import { move } from './moves';
import { copyOfPastLife, isOfPastLife } from './past-life';
import { takeBack } from './replace';
import { mayAdopt, takeOver, unmappedTwins, type Fate } from './settle';
import { holdForTwin, limitToTwin } from './twin-watch';
import { twinsOf } from './twins';

/** Before a new document is sent: what the replica has of these bytes. null: nothing that stands in its way or could be its copy. */
export async function documentThere(lane: Lane, row: SyncRow, item: PushItem, file: SpooledFile, fileName: string): Promise<Fate | null> {
  const free = await unmappedTwins(lane, row, file.sha256, file.md5);
  const twin = free.find((d) => isOfPastLife(lane, d)) ?? free[0];
  if (twin !== undefined && (mayAdopt(lane, row, twin, file.sha256) || isOfPastLife(lane, twin))) return adopt(lane, row, twin.id, file.sha256);
  if (twin !== undefined) {
    holdForTwin(lane, row, twin.id, file);
    return 'settled';
  }
  const past = await copyOfPastLife(lane, fileName, file.sha256);
  if (past !== null) return adopt(lane, row, past, file.sha256);
  const twins = lane.writer.capabilities.identicalBytes ? [] : await twinsOf(lane, file.sha256, file.md5);
  const ids = twins.map((d) => d.id);
  if (takeBack(lane, row, ids, file.sha256) !== null || takeOver(lane, row, ids, file.sha256) !== null) return 'arrived';
  if (twins.length === 0) return null;
  limitToTwin(lane, row, item.version, file);
  return 'settled';
}

/** A 2.x master doesn't number its files: one that the copy was given before our database was set back to a backup would be given a second time. */
export async function versionThere(lane: Lane, row: SyncRow, sha256: string): Promise<Fate | null> {
  const id = row.replicaDocId;
  const copy = id === null ? null : await lane.writer.document(id, lane.call);
  if (id === null || copy?.versions.at(-1)?.checksum !== sha256) return null;
  move(lane, row.id, { to: 'applying', replicaDocId: id, fileChecksum: sha256 });
  return 'arrived';
}

function adopt(lane: Lane, row: SyncRow, replicaDocId: number, sha256: string): Fate {
  lane.run.log('info', `${lane.replica}: document ${row.masterDocId} was there already as ${replicaDocId}, byte for byte; adopted.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
  move(lane, row.id, { to: 'applying', replicaDocId, fileChecksum: sha256 });
  return 'arrived';
}
