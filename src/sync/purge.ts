import { isPaperlessError, type WireDocument } from '../paperless';
import type { SyncRow } from '../state';
import { deleteLimit, policyOf } from './deletes';
import { purgeable } from './erased';
import { failing } from './instance-failure';
import type { Lane } from './lane';
import { demandSameCopy } from './same-copy';
import { trashOf } from './trashed';
import { demandWholeView } from './whole-view';

/**
 * Under `mirror`: copies in the replica's trash whose documents are deleted for good on the master, for good there too. Only what we moved there, and only where the
 * time of its arrival proves it; as many at once as may be trashed, and else none.
 */
export async function purgeCopies(lane: Lane): Promise<{ purged: number; waiting: number }> {
  const { run, replicaId, planned } = lane;
  if (policyOf(lane) !== 'mirror') return { purged: 0, waiting: 0 };
  const rows = purgeable(run.store, replicaId).filter((row) => planned?.purges(row.masterDocId) !== false);
  if (rows.length === 0) return { purged: 0, waiting: 0 };
  const limit = deleteLimit(run.store, replicaId);
  if (rows.length > limit) {
    run.log(
      'warning',
      `${lane.replica}: ${rows.length} copies would be deleted for good, more than the ${limit} that one run may delete. None was touched. pngx plan --scope deletes --replica ${lane.replica} names them, and pngx apply deletes those.`,
      { replicaId },
    );
    return { purged: 0, waiting: rows.length };
  }
  return { purged: await failing('replica', lane.replica, () => purge(lane, rows)), waiting: 0 };
}

/** How many of these are gone for good now. One that isn't in the trash any more is left alone where it lives, and given up where it doesn't. */
export async function purge(lane: Lane, rows: readonly SyncRow[]): Promise<number> {
  const { writer, run } = lane;
  const { store, epoch } = run;
  const ids = new Set(rows.flatMap(({ replicaDocId }) => replicaDocId ?? []));
  if (ids.size === 0) return 0;
  await demandWholeView(writer, lane.call);
  const before = await inTrash(lane, ids);
  for (const row of rows) {
    const copy = before.get(row.replicaDocId ?? 0);
    if (copy === undefined || lane.signal.aborted) continue;
    demandSameCopy(row, copy);
    await lane.writes(async () => {
      try {
        await writer.eraseTrashed(copy.id, lane.call);
      } catch (error) {
        // What became of it is read below.
        if (!isPaperlessError(error) || (error.class !== 'unknown-outcome' && error.class !== 'document')) throw error;
      }
    });
  }
  const after = await inTrash(lane, ids);
  const live = new Set((await writer.documentsByIds([...ids], lane.call)).map(({ id }) => id));
  let purged = 0;
  for (const row of rows) {
    const id = row.replicaDocId;
    if (id === null || after.has(id) || live.has(id)) continue;
    store.fenced(epoch, () => {
      store.registry.unmap(row.id);
      store.registry.forgetReplicaDoc(lane.replicaId, id);
      // Its bytes may be what kept another document out, also from the trash.
      store.registry.requeueWithoutCopy(lane.replicaId);
    });
    purged += 1;
    lane.planned?.settled(row.masterDocId, true);
    run.log('info', `${lane.replica}: document ${id} was deleted for good there: ${row.masterDocId} is, on the master.`, {
      replicaId: lane.replicaId,
      docId: row.masterDocId,
    });
  }
  return purged;
}

async function inTrash(lane: Lane, wanted: ReadonlySet<number>): Promise<Map<number, WireDocument>> {
  const found = new Map<number, WireDocument>();
  // A version's row isn't a document of its own.
  for await (const document of trashOf(lane.writer, lane.call))
    if (wanted.has(document.id) && (document.rootDocument ?? null) === null) found.set(document.id, document);
  return found;
}
