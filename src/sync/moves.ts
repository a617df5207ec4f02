import type { SyncRow } from '../state';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { failureMove } from './outcome';

/** Moves a lane's row, if this run's epoch still holds the lease. */
export function move(lane: Lane, rowId: number, to: Parameters<Lane['run']['store']['registry']['move']>[1]): SyncRow {
  const { store, epoch, env } = lane.run;
  return store.fenced(epoch, () => store.registry.move(rowId, to, isoTime(env.now())));
}

/** Makes an error of a row, or quarantines it, and says so in the log. */
export function fail(lane: Lane, row: SyncRow, error: unknown): SyncRow {
  const failure = failureMove(lane.run, row, error);
  lane.run.log(failure.to === 'quarantined' ? 'error' : 'warning', `${lane.replica}: document ${row.masterDocId}: ${failure.message}`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
  return move(lane, row.id, failure);
}
