import { InstanceFailure } from '../sync';
import { ACCEPTABLE, instanceKey } from '../sync/preflight';
import type { Board, EndedLane, LaneEnd, LaneSeat } from './board';
import type { RunParts } from './run-parts';

/** Documents by which an instance is known. */
const SAMPLED = 20;

type Parts = Pick<RunParts, 'store' | 'identity' | 'preflight' | 'records' | 'log'>;

/** What a lane leaves behind: its numbers, what stopped it, and by what its replica is known again. */
export class LaneEnds {
  constructor(private readonly parts: Parts) {}

  async close(board: Board, seat: LaneSeat, end: LaneEnd): Promise<void> {
    seat.closed = true;
    seat.phase = 'closed';
    // A deadline says nothing of the instances.
    if (end.kind === 'error' && !board.abort.signal.aborted) {
      this.parts.preflight.doubt(instanceKey(null));
      this.parts.preflight.doubt(instanceKey(seat.replicaId));
      this.keepRefusal(seat.failure?.error ?? end.error, seat.replicaId);
    }
    // Recorded before anything is waited for: another lane that ends meanwhile closes the run, with these numbers.
    this.ended(board, { replicaId: seat.replicaId, numbers: seat, end });
    // Batches that another node still has at work end too.
    seat.abort.abort();
    await board.run.files.laneEnded(seat.replicaId);
  }

  /** A database that can't be written at the moment is no reason to lose a lane's end: it is recorded with the run's. */
  ended(board: Board, ended: Omit<EndedLane, 'timedOut'>): void {
    board.ends.push({ ...ended, timedOut: board.abort.signal.aborted || board.seats.get(ended.replicaId)?.lane.cutShort === true });
    try {
      this.record(board);
    } catch (error) {
      this.parts.log({ level: 'error', runId: board.row.id, message: `The end of a lane can't be recorded yet: ${String(error)}` });
    }
  }

  /** Throws what the database says; what is not recorded by then stays to be. */
  record(board: Board): void {
    const { store, records } = this.parts;
    for (let next = board.ends[0]; next !== undefined; next = board.ends[0]) {
      const ended = next;
      store.transaction(() => {
        const replica = store.replicas.get(ended.replicaId);
        if (replica !== null) records.laneEnded(board.row.id, replica, ended);
      });
      board.ends.shift();
    }
  }

  /** By what the instances are known again next time. A read that fails teaches nothing, and the run is none the worse. */
  async learn(seat: LaneSeat): Promise<void> {
    const { identity, store } = this.parts;
    if (identity.wants(instanceKey(null))) {
      const ids = spread(store.registry.liveIdsAfter(0, 100_000), SAMPLED);
      identity.learn(
        instanceKey(null),
        store.registry.masterDocs(ids).map((d) => JSON.parse(d.document) as { id: number; added: string }),
      );
    }
    const key = instanceKey(seat.replicaId);
    if (seat.synced === 0 || !identity.wants(key)) return;
    const pairs = store.registry.pairsAfter(seat.replicaId, 0, 100_000);
    const copies = spread(
      pairs.map((p) => p.replicaDocId),
      SAMPLED,
    );
    identity.learn(key, await seat.lane.writer.documentsByIds(copies, seat.lane.call).catch(() => []));
  }

  /** A cycle or a plan that stopped for what a person may accept, or has to mend: among the findings at once, and not only at the next look. */
  keepRefusal(error: unknown, replicaId: number | null): void {
    if (!(error instanceof InstanceFailure) || !(ACCEPTABLE.includes(error.error.code) || error.error.code === 'another-instance')) return;
    try {
      if (error.side === 'master') this.parts.preflight.refused(null, error.error);
      else if (replicaId !== null) this.parts.preflight.refused(replicaId, error.error);
    } catch (unstored) {
      // The run has to be closed whatever the database does; the next look finds it as well.
      this.parts.log({ level: 'warning', replicaId, message: `What stopped the cycle couldn't be kept among the findings: ${String(unstored)}` });
    }
  }
}

/** At most `count` of them, evenly over all: what is deleted together seldom takes the whole sample along. */
function spread(ids: readonly number[], count: number): number[] {
  if (ids.length <= count) return [...ids];
  return Array.from({ length: count }, (_, i) => ids[Math.floor((i * ids.length) / count)] ?? 0);
}
