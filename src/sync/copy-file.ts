import type { WireDocumentWithContent } from '../paperless';
import type { SyncRow } from '../state';
import { policyOf } from './deletes';
import type { HandedItem, PushItem } from './hand-out';
import type { Lane } from './lane';
import { documentError } from './outcome';
import { chainFor, type ChainLink } from './chain';
import { keepVersions } from './earlier-version';
import { pushFile } from './push-file';
import { beginReplacement } from './replace';
import { mendFile, remake, type FileFate } from './mend-file';
import { harmedPositions, isHarmed, readStoredFiles } from './stored-files';

/** Brings the files of a copy that is there in line with the master's, as well as this replica can hold them. `found` is needed on 3.x alone. */
export async function bringFiles(lane: Lane, row: SyncRow, item: PushItem, found: WireDocumentWithContent | null): Promise<FileFate> {
  if (!lane.writer.capabilities.versions) {
    const changed = await changedOnMaster(lane, row, item);
    if (!changed && !(await changedOnReplica(lane, row, item, found)))
      return found !== null && isHarmed(row) ? mendFile(lane, row, item, found) : 'same';
    if (policyOf(lane) === 'keep') throw needsAttention(row.masterDocId, changed);
    if (lane.planned?.retires(row.replicaDocId ?? 0) === false) {
      lane.planned.leave(row.masterDocId);
      return 'settled';
    }
    await beginReplacement(lane, row, 'the file changed');
    return 'replaced';
  }
  if (found === null) return 'same';
  if (item.document.versions.length > 0) {
    const harm = isHarmed(row) ? await readStoredFiles(lane, row, item.document, found) : null;
    const first = harm === null ? undefined : harmedPositions(harm)[0];
    return first === 0 && harm !== null ? remake(lane, row, found.id, harm) : chain(lane, row, item, found, first ?? null);
  }
  if (!(await changedOnMaster(lane, row, item)) && hasFile(lane, row, found)) return isHarmed(row) ? mendFile(lane, row, item, found) : 'same';
  const fate = await pushFile(lane, row, item, { versionId: null, sha256: null, label: null, position: found.versions.length });
  return fate === 'arrived' ? 'grown' : fate;
}

/**
 * 3.x to 3.x: the chain by position. Versions can't be put in below others: from the first that differs, or whose bytes are damaged, on they are taken away and
 * given anew.
 */
async function chain(lane: Lane, row: SyncRow, item: PushItem, found: WireDocumentWithContent, harmed: number | null): Promise<FileFate> {
  const wanted = chainFor(item, true);
  const differs = found.versions.findIndex((v, i) => i === harmed || v.checksum !== wanted[i]?.sha256);
  if (differs === 0) {
    throw documentError(
      'file-differs',
      `The first version of document ${row.masterDocId} and of its copy are not the same file.`,
      'The copy was made of another file. Trash it on the replica and retry this document; it is uploaded anew.',
    );
  }
  const keep = differs < 0 ? found.versions.length : differs;
  await keepVersions(lane, found, keep);
  for (const [position, version] of found.versions.slice(0, keep).entries()) {
    const label = wanted[position]?.label ?? '';
    if (label !== (version.label ?? '')) await lane.writes(() => lane.writer.labelVersion(found.id, version.id, label, lane.call));
  }
  const missing: ChainLink[] = wanted.slice(keep);
  for (const link of missing) {
    const fate = await pushFile(lane, current(lane, row), item, link);
    if (fate !== 'arrived') return fate;
  }
  return missing.length > 0 || keep < found.versions.length ? 'grown' : 'same';
}

/**
 * Whether the master's newest file is another than the copy was given. A 2.x master says so per document only: it is asked for what changed, and for what an
 * earlier cycle sent the file of, since a change meanwhile left such a row where it was.
 */
export async function changedOnMaster(lane: Lane, row: SyncRow, item: Pick<HandedItem, 'document' | 'reason' | 'row'>): Promise<boolean> {
  const given = row.fileChecksum;
  const newest = item.document.versions.at(-1)?.checksum;
  if (newest !== undefined) return given !== null && newest !== given;
  const known = lane.run.store.registry.file(row.masterDocId, 0);
  if (known === null || item.reason === 'new' || item.row.step === 'linking') return false;
  const metadata = await lane.run.onMaster(() => lane.run.master.metadata(row.masterDocId, lane.call));
  if (metadata === null) return false;
  const asKnown = metadata.originalChecksum === known.md5 || metadata.originalChecksum === known.sha256;
  // Adopted by MD5, it was given nothing whose SHA-256 could be known.
  return !asKnown || (given !== null && known.sha256 !== given);
}

/** The copy ends in the master's only file, as far as anybody has read that. */
function hasFile(lane: Lane, row: SyncRow, found: WireDocumentWithContent): boolean {
  const known = lane.run.store.registry.file(row.masterDocId, 0)?.sha256 ?? '';
  return known === '' || found.versions.at(-1)?.checksum === known;
}

/** 2.x: whether the copy has another file than it was given, once a verification has said so: somebody turned its pages, or it was set back to a backup. */
async function changedOnReplica(lane: Lane, row: SyncRow, item: HandedItem, found: WireDocumentWithContent | null): Promise<boolean> {
  if (found === null || row.verification !== 'differs' || row.difference === null) return false;
  if (!(JSON.parse(row.difference) as { field: string }[]).some(({ field }) => field === 'file')) return false;
  const known = lane.run.store.registry.file(row.masterDocId, item.document.versions.at(-1)?.id ?? 0)?.md5 ?? '';
  // Asked again: since it was verified another copy may have taken its place.
  return known !== '' && (await lane.writer.metadata(found.id, lane.call))?.originalChecksum !== known;
}

function current(lane: Lane, row: SyncRow): SyncRow {
  return lane.run.store.registry.row(row.id) ?? row;
}

function needsAttention(masterDocId: number, changedOnMaster: boolean): Error {
  return documentError(
    'file-differs',
    `The file of ${changedOnMaster ? `document ${masterDocId} changed on the master` : `the copy of document ${masterDocId} changed there`}, and this replica can't replace the file of a document.`,
    'Replacing it means trashing the copy, which the delete policy "keep" forbids. Set delete_policy to trash, or trash the copy by hand and retry.',
  );
}
