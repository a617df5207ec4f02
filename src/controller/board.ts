import { randomUUID } from 'node:crypto';
import { HandOut, type HandedItem, type Lane, type Run } from '../sync';
import type { PlannedLane } from '../sync/plan/planned';
import type { RunRow, Trigger } from '../state';
import { TicketError, type Ticket } from './types';

interface Batch {
  id: string;
  items: HandedItem[];
  state: 'issued' | 'claimed' | 'settled';
}

/** One replica's part of a run, as the tickets see it. */
export interface LaneSeat {
  replicaId: number;
  name: string;
  lane: Lane;
  handOut: HandOut;
  batches: Map<string, Batch>;
  drained: boolean;
  closed: boolean;
  phase: string;
  /** What a resync gave up was looked at; begun by the first that asks for work. */
  takenUp: Promise<unknown> | null;
  /** Stages under way with this lane's tickets. */
  busy: number;
  /** When a stage last began or ended, in ms. */
  touchedAt: number;
  done: number;
  total: number;
  synced: number;
  failed: number;
  verified: number;
  /** Ends this lane's requests alone. */
  abort: AbortController;
  /** What the last stage threw. A flow brings an error back as words: whom it counts against is judged by this. */
  failure: { error: unknown } | null;
}

/** How a lane ended: by itself, by an error, or because its messages were lost. */
export type LaneEnd = { kind: 'done' } | { kind: 'error'; error: unknown } | { kind: 'interrupted' };

export interface EndedLane {
  replicaId: number;
  numbers: Pick<LaneSeat, 'synced' | 'failed' | 'verified'>;
  end: LaneEnd;
  /** Whether the run's time was over by then. */
  timedOut: boolean;
}

/** The one run that goes on: its lanes, and which tickets are good. */
export class Board {
  readonly seats = new Map<number, LaneSeat>();
  /** Lanes that have ended and aren't recorded yet. */
  readonly ends: EndedLane[] = [];
  /** Whether its time was over before it was closed; known once closing has begun. */
  timedOut: boolean | null = null;

  constructor(
    readonly row: RunRow,
    readonly run: Run,
    readonly abort: AbortController,
    readonly now: () => number,
    /** Limits its lanes to what a plan names. */
    readonly planned?: PlannedLane,
  ) {}

  get trigger(): Trigger {
    return this.row.triggeredBy;
  }

  add(lane: Lane, abort: AbortController): LaneSeat {
    const seat: LaneSeat = {
      replicaId: lane.replicaId,
      name: lane.replica,
      lane,
      handOut: new HandOut(lane),
      batches: new Map(),
      drained: false,
      closed: false,
      phase: 'starting',
      takenUp: null,
      busy: 0,
      touchedAt: this.now(),
      done: 0,
      total: 0,
      synced: 0,
      failed: 0,
      verified: 0,
      abort,
      failure: null,
    };
    this.seats.set(lane.replicaId, seat);
    return seat;
  }

  ticket(seat: LaneSeat, batchId: string | null): Ticket {
    const { id, epoch, deadline } = this.row;
    return { runId: id, epoch, replicaId: seat.replicaId, replica: seat.name, batchId, trigger: this.trigger, deadline };
  }

  activeLanes(): number[] {
    return [...this.seats.values()].filter((s) => !s.closed).map((s) => s.replicaId);
  }

  /** The lane that a ticket is for. Throws TicketError for one that is malformed, stale, of a closed run or lane. */
  seat(ticket: Ticket): LaneSeat {
    if (ticket.runId !== this.row.id) throw closedRun(ticket);
    if (ticket.epoch !== this.row.epoch) {
      throw new TicketError(
        'stale-epoch',
        `The ticket is of epoch ${ticket.epoch}, the run's is ${this.row.epoch}.`,
        'Nothing to do: the message is from before a restart or takeover.',
      );
    }
    const seat = this.seats.get(ticket.replicaId);
    if (seat === undefined || seat.name !== ticket.replica) {
      throw new TicketError(
        'other-replica',
        `The ticket names a replica that isn't in run ${this.row.id}.`,
        'Leave msg.sync as it came: it says which replica the message is for.',
      );
    }
    if (seat.closed) throw closedRun(ticket);
    return seat;
  }

  issue(seat: LaneSeat, items: HandedItem[]): Batch {
    const batch: Batch = { id: randomUUID(), items, state: 'issued' };
    seat.batches.set(batch.id, batch);
    return batch;
  }

  /** A batch is claimed once: a second copy of its message is refused. */
  claim(seat: LaneSeat, batchId: string | null): Batch {
    const batch = batchId === null ? undefined : seat.batches.get(batchId);
    if (batch === undefined) {
      throw new TicketError(
        'unknown-batch',
        'The message carries no batch of this lane.',
        'push-doc takes what fetch-changed sends from its first output; keep msg.sync as it came.',
      );
    }
    if (batch.state !== 'issued') {
      throw new TicketError(
        'claimed-twice',
        'This batch has been claimed already: a second wire or node doubled its message.',
        'Lead the batch to push-doc by one wire only.',
      );
    }
    batch.state = 'claimed';
    return batch;
  }

  outstanding(seat: LaneSeat): number {
    return [...seat.batches.values()].filter((b) => b.state !== 'settled').length;
  }

  /** Lanes that no stage works on and whose messages have been lost for `idleMs`. */
  lost(idleMs: number): LaneSeat[] {
    return [...this.seats.values()].filter((s) => !s.closed && s.busy === 0 && this.now() - s.touchedAt >= idleMs);
  }
}

export function closedRun(ticket: Ticket): TicketError {
  return new TicketError(
    'run-closed',
    `The ticket is of run ${ticket.runId} for ${ticket.replica}, which is closed.`,
    'Nothing to do: what it stood for is back in the queue and comes with the next run.',
  );
}
