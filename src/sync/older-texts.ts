import type { WireDocument } from '../paperless';
import type { SyncRow } from '../state';
import type { HandedItem } from './hand-out';
import type { Lane } from './lane';
import { passingError } from './outcome';
import type { Difference } from './plan-document';
import { contentHash, strip } from './text';

/**
 * Of a copy that is looked at in its turn: the first of its older versions whose text isn't the master's. Two reads a version, and none for a document of one
 * file. A copy that was just pushed isn't asked: its texts were read back then.
 */
export async function compareOlderTexts(
  lane: Lane,
  row: SyncRow,
  document: Pick<WireDocument, 'versions'>,
  found: Pick<WireDocument, 'id' | 'versions'>,
): Promise<Difference | null> {
  for (const [position, version] of document.versions.slice(0, -1).entries()) {
    const theirs = found.versions[position];
    if (lane.signal.aborted || theirs === undefined) return null;
    const text = await lane.run.onMaster(() => lane.run.contents.version(row.masterDocId, version.id));
    const copy = text === null ? null : await lane.writer.versionContent(found.id, theirs.id, lane.call);
    // Taken away meanwhile, there or here: the next look at the chain sees it.
    if (text === null || copy === null || contentHash(text) === contentHash(copy)) continue;
    const told = (of: string): string => `version ${position + 1}: a text with the SHA-256 ${contentHash(of).slice(0, 12)}…`;
    return { field: 'version_content', wanted: told(text), found: told(copy) };
  }
  return null;
}

/**
 * The texts of all versions but the newest, by position; the newest's is the document's own and goes with its other fields. Each is written where it
 * differs and read back. Throws when one doesn't stay.
 */
export async function bringOlderTexts(lane: Lane, row: SyncRow, item: HandedItem): Promise<void> {
  const id = row.replicaDocId;
  if (id === null) return;
  const copy = await lane.writer.document(id, lane.call);
  if (copy === null) return;
  const older = item.document.versions.slice(0, -1);
  for (const [position, version] of older.entries()) {
    const theirs = copy.versions[position];
    const text = await lane.run.onMaster(() => lane.run.contents.version(row.masterDocId, version.id));
    // Taken away meanwhile, there or here: the next look at the chain sees it.
    if (text === null || theirs === undefined) continue;
    const wanted = strip(text);
    const same = async (): Promise<boolean> => strip((await lane.writer.versionContent(id, theirs.id, lane.call)) ?? '') === wanted;
    if (await same()) continue;
    await lane.writes(() => lane.writer.patchVersionContent(id, theirs.id, wanted, lane.call));
    if (await same()) continue;
    throw passingError(
      'version-text-differs',
      `The text of version ${position + 1} doesn't stay on the replica's document ${id}.`,
      'It is tried again. If that goes on, something on the replica processes that document anew.',
    );
  }
}
