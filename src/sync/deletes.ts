import { isPaperlessError } from '../paperless';
import type { Store, SyncRow } from '../state';
import { everyRow } from './every-row';
import { isoTime } from './instant';
import { optionOfReplica, type Lane } from './lane';
import { failing } from './instance-failure';
import { demandSameCopy, isOurs } from './same-copy';
import { demandWholeView } from './whole-view';

export interface DeleteReport {
  trashed: number;
  /** Over the limit: none of them was touched. */
  waiting: number;
}

const SHARE = 0.02;
/** Small libraries may lose a few without asking: 2 % of a hundred documents is two. */
const LEAST = 5;

/**
 * Copies whose documents are gone on the master, to the replica's trash, where the policy says so. More than the limit at once is no everyday clearing
 * up: then none is touched and a person is told. The ASN goes first: one in the trash would block it.
 */
export async function trashCopies(lane: Lane): Promise<DeleteReport> {
  const { run, replicaId, planned } = lane;
  if (policyOf(lane) === 'keep') return { trashed: 0, waiting: 0 };
  const graves = gravesOf(run.store, replicaId).filter((row) => planned?.buries(row.masterDocId) !== false);
  if (graves.length === 0) return { trashed: 0, waiting: 0 };
  const limit = deleteLimit(run.store, replicaId);
  if (graves.length > limit) {
    run.log(
      'warning',
      `${lane.replica}: ${graves.length} copies would go to the trash, more than the ${limit} that one run may move. None was touched. pngx plan --scope deletes --replica ${lane.replica} names them, and pngx apply trashes those.`,
      {
        replicaId,
      },
    );
    return { trashed: 0, waiting: graves.length };
  }
  await failing('replica', lane.replica, async () => {
    for (const row of graves) {
      const gone = await bury(lane, row);
      planned?.settled(row.masterDocId, gone);
    }
  });
  return { trashed: graves.length, waiting: 0 };
}

/** How many copies of a replica one run may trash unasked. */
export function deleteLimit({ registry, settings }: Store, replicaId: number): number {
  return Math.min(settings.number('delete_limit'), Math.max(LEAST, Math.ceil(registry.counts(replicaId).total * SHARE)));
}

/** True when the copy was read back as not there. */
export async function bury(lane: Lane, row: SyncRow): Promise<boolean> {
  const id = row.replicaDocId;
  if (id === null) return false;
  const { writer } = lane;
  await demandWholeView(writer, lane.call);
  const ours = await lane.writes(async () => {
    try {
      const copy = await writer.document(id, lane.call);
      if (copy === null) return true;
      demandSameCopy(row, copy);
      if (!(await isOurs(lane, row, copy))) return false;
      if (copy.archiveSerialNumber !== null) await writer.patchDocument(id, { archiveSerialNumber: null }, lane.call);
      await writer.trashDocument(id, lane.call);
    } catch (error) {
      // What became of it is read below.
      if (!isPaperlessError(error) || error.class !== 'unknown-outcome') throw error;
    }
    return true;
  });
  if (!ours) return leaveAlone(lane, row, id);
  if ((await writer.document(id, lane.call)) !== null) return false;
  const { store, epoch, env } = lane.run;
  // Read back as not there: the tombstone keeps the pair, so that a restore on the master brings this very copy back.
  store.fenced(epoch, () => store.registry.verified(row.id, { verification: 'unreadable', version: row.wantedVersion }, isoTime(env.now())));
  lane.run.log('info', `${lane.replica}: document ${id} went to the trash there: ${row.masterDocId} is gone on the master.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
  return true;
}

/** A copy that was never read back is gone, and its number was given to another. */
function leaveAlone(lane: Lane, row: SyncRow, id: number): boolean {
  const { store, epoch } = lane.run;
  store.fenced(epoch, () => store.registry.unmap(row.id));
  lane.run.log(
    'warning',
    `${lane.replica}: document ${id} there isn't the copy of ${row.masterDocId}, which is gone on the master; it is left alone.`,
    {
      replicaId: lane.replicaId,
      docId: row.masterDocId,
    },
  );
  return true;
}

/** Tombstones whose copies are still there. */
export function gravesOf(store: Store, replicaId: number): SyncRow[] {
  const graves = [...everyRow(store, replicaId, { status: 'tombstone' })];
  return graves.filter((row) => row.replicaDocId !== null && row.verification !== 'unreadable');
}

export function policyOf(lane: Lane): string {
  return optionOfReplica(lane, 'delete_policy');
}
