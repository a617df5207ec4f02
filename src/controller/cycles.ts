import type { PaperlessReader } from '../paperless';
import type { PlannedLane } from '../sync/plan/planned';
import type { ReplicaRow, Trigger } from '../state';
import { explain, InstanceFailure, type Run } from '../sync';
import { closedRun, type Board, type LaneSeat } from './board';
import { LaneEnds } from './lane-ends';
import { progressOf } from './progress';
import { RunEnd } from './run-end';
import type { Ask, RunParts } from './run-parts';
import { LEASE_MS, RunStart } from './run-start';
import { due, eligible } from './schedule';
import { PlanError, TicketError, type CycleStart, type Progress, type PushResult, type RunSummary, type StageOptions, type Ticket } from './types';

/** One run at a time: when it may begin, whose tickets are good, when it is over. */
export class Cycles {
  private readonly lastAttempt = new Map<number, number>();
  private board: Board | null = null;
  private starting: Promise<CycleStart> | null = null;
  private follow: Ask | null = null;
  private accepting = true;
  /** Ends the opening of a run, which asks the master who it is; null while there is none. */
  private opening: AbortController | null = null;
  /** Ends work that has the instances to itself; null while there is none. */
  private alone: AbortController | null = null;
  /** A run's last lane has ended and the run itself has not: its backup takes a while. */
  private closing = false;

  private readonly ends: LaneEnds;
  private readonly runStart: RunStart;
  private readonly runEnd: RunEnd;

  constructor(private readonly parts: RunParts) {
    this.ends = new LaneEnds(parts);
    this.runStart = new RunStart(parts, this.ends);
    this.runEnd = new RunEnd(parts, this.ends);
  }

  get running(): boolean {
    return this.board !== null;
  }

  /** Asked again after something was waited for. */
  private get drained(): boolean {
    return !this.accepting;
  }

  private get busy(): boolean {
    return this.board !== null || this.starting !== null || this.alone !== null || this.closing;
  }

  /**
   * Work that has the instances to itself: no run starts while it goes on, and one that is asked for follows it. It ends at the time that a cycle may take;
   * `alive` keeps the lease. Throws PlanError while something else is at work.
   */
  exclusive<T>(work: (run: Run, alive: () => void) => Promise<T> | T): Promise<T> {
    return this.waitedFor(this.onlyThis(work));
  }

  /**
   * The cycle of a plan: `check` looks, with the instances to itself, whether the plan still holds, and the run that does it begins before anything else can.
   * Throws what `check` throws, and PlanError where no run can be begun.
   */
  planned(replicaId: number, check: (run: Run) => Promise<PlannedLane>): Promise<CycleStart & { kind: 'started' }> {
    return this.waitedFor(this.startPlanned(replicaId, check));
  }

  private async startPlanned(replicaId: number, check: (run: Run) => Promise<PlannedLane>): Promise<CycleStart & { kind: 'started' }> {
    let begun: Promise<CycleStart> | null = null;
    await this.onlyThis(check, (planned) => {
      begun = this.begin({ trigger: 'manual', replicaId, planned }, this.eligibleFor(replicaId));
    });
    const started = await (begun as Promise<CycleStart> | null);
    if (started?.kind === 'started') return started;
    this.startFollower();
    const message = started?.kind === 'skipped' ? started.message : 'No cycle could be begun.';
    throw new PlanError('cycle-skipped', message, 'Mend that, and apply the plan again: it was not refused.');
  }

  /** `then` runs before any cycle that was asked for meanwhile. */
  private async onlyThis<T>(work: (run: Run, alive: () => void) => Promise<T> | T, then?: (result: T) => void): Promise<T> {
    await this.reapLanes();
    if (!this.accepting) throw new PlanError('draining', 'The controller is stopping.', 'Ask again after the next start.');
    if (this.busy) throw new PlanError('cycle-running', 'A cycle or another plan is at work.', 'Ask again when it has ended.');
    const abort = new AbortController();
    const over = new AbortController();
    this.alone = abort;
    let done: { result: T } | null = null;
    try {
      const run = this.runStart.alone(await this.runStart.master(abort.signal), abort.signal);
      this.parts.track(this.parts.env.sleep(run.deadline - this.parts.env.now(), over.signal).then(() => abort.abort()));
      try {
        const result = await work(run, () => this.parts.store.lease.renew(run.epoch, LEASE_MS));
        done = { result };
        return result;
      } catch (error) {
        this.ends.keepRefusal(error, null);
        // Whoever asked is told what the instance said; nothing counts against it.
        throw error instanceof InstanceFailure ? error.error : error;
      } finally {
        this.parts.store.lease.release(run.epoch);
      }
    } finally {
      over.abort();
      this.alone = null;
      if (done !== null && then !== undefined && !this.drained) then(done.result);
      else this.startFollower();
    }
  }

  tick(): Promise<CycleStart> {
    return this.waitedFor(this.startDue());
  }

  private async startDue(): Promise<CycleStart> {
    await this.reapLanes();
    if (!this.accepting) return this.draining();
    const replicas = due({
      now: this.parts.env.now(),
      paused: this.parts.store.settings.get('paused') === true,
      intervalMs: this.parts.store.settings.number('sync_interval_seconds') * 1000,
      cron: this.parts.store.settings.text('schedule_cron'),
      quietHours: this.parts.store.settings.text('quiet_hours'),
      replicas: this.parts.store.replicas.list(),
      lastAttempt: this.lastAttempt,
    });
    if (replicas.length === 0) return { kind: 'idle' };
    if (this.busy) return { kind: 'idle' };
    return this.begin({ trigger: 'scheduler', replicaId: null }, replicas);
  }

  requestSync(request: { trigger: Trigger; replicaId?: number | null; viaFlow?: boolean }): Promise<CycleStart> {
    return this.waitedFor(this.startAsked(request));
  }

  private async startAsked(request: { trigger: Trigger; replicaId?: number | null; viaFlow?: boolean }): Promise<CycleStart> {
    await this.reapLanes();
    const ask: Ask = { trigger: request.trigger, replicaId: request.replicaId ?? null };
    if (!this.accepting) return this.draining();
    if (this.busy) {
      // Whoever asks for all outweighs who asks for one.
      this.follow = this.follow !== null && this.follow.replicaId !== ask.replicaId ? { trigger: ask.trigger, replicaId: null } : ask;
      const runId = this.board?.row.id ?? null;
      return {
        kind: 'skipped',
        code: 'running',
        message: this.alone === null ? 'A cycle is running; this one follows it.' : 'A plan is at work; the cycle follows it.',
        queued: true,
        runId,
      };
    }
    const started = await this.begin(ask, this.eligibleFor(ask.replicaId));
    if (request.viaFlow === true && started.kind === 'started') this.parts.carry(started.tickets);
    return started;
  }

  private eligibleFor(replicaId: number | null): ReplicaRow[] {
    return this.parts.store.replicas.list().filter((r) => eligible(r) && (replicaId === null || r.id === replicaId));
  }

  private begin(ask: Ask, replicas: readonly ReplicaRow[]): Promise<CycleStart> {
    this.starting ??= this.open(ask, replicas).finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  private async open(ask: Ask, replicas: readonly ReplicaRow[]): Promise<CycleStart> {
    if (replicas.length === 0) {
      return this.skipped('no-replica', 'No replica is enabled and able to sync: add one, enable it, or lift its suspension.');
    }
    for (const replica of replicas) this.lastAttempt.set(replica.id, this.parts.env.now());
    let master: PaperlessReader;
    const abort = new AbortController();
    this.opening = abort;
    try {
      master = await this.runStart.master(abort.signal);
    } catch (error) {
      if (abort.signal.aborted) return this.givenUp();
      const told = explain(error);
      this.parts.master.failed(`${told.message} ${told.nextStep}`);
      this.parts.log({ level: 'error', message: `The master can't be used: ${told.message} ${told.nextStep}` });
      return this.skipped(told.code, `${told.message} ${told.nextStep}`);
    } finally {
      this.opening = null;
    }
    if (abort.signal.aborted) return this.givenUp();
    const board = this.runStart.open(ask, replicas, master, abort);
    this.board = board;
    this.parts.track(this.enforceDeadline(board));
    this.parts.emit({ type: 'run-started', runId: board.row.id, trigger: ask.trigger, replicas: replicas.map((r) => r.name) });
    // Side by side: one that doesn't answer is tried for a while, and the others need not wait for it.
    await Promise.all(replicas.map((replica) => this.runStart.seat(board, replica)));
    // In the replicas' order, not in that of their answers.
    const tickets = replicas.flatMap(({ id }) => {
      const seat = board.seats.get(id);
      return seat === undefined || seat.closed ? [] : [board.ticket(seat, null)];
    });
    if (tickets.length === 0) {
      await this.closeRunIfDone(board);
      return this.skipped('no-replica-answers', 'No replica could be used; the log and each replica say why.');
    }
    return { kind: 'started', runId: board.row.id, tickets };
  }

  stage<T>(ticket: Ticket, phase: string, options: StageOptions, work: (seat: LaneSeat, board: Board) => Promise<T>): Promise<T> {
    return this.waitedFor(this.honour(ticket, phase, options, work));
  }

  private async honour<T>(ticket: Ticket, phase: string, options: StageOptions, work: (seat: LaneSeat, board: Board) => Promise<T>): Promise<T> {
    if (!this.accepting) {
      throw new TicketError('draining', 'The controller is stopping.', 'Nothing to do: the work goes on after the next start.');
    }
    const board = this.board;
    if (board === null) throw closedRun(ticket);
    const seat = board.seat(ticket);
    seat.phase = phase;
    seat.busy += 1;
    seat.touchedAt = this.parts.env.now();
    const interrupt = (): void => seat.abort.abort();
    options.signal?.addEventListener('abort', interrupt, { once: true });
    try {
      this.parts.store.lease.renew(board.row.epoch, LEASE_MS);
      const result = await work(seat, board);
      seat.failure = null;
      return result;
    } catch (error) {
      if (!(error instanceof TicketError)) seat.failure = { error };
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
      seat.busy -= 1;
      seat.touchedAt = this.parts.env.now();
      this.tellProgress();
      // The node that had this lane is gone, and its messages with it.
      if (seat.abort.signal.aborted && seat.busy === 0 && !seat.closed) {
        await this.ends.close(board, seat, { kind: 'interrupted' });
        await this.closeRunIfDone(board);
      }
    }
  }

  settled(board: Board, seat: LaneSeat, result: PushResult): void {
    seat.done += 1;
    if (result.outcome !== 'parked' && result.outcome !== 'held')
      seat.lane.planned?.settled(result.id, result.outcome !== 'error' && result.outcome !== 'quarantined');
    if (result.outcome === 'ok' || result.outcome === 'limited') {
      seat.synced += 1;
      this.parts.metrics.documents.inc({ replica: seat.name, status: 'ok' });
    } else if (result.outcome === 'error' || result.outcome === 'quarantined') {
      seat.failed += 1;
      this.parts.metrics.documents.inc({ replica: seat.name, status: 'error' });
    }
    this.parts.emit({ type: 'document', runId: board.row.id, replicaId: seat.replicaId, result });
  }

  end(ticket: Ticket, error?: unknown): Promise<RunSummary | null> {
    return this.waitedFor(this.endLane(ticket, error));
  }

  private async endLane(ticket: Ticket, error?: unknown): Promise<RunSummary | null> {
    const board = this.board;
    if (board === null || board.row.id !== ticket.runId) return null;
    const seat = board.seats.get(ticket.replicaId);
    if (seat === undefined || seat.closed) return null;
    // Refused tickets (a doubled message, say) are no failure of the lane whose good ticket goes on.
    if (error instanceof TicketError) return null;
    if (error === undefined) await this.ends.learn(seat);
    await this.ends.close(board, seat, error === undefined ? { kind: 'done' } : { kind: 'error', error: seat.failure?.error ?? error });
    return this.closeRunIfDone(board);
  }

  private async closeRunIfDone(board: Board): Promise<RunSummary | null> {
    if (this.board !== board || this.closing || board.activeLanes().length > 0) return null;
    this.closing = true;
    try {
      const row = await this.runEnd.record(board, () => this.accepting);
      this.board = null;
      return await this.runEnd.tell(row);
    } finally {
      this.closing = false;
      // Else it couldn't be closed, and is again when somebody comes by.
      if (!this.running) this.startFollower();
    }
  }

  private startFollower(): void {
    const ask = this.follow;
    this.follow = null;
    if (ask === null || !this.accepting) return;
    this.parts.track(
      this.begin(ask, this.eligibleFor(ask.replicaId)).then((started) => {
        if (started.kind === 'started') this.parts.carry(started.tickets);
      }),
    );
  }

  /** Lanes whose messages were lost end here; ticks and requests come by often enough. */
  private async reapLanes(): Promise<void> {
    const board = this.board;
    // A run that is still being opened has no lanes yet, which isn't the same as having ended them all.
    if (board === null || this.starting !== null) return;
    for (const seat of board.lost(this.parts.store.settings.number('lane_idle_seconds') * 1000)) {
      this.parts.log({
        level: 'warning',
        runId: board.row.id,
        replicaId: seat.replicaId,
        message: `${seat.name}: nothing was heard of this lane's messages; closed as interrupted.`,
      });
      await this.ends.close(board, seat, { kind: 'interrupted' });
    }
    await this.closeRunIfDone(board);
  }

  /** The deadline ends every request; lanes then report what they reached. */
  private async enforceDeadline(board: Board): Promise<void> {
    await this.parts.env.sleep(Math.max(0, board.run.deadline - this.parts.env.now()), board.abort.signal);
    if (!board.abort.signal.aborted) board.abort.abort();
  }

  progress(): Progress {
    return progressOf(this.board, this.parts.store.registry);
  }

  private tellProgress(): void {
    let progress: Progress;
    try {
      progress = this.progress();
    } catch {
      // Its numbers are in a database that can't be read just now; what failed for that is told elsewhere.
      return;
    }
    this.parts.emit({ type: 'progress', progress });
  }

  /** Ends the run that goes on: `reason` for the whole of it, as a deadline does. */
  abort(): void {
    this.board?.abort.abort();
    this.opening?.abort();
    this.alone?.abort();
  }

  /** No further starts or stages; requests under way are aborted. */
  drain(): void {
    this.accepting = false;
    this.follow = null;
    this.abort();
  }

  /** After everything under way has ended: rows are truthful, the lease is given back. */
  async finish(): Promise<void> {
    await this.starting?.catch(() => undefined);
    const board = this.board;
    if (board === null) return;
    board.abort.abort();
    for (const seat of board.seats.values()) if (!seat.closed) await this.ends.close(board, seat, { kind: 'interrupted' });
    try {
      await this.closeRunIfDone(board);
    } catch (error) {
      // The next start closes what a dead process left open.
      this.parts.log({ level: 'error', runId: board.row.id, message: `The run can't be recorded as ended: ${String(error)}` });
    }
  }

  /** A stop waits for all that a call does, to its end: a run that is being closed must be closed before the database is. */
  private waitedFor<T>(work: Promise<T>): Promise<T> {
    this.parts.track(work.catch(() => undefined));
    return work;
  }

  private skipped(code: string, message: string): CycleStart {
    this.parts.emit({ type: 'run-skipped', code, message });
    return { kind: 'skipped', code, message, queued: false, runId: null };
  }

  private givenUp(): CycleStart {
    return this.accepting ? this.skipped('cancelled', 'The cycle was cancelled before it began.') : this.draining();
  }

  private draining(): CycleStart {
    return this.skipped('draining', 'The controller is stopping.');
  }
}
