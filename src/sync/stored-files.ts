import { isPaperlessError, type WireDocument } from '../paperless';
import { hashing } from '../paperless/hashing';
import type { SyncRow } from '../state';
import type { Lane } from './lane';
import type { Difference } from './plan-document';
import { chainFor } from './chain';

/** The field of a difference that says what the bytes on a replica's disk are; lists by position in the chain, `null`: no bytes. */
export const STORED_FILE = 'stored_file';

/** A body that didn't come to its end. */
const BROKEN = Symbol('broken off');

export interface StoredFiles {
  /** By position: the checksum of what ought to be there, and of what came. */
  wanted: string[];
  found: (string | null)[];
  /** How many came over the line. */
  bytes: number;
}

/**
 * Downloads a copy's files and hashes them as they pass, keeping nothing. What they ought to be is the master's word; the replica's own database can't tell what
 * has become of its disk. A hash that differs counts when a second download has it too. null: a body broke off, which says nothing about the disk.
 */
export async function readStoredFiles(lane: Lane, row: SyncRow, document: WireDocument, copy: WireDocument): Promise<StoredFiles | null> {
  const files: StoredFiles = { wanted: [], found: [], bytes: 0 };
  const parts = partsOf(lane, copy);
  for (const [position, { versionId, recorded }] of parts.entries()) {
    const wanted = await wantedSum(lane, row, document, { position, last: position === parts.length - 1, recorded });
    if (wanted === null) continue;
    let found = await sumOf(lane, copy.id, versionId, wanted, files);
    if (found !== wanted && found !== null && found !== BROKEN) found = await sumOf(lane, copy.id, versionId, wanted, files);
    if (found === BROKEN) return null;
    files.wanted[position] = wanted;
    files.found[position] = found;
  }
  return files;
}

/** Null where the bytes are what they ought to be. */
export function storedDifference({ wanted, found }: StoredFiles): Difference | null {
  return wanted.some((sum, position) => found[position] !== sum) ? { field: STORED_FILE, wanted: [...wanted], found: [...found] } : null;
}

/** Positions of files that aren't what they ought to be. */
export function harmedPositions({ wanted, found }: StoredFiles): number[] {
  return [...wanted.keys()].filter((position) => wanted[position] !== undefined && found[position] !== wanted[position]);
}

/** Whether the last verification found the bytes on the replica's disk damaged or missing, and none has matched since. */
export function isHarmed(row: Pick<SyncRow, 'verification' | 'difference'>): boolean {
  if ((row.verification !== 'differs' && row.verification !== 'unreadable') || row.difference === null) return false;
  return (JSON.parse(row.difference) as Difference[]).some(({ field }) => field === STORED_FILE);
}

/** For people: what is wrong with the bytes of which copy. */
export function sayHarm(replica: string, copyId: number, files: StoredFiles): string {
  const { wanted, found } = files;
  const position = harmedPositions(files)[0] ?? 0;
  const which = wanted.length > 1 ? `file (version ${position + 1} of ${wanted.length})` : 'file';
  const [ours, theirs] = [wanted[position] ?? '', found[position] ?? null];
  return theirs === null
    ? `The ${which} of document ${copyId} can't be read on ${replica}'s disk: the document is there, its bytes are not.`
    : `The ${which} of document ${copyId} on ${replica}'s disk is damaged: its bytes have the checksum ${theirs.slice(0, 12)}… instead of ${ours.slice(0, 12)}….`;
}

/** Files on the replica, oldest first, with the checksum that its database tells (3.x). */
function partsOf(lane: Lane, copy: WireDocument): { versionId: number | null; recorded: string | null }[] {
  if (!lane.writer.capabilities.versions) return [{ versionId: null, recorded: null }];
  return copy.versions.map(({ id, checksum }) => ({ versionId: id, recorded: checksum }));
}

interface Part {
  position: number;
  last: boolean;
  recorded: string | null;
}

/** What the master's file hashes to; null where the copy was given another one, which is for the comparison of checksums to say. */
async function wantedSum(lane: Lane, row: SyncRow, document: WireDocument, { position, last, recorded }: Part): Promise<string | null> {
  const { run } = lane;
  const { registry } = run.store;
  const listed = chainFor({ document }, lane.writer.capabilities.versions)[position]?.sha256 ?? null;
  if (listed !== null) return (recorded ?? row.fileChecksum ?? listed) === listed ? listed : null;
  // A 2.x master has its newest file alone; of those before it the replica's own word is all there is.
  if (!last) return recorded;
  const known = registry.file(row.masterDocId, 0);
  const sum = row.fileChecksum ?? known?.sha256 ?? '';
  if (sum !== '') return sum;
  if (known !== null && known.md5 !== '') return known.md5;
  const said = await run.onMaster(() => run.master.metadata(row.masterDocId, run.call));
  if (said === null) return null;
  run.store.fenced(run.epoch, () => registry.learnMd5(row.masterDocId, said.originalChecksum, said.originalSize ?? 0));
  return said.originalChecksum;
}

/** The checksum of one stored file, of the kind that `wanted` is; null when the replica has no bytes to give. */
async function sumOf(
  lane: Lane,
  copyId: number,
  versionId: number | null,
  wanted: string,
  count: { bytes: number },
): Promise<string | typeof BROKEN | null> {
  try {
    const download = await lane.writer.download(copyId, versionId, lane.call);
    const stream = hashing(download.chunks);
    const chunks = stream.chunks[Symbol.asyncIterator]();
    while ((await chunks.next()).done !== true);
    const { sha256, md5, size } = stream.result();
    count.bytes += size;
    if (download.length !== null && download.length !== size) return BROKEN;
    return wanted.length === 32 ? md5 : sha256;
  } catch (error) {
    if (!isPaperlessError(error) || error.class === 'aborted' || error.class === 'instance') throw error;
    // The server answers for everything else, and not for this file: its disk is what it can't read.
    const refused = error.class === 'document' || (error.status !== undefined && error.status >= 500);
    const record = await lane.writer.document(copyId, lane.call);
    return refused && record !== null ? null : BROKEN;
  }
}
