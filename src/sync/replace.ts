import { isPaperlessError } from '../paperless';
import type { Intent, Store, SyncRow } from '../state';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { requeueLinked } from './linked';
import { isHarmed } from './stored-files';

/**
 * 2.x can't replace a document's file: a new document takes its place, and the old one goes to the trash once the new one is proven. Which old one
 * stands to be trashed for which row is kept in the database, so that a crash between any two requests is taken up again. There may be several for one
 * row: its file may change again before the new copy is proven.
 */
type Replaced = Record<string, number[]>;

function key(replicaId: number): string {
  return `replaced:${replicaId}`;
}

function read(store: Store, replicaId: number): Replaced {
  const stored = store.settings.fact(key(replicaId));
  return stored === null ? {} : (JSON.parse(stored) as Replaced);
}

function write(store: Store, replicaId: number, replaced: Replaced, arrived = arrivals(store, replicaId)): void {
  store.settings.setFact(key(replicaId), Object.keys(replaced).length === 0 ? null : JSON.stringify(replaced));
  const waiting = new Set(Object.values(replaced).flat());
  const kept = Object.entries(arrived).filter(([copy]) => waiting.has(Number(copy)));
  store.settings.setFact(arrivalsKey(replicaId), kept.length === 0 ? null : JSON.stringify(Object.fromEntries(kept)));
}

/** When the copies that wait arrived on the replica, as it says: one that was emptied since gives their numbers to others. */
type Arrivals = Record<string, string>;

function arrivalsKey(replicaId: number): string {
  return `replaced-arrived:${replicaId}`;
}

function arrivals(store: Store, replicaId: number): Arrivals {
  return JSON.parse(store.settings.fact(arrivalsKey(replicaId)) ?? '{}') as Arrivals;
}

/** A copy waits no more. */
function strike(store: Store, replicaId: number, copy: number): void {
  const left = Object.entries(read(store, replicaId)).map(([rowId, copies]) => [rowId, copies.filter((id) => id !== copy)] as const);
  write(store, replicaId, Object.fromEntries(left.filter(([, copies]) => copies.length > 0)));
}

/** Whether a document on the replica is free to become somebody's copy: no row names it, and it isn't a copy that is being replaced. */
export function isFree(lane: Lane, replicaDocId: number): boolean {
  const { registry } = lane.run.store;
  return !registry.isMapped(lane.replicaId, replicaDocId) && !replacements(lane.run.store, lane.replicaId).copies.has(replicaDocId);
}

/** Copies that wait for the trash, and the rows whose new ones have to be proven before. */
export function replacements(store: Store, replicaId: number): { rows: Set<number>; copies: Set<number> } {
  const replaced = read(store, replicaId);
  return { rows: new Set(Object.keys(replaced).map(Number)), copies: new Set(Object.values(replaced).flat()) };
}

/** Copies that wait for the trash, by row; `proven` where the row's new copy was read back, so that they go. */
export function waitingCopies(store: Store, replicaId: number): { row: SyncRow | null; copies: number[]; proven: boolean }[] {
  return Object.entries(read(store, replicaId)).map(([id, copies]) => {
    const row = store.registry.row(Number(id));
    return { row, copies, proven: row !== null && isProven(row) };
  });
}

/** Copies of a row's earlier files that wait for a newer one to be proven. */
export function formerCopies(store: Store, replicaId: number, rowId: number): number[] {
  return read(store, replicaId)[rowId] ?? [];
}

/** Gives up the pair, so that the new file is uploaded as a new document. The old copy lets go of its ASN, which the new one needs. */
export async function beginReplacement(lane: Lane, row: SyncRow, why: string): Promise<void> {
  const { store, epoch } = lane.run;
  const old = row.replicaDocId;
  if (old === null) return;
  const { added } = await lane.writes(() => lane.writer.patchDocument(old, { archiveSerialNumber: null }, lane.call));
  store.fenced(epoch, () => {
    const replaced = read(store, lane.replicaId);
    const waiting = { ...replaced, [row.id]: [...(replaced[row.id] ?? []), old] };
    write(store, lane.replicaId, waiting, { ...arrivals(store, lane.replicaId), [old]: added });
    store.registry.unmap(row.id);
  });
  lane.run.log('info', `${lane.replica}: ${why}; copy ${old} of document ${row.masterDocId} is being replaced by a new one.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
}

/**
 * A copy of our own sending whose file isn't what was sent: it goes to the trash at once, since nothing of the master's is in it. Written down like a copy
 * to be replaced, so that a crash leaves it to be trashed later.
 */
export async function discardDamaged(lane: Lane, row: SyncRow, sent: Intent): Promise<void> {
  const { store, epoch } = lane.run;
  const copy = row.replicaDocId;
  if (copy === null || !(await isDamaged(lane, copy, sent))) return;
  await beginReplacement(lane, row, 'its file did not arrive as it was sent');
  if (await trashed(lane, copy)) store.fenced(epoch, () => strike(store, lane.replicaId, copy));
}

async function isDamaged(lane: Lane, copy: number, sent: Intent): Promise<boolean> {
  const { writer, call } = lane;
  const found = await writer.document(copy, call);
  if (found === null) return false;
  if (writer.capabilities.versions) return found.versions[0]?.checksum !== sent.sha256;
  return !(await writer.documentsByChecksum(sent.md5, call)).some(({ id }) => id === copy);
}

/** Trashes the old copies of rows whose new one was read back as equal, or whose document is gone. */
export async function finishReplacements(lane: Lane): Promise<void> {
  const { store, epoch } = lane.run;
  const { registry } = store;
  for (const [rowId, copies] of Object.entries(read(store, lane.replicaId))) {
    const row = registry.row(Number(rowId));
    if (row !== null && !isProven(row)) continue;
    for (const old of copies) {
      if (lane.planned?.retires(old) === false) continue;
      const ours = row !== null && !registry.isMapped(lane.replicaId, old) && !(await isAnother(lane, old));
      if (ours && !(await trashed(lane, old))) continue;
      store.fenced(epoch, () => {
        strike(store, lane.replicaId, old);
        if (ours) remember(store, lane.replicaId, old);
        // Documents linked with it still point to the old copy.
        if (row !== null) requeueLinked(lane.run, lane.replicaId, row.masterDocId);
        // And its bytes may be what kept another document out.
        registry.requeueWithoutCopy(lane.replicaId);
      });
      if (lane.planned !== null && row !== null) lane.planned.done.replaced += 1;
    }
  }
}

/**
 * Of these documents on the replica the first that waits for the trash, taken back as the row's copy: the master's file is the earlier one again before a newer one
 * was proven. null: none of them does.
 */
export function takeBack(lane: Lane, row: SyncRow, ids: readonly number[], sha256: string): number | null {
  const { store, epoch, env } = lane.run;
  // It is replaced because its file on the disk is damaged: its checksum says nothing for it.
  if (isHarmed(row)) return null;
  const waiting = replacements(store, lane.replicaId).copies;
  const copy = ids.find((id) => waiting.has(id) && !store.registry.isMapped(lane.replicaId, id));
  if (copy === undefined) return null;
  store.fenced(epoch, () => {
    strike(store, lane.replicaId, copy);
    store.registry.move(row.id, { to: 'applying', replicaDocId: copy, fileChecksum: sha256 }, isoTime(env.now()));
  });
  lane.run.log('info', `${lane.replica}: document ${row.masterDocId} has an earlier file again; its copy ${copy} stays.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
  return copy;
}

/** As many as a person can be thought to bring back. */
const REMEMBERED = 1000;

function retiredKey(replicaId: number): string {
  return `retired:${replicaId}`;
}

function retired(store: Store, replicaId: number): number[] {
  return JSON.parse(store.settings.fact(retiredKey(replicaId)) ?? '[]') as number[];
}

/** For a resync. */
export function forgetRetired(store: Store, replicaId: number): void {
  store.settings.setFact(retiredKey(replicaId), null);
}

function remember(store: Store, replicaId: number, copy: number): void {
  const others = retired(store, replicaId).filter((id) => id !== copy);
  store.settings.setFact(retiredKey(replicaId), JSON.stringify([...others, copy].slice(-REMEMBERED)));
}

/** Whether it was a copy of ours that went to the trash because a newer file took its place: then it may come out of it again when that file returns. */
export function isRetired(lane: Lane, replicaDocId: number): boolean {
  return retired(lane.run.store, lane.replicaId).includes(replicaDocId) && isFree(lane, replicaDocId);
}

/** A row that is limited to no copy at all has nothing to take the old one's place. */
function isProven({ status, replicaDocId }: SyncRow): boolean {
  return status === 'tombstone' || ((status === 'ok' || status === 'limited') && replicaDocId !== null);
}

/** Whether the copy's number belongs to another document by now, which is somebody's. */
async function isAnother(lane: Lane, copy: number): Promise<boolean> {
  const arrived = arrivals(lane.run.store, lane.replicaId)[copy];
  if (arrived === undefined) return false;
  const found = await lane.writer.document(copy, lane.call);
  if (found === null || Date.parse(found.added) === Date.parse(arrived)) return false;
  lane.run.log('warning', `${lane.replica}: document ${copy} there isn't the copy that was to go to the trash under this number; it is left alone.`, {
    replicaId: lane.replicaId,
  });
  return true;
}

/** Read, not believed: what is still there is tried again in the next cycle. */
async function trashed(lane: Lane, copy: number): Promise<boolean> {
  await lane.writes(async () => {
    try {
      await lane.writer.trashDocument(copy, lane.call);
    } catch (error) {
      if (!isPaperlessError(error) || (error.class !== 'unknown-outcome' && error.class !== 'document')) throw error;
    }
  });
  return (await lane.writer.document(copy, lane.call)) === null;
}
