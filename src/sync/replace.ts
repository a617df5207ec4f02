import { isPaperlessError } from '../paperless';
import type { Store, SyncRow } from '../state';
import type { Lane } from './lane';
import { requeueLinked } from './linked';

/**
 * 2.x can't replace a document's file: a new document takes its place, and the old one goes to the trash once the new one is proven. Which old one
 * stands to be trashed for which row is kept in the database, so that a crash between any two requests is taken up again.
 */
type Replaced = Record<string, number>;

function key(replicaId: number): string {
  return `replaced:${replicaId}`;
}

function read(store: Store, replicaId: number): Replaced {
  const stored = store.settings.fact(key(replicaId));
  return stored === null ? {} : (JSON.parse(stored) as Replaced);
}

function write(store: Store, replicaId: number, replaced: Replaced): void {
  store.settings.setFact(key(replicaId), Object.keys(replaced).length === 0 ? null : JSON.stringify(replaced));
}

/** Whether a document on the replica is free to become somebody's copy: no row names it, and it isn't a copy that is being replaced. */
export function isFree(lane: Lane, replicaDocId: number): boolean {
  const { registry } = lane.run.store;
  return !registry.isMapped(lane.replicaId, replicaDocId) && !replacements(lane.run.store, lane.replicaId).copies.has(replicaDocId);
}

/** Copies that wait for the trash, and the rows whose new ones have to be proven before. */
export function replacements(store: Store, replicaId: number): { rows: Set<number>; copies: Set<number> } {
  const replaced = read(store, replicaId);
  return { rows: new Set(Object.keys(replaced).map(Number)), copies: new Set(Object.values(replaced)) };
}

/** Gives up the pair, so that the new file is uploaded as a new document. The old copy lets go of its ASN, which the new one needs. */
export async function beginReplacement(lane: Lane, row: SyncRow): Promise<void> {
  const { store, epoch } = lane.run;
  const old = row.replicaDocId;
  if (old === null) return;
  await lane.writes(() => lane.writer.patchDocument(old, { archiveSerialNumber: null }, lane.call));
  store.fenced(epoch, () => {
    write(store, lane.replicaId, { ...read(store, lane.replicaId), [row.id]: old });
    store.registry.unmap(row.id);
  });
  lane.run.log('info', `${lane.replica}: the file of document ${row.masterDocId} changed; its copy ${old} is being replaced by a new one.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
}

/** Trashes the old copies of rows whose new one was read back as equal. */
export async function finishReplacements(lane: Lane): Promise<void> {
  const { store, epoch } = lane.run;
  for (const [rowId, old] of Object.entries(read(store, lane.replicaId))) {
    const row = store.registry.row(Number(rowId));
    if (row !== null && row.status !== 'ok' && row.status !== 'limited') continue;
    if (row !== null && !store.registry.isMapped(lane.replicaId, old)) {
      await lane.writes(async () => {
        try {
          await lane.writer.trashDocument(old, lane.call);
        } catch (error) {
          if (!isPaperlessError(error) || (error.class !== 'unknown-outcome' && error.class !== 'document')) throw error;
        }
      });
      // Read, not believed: what is still there is tried again in the next cycle.
      if ((await lane.writer.document(old, lane.call)) !== null) continue;
    }
    store.fenced(epoch, () => {
      const { [rowId]: _done, ...rest } = read(store, lane.replicaId);
      write(store, lane.replicaId, rest);
      // Documents linked with it still point to the old copy.
      if (row !== null) requeueLinked(lane.run, lane.replicaId, row.masterDocId);
    });
  }
}
