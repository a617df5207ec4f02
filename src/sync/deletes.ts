import { isPaperlessError } from '../paperless';
import type { SyncRow } from '../state';
import { isoTime } from './instant';
import { optionOfReplica, type Lane } from './lane';
import { failing } from './run';

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
  const { run, replicaId } = lane;
  if (policyOf(lane) === 'keep') return { trashed: 0, waiting: 0 };
  const graves = tombstones(lane);
  if (graves.length === 0) return { trashed: 0, waiting: 0 };
  const total = run.store.registry.counts(replicaId).total;
  const limit = Math.min(run.store.settings.number('delete_limit'), Math.max(LEAST, Math.ceil(total * SHARE)));
  if (graves.length > limit) {
    run.log(
      'warning',
      `${lane.replica}: ${graves.length} copies would go to the trash, more than the ${limit} that one run may move. None was touched; look at what is gone on the master, then raise delete_limit.`,
      {
        replicaId,
      },
    );
    return { trashed: 0, waiting: graves.length };
  }
  await failing('replica', lane.replica, async () => {
    for (const row of graves) await bury(lane, row);
  });
  return { trashed: graves.length, waiting: 0 };
}

async function bury(lane: Lane, row: SyncRow): Promise<void> {
  const id = row.replicaDocId;
  if (id === null) return;
  const { writer } = lane;
  await lane.writes(async () => {
    try {
      const copy = await writer.document(id, lane.call);
      if (copy !== null && copy.archiveSerialNumber !== null) await writer.patchDocument(id, { archiveSerialNumber: null }, lane.call);
      if (copy !== null) await writer.trashDocument(id, lane.call);
    } catch (error) {
      // What became of it is read below.
      if (!isPaperlessError(error) || error.class !== 'unknown-outcome') throw error;
    }
  });
  if ((await writer.document(id, lane.call)) !== null) return;
  const { store, epoch, env } = lane.run;
  // Read back as not there: the tombstone keeps the pair, so that a restore on the master brings this very copy back.
  store.fenced(epoch, () => store.registry.verified(row.id, { verification: 'unreadable', version: row.wantedVersion }, isoTime(env.now())));
  lane.run.log('info', `${lane.replica}: document ${id} went to the trash there: ${row.masterDocId} is gone on the master.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
}

/** Tombstones whose copies are still there. */
function tombstones(lane: Lane): SyncRow[] {
  const { registry } = lane.run.store;
  const found: SyncRow[] = [];
  let after = 0;
  for (;;) {
    const rows = registry.rows(lane.replicaId, { status: 'tombstone', after, limit: 500 });
    found.push(...rows.filter((row) => row.replicaDocId !== null && row.verification !== 'unreadable'));
    const last = rows.at(-1);
    if (last === undefined || rows.length < 500) return found;
    after = last.id;
  }
}

export function policyOf(lane: Lane): string {
  return optionOfReplica(lane, 'delete_policy');
}
