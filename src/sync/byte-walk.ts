import { isPaperlessError, type WireDocument } from '../paperless';
import type { SyncRow } from '../state';
import type { Lane } from './lane';
import { readStoredFiles, sayHarm, storedDifference } from './stored-files';
import { demandSameCopy } from './same-copy';
import { CHUNK } from './rotation';
import { failVerification } from './verdict';

/** A walk over all of a replica's copies, by row; times in ms. */
export interface Walk {
  begun: number;
  /** When its share was last taken. */
  last: number;
  /** Every row up to this one has been read. */
  after: number;
  /** The last row when it begun: what came later is the next walk's, or a library that grows would keep this one from ever ending. */
  upTo: number;
  /** The row whose reading was cut short; it is tried once more. */
  cut: number | null;
}

/** How many of the remaining copies are due, so that the walk ends with its window. What is left then is due at once. */
export function shareOf(walk: Walk, remaining: number, windowMs: number, now: number): number {
  const end = walk.begun + windowMs;
  if (now >= end) return remaining;
  return Math.floor((remaining * Math.max(0, now - walk.last)) / (end - walk.last));
}

/** The walk that goes on now: the same one, or the next when that came to its end and its time is over. */
export function walkNow(
  stored: Walk | null,
  remaining: number,
  { windowMs, now, lastRow }: { windowMs: number; now: number; lastRow: number },
): Walk {
  if (stored === null) return { begun: now, last: now, after: 0, upTo: lastRow, cut: null };
  const end = stored.begun + windowMs;
  if (remaining > 0 || now < end) return stored;
  const begun = now - end < windowMs ? end : now;
  return { begun, last: begun, after: 0, upTo: lastRow, cut: null };
}

/**
 * Downloads a share of the stored files and hashes them: what a replica's database says of a file stays right when its disk doesn't. One file at a time; goes on
 * from its row in the next cycle. How many copies were read.
 */
export async function walkBytes(lane: Lane): Promise<number> {
  const { run, replicaId } = lane;
  const { verifyBytesWindowMs: windowMs, verifyBytesPerCycle } = run.settings;
  if (windowMs === 0) return 0;
  const { registry } = run.store;
  const stored = storedWalk(lane);
  const now = run.env.now();
  const left = (walk: Walk): number => registry.copiesLeft(replicaId, walk.after, walk.upTo);
  const walk = walkNow(stored, stored === null ? 0 : left(stored), { windowMs, now, lastRow: registry.lastRow(replicaId) });
  let due = shareOf(walk, left(walk), windowMs, now);
  if (due > 0) walk.last = now;
  keep(lane, walk);
  let bytes = 0;
  let read = 0;
  while (due > 0 && bytes < verifyBytesPerCycle && !lane.signal.aborted) {
    const rows = registry.copiesAfter(replicaId, walk.after, Math.min(due, CHUNK));
    if (rows.length === 0) break;
    due -= rows.length;
    const found = await lane.writer.documentsByIds(
      rows.flatMap((row) => row.replicaDocId ?? []),
      lane.call,
    );
    const byId = new Map(found.map((document) => [document.id, document]));
    for (const row of rows) {
      if (bytes >= verifyBytesPerCycle || isAborted(lane)) return read;
      const copy = byId.get(row.replicaDocId ?? -1);
      // One that isn't there is for the look at its fields to find.
      const size = copy === undefined ? 0 : await readOne(lane, row, copy);
      if (size === null && walk.cut !== row.id) {
        keep(lane, { ...walk, cut: row.id });
        return read;
      }
      if (size === null) sayUnread(lane, row);
      else if (copy !== undefined) read += 1;
      bytes += size ?? 0;
      walk.after = row.id;
      walk.cut = null;
      keep(lane, walk);
    }
  }
  return read;
}

/** Bytes that came; null when its reading was cut short. */
async function readOne(lane: Lane, row: SyncRow, copy: WireDocument): Promise<number | null> {
  demandSameCopy(row, copy);
  const master = lane.run.store.registry.masterDoc(row.masterDocId);
  if (master === null) return 0;
  try {
    const files = await readStoredFiles(lane, row, JSON.parse(master.document) as WireDocument, copy);
    if (files === null) return null;
    const difference = storedDifference(files);
    if (difference === null) return files.bytes;
    const verification = files.found.includes(null) ? 'unreadable' : 'differs';
    await failVerification(lane, row, { verification, found: copy, differences: [difference], harm: sayHarm(lane.replica, copy.id, files) });
    return files.bytes;
  } catch (error) {
    if (isPaperlessError(error) && error.class === 'aborted') return null;
    throw error;
  }
}

function sayUnread(lane: Lane, row: SyncRow): void {
  lane.run.log(
    'warning',
    `${lane.replica}: the stored file of document ${row.masterDocId} could not be read to its end in two cycles, and is left out of this walk. If it is large, raise sync_cycle_timeout_seconds.`,
    { replicaId: lane.replicaId, docId: row.masterDocId },
  );
}

function isAborted({ signal }: Lane): boolean {
  return signal.aborted;
}

function walkKey(replicaId: number): string {
  return `bytes-walk:${replicaId}`;
}

function storedWalk({ run, replicaId }: Lane): Walk | null {
  const stored = run.store.settings.fact(walkKey(replicaId));
  return stored === null ? null : (JSON.parse(stored) as Walk);
}

function keep({ run, replicaId }: Lane, walk: Walk): void {
  run.store.fenced(run.epoch, () => run.store.settings.setFact(walkKey(replicaId), JSON.stringify(walk)));
}
