import type { WireDocument } from '../paperless';
import type { Intent, Store, SyncRow } from '../state';
import { chainFor, type ChainLink } from './chain';
import type { Lane } from './lane';
import { isMadeFor } from './lost-uploads';
import { fail } from './moves';
import { documentError } from './outcome';
import { isFree } from './replace';
import { isHarmed } from './stored-files';
import { trashedOf, trashOf } from './trashed';
import { endOf } from './twin-watch';

/**
 * Bytes that a replica refuses because they lie in its trash (2.x always; 3.x where it refuses duplicates). What is provably ours is taken back out of it.
 * Somebody else's is left there: the document waits, and isn't sent again before a read has shown the entry gone.
 */
interface Refused {
  /** What lies in the trash: a document or a version. */
  entry: number;
  sha256: string;
  md5: string;
}
type RefusedRows = Record<string, Refused>;

const CODE = 'bytes-in-trash';

function key(replicaId: number): string {
  return `bytes-in-trash:${replicaId}`;
}

function read(store: Store, replicaId: number): RefusedRows {
  const stored = store.settings.fact(key(replicaId));
  return stored === null ? {} : (JSON.parse(stored) as RefusedRows);
}

/** `refused` null: the row waits no more. Rows that came to something else meanwhile are dropped as well. */
function remember(lane: Lane, row: SyncRow, refused: Refused | null): void {
  const { store, epoch } = lane.run;
  store.fenced(epoch, () => {
    const others = Object.entries(read(store, lane.replicaId)).filter(
      ([id]) => Number(id) !== row.id && store.registry.row(Number(id))?.errorCode === CODE,
    );
    const waiting: RefusedRows = Object.fromEntries(refused === null ? others : [...others, [row.id, refused]]);
    store.settings.setFact(key(lane.replicaId), Object.keys(waiting).length === 0 ? null : JSON.stringify(waiting));
  });
}

/** The copy, or the copy's version, is alive again; its id. null: the entry isn't provably ours, or can't come back to where it belongs. */
export async function takeOutOfTrash(lane: Lane, row: SyncRow, intent: Intent, entry: number): Promise<number | null> {
  // It is sent again because the bytes on the disk are damaged: those in the trash are the same.
  if (isHarmed(row)) return null;
  const lying = await entryOf(lane, entry);
  // A version that was restored just before a crash.
  if (lying === null) return intent.kind === 'version' ? versionThere(lane, row, intent) : null;
  return intent.kind === 'version' ? versionBack(lane, row, intent, lying) : copyBack(lane, row, intent, lying);
}

/** An upload of ours for this very document that somebody trashed before it was known as the copy. */
async function copyBack(lane: Lane, row: SyncRow, { sha256 }: Intent, lying: WireDocument): Promise<number | null> {
  if ((lying.rootDocument ?? null) !== null || !isFree(lane, lying.id) || !isMadeFor(lane, row, lying, sha256)) return null;
  await lane.writes(() => lane.writer.restoreDocument(lying.id, lane.call));
  told(lane, row, `document ${lying.id} there, which was uploaded for document ${row.masterDocId} and trashed`);
  return lying.id;
}

/**
 * A version of the copy that was taken away, by us or by somebody. paperless keeps versions in the order of their ids, so it comes back as the newest only where
 * none of the others was made later.
 */
async function versionBack(lane: Lane, row: SyncRow, intent: Intent, lying: WireDocument): Promise<number | null> {
  const { writer, call } = lane;
  const copy = row.replicaDocId;
  if (copy === null || lying.rootDocument !== copy) return null;
  const before = await writer.document(copy, call);
  if (before?.versions.length !== intent.position || before.versions.some(({ id }) => id > lying.id)) return null;
  await lane.writes(() => writer.restoreDocument(lying.id, call));
  const restored = (await writer.document(copy, call))?.versions[intent.position];
  if (restored?.id !== lying.id) return null;
  if (restored.checksum !== intent.sha256) {
    // It was its archive that has these bytes.
    await lane.writes(() => writer.deleteVersion(copy, lying.id, call));
    return null;
  }
  const label = labelOf(lane, row, intent);
  if (label !== (restored.label ?? '')) await lane.writes(() => writer.labelVersion(copy, lying.id, label, call));
  told(lane, row, `version ${lying.id} of copy ${copy} of document ${row.masterDocId}`);
  return copy;
}

async function versionThere(lane: Lane, { replicaDocId }: SyncRow, { position, sha256 }: Intent): Promise<number | null> {
  const copy = replicaDocId === null ? null : await lane.writer.document(replicaDocId, lane.call);
  return copy?.versions[position]?.checksum === sha256 ? copy.id : null;
}

function labelOf(lane: Lane, row: SyncRow, { position }: Intent): string {
  const master = lane.run.store.registry.masterDoc(row.masterDocId);
  return (master === null ? undefined : chainFor({ document: JSON.parse(master.document) as WireDocument }, true)[position]?.label) ?? '';
}

function told(lane: Lane, row: SyncRow, what: string): void {
  lane.run.log('info', `${lane.replica}: ${what}, came back out of the trash instead of being sent again.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
}

/** The row, which holds no intent any more, waits for somebody to empty that entry. */
export function waitForTrash(lane: Lane, row: SyncRow, { sha256, md5 }: Intent, entry: number): void {
  remember(lane, row, { entry, sha256, md5 });
  lane.refusedFor = undefined;
  say(lane, row, entry);
}

function say(lane: Lane, row: SyncRow, entry: number): void {
  const error = documentError(
    'bytes-in-trash',
    `${lane.replica} refuses the file of document ${row.masterDocId} because the same bytes are in its trash (document ${entry} there), which isn't ours to empty${endOf(lane, row)}`,
    `Empty document ${entry} from the trash of ${lane.replica}. The trash is looked at again by itself, and the file isn't sent before that is gone.`,
  );
  fail(lane, row, error);
}

/**
 * Before a file is sent, or even downloaded: whether it is the one that was refused, and what it was refused for still lies in the trash. The row has its words
 * again then, and its next look.
 */
export async function isStillInTrash(lane: Lane, row: SyncRow, link: ChainLink): Promise<boolean> {
  const refused = read(lane.run.store, lane.replicaId)[row.id];
  if (refused === undefined) return false;
  if ((await isSameFile(lane, row, link, refused)) && (await stillLying(lane)).has(refused.entry)) {
    say(lane, row, refused.entry);
    return true;
  }
  remember(lane, row, null);
  return false;
}

/** A 2.x master lists no checksums: it is asked for this one's. */
async function isSameFile(lane: Lane, row: SyncRow, link: ChainLink, { sha256, md5 }: Refused): Promise<boolean> {
  if (link.sha256 !== null) return link.sha256 === sha256;
  const metadata = await lane.run.onMaster(() => lane.run.master.metadata(row.masterDocId, lane.call));
  return metadata !== null && (metadata.originalChecksum === md5 || metadata.originalChecksum === sha256);
}

/** Of all that is waited for, what lies in the trash still: one look a run, however many wait. */
function stillLying(lane: Lane): Promise<ReadonlySet<number>> {
  const entries = Object.values(read(lane.run.store, lane.replicaId)).map(({ entry }) => entry);
  lane.refusedFor ??= trashedOf(lane.writer, new Set(entries), lane.call).catch((error: unknown) => {
    lane.refusedFor = undefined;
    throw error;
  });
  return lane.refusedFor;
}

async function entryOf(lane: Lane, id: number): Promise<WireDocument | null> {
  for await (const document of trashOf(lane.writer, lane.call)) if (document.id === id) return document;
  return null;
}
