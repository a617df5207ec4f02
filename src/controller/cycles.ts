import { isPaperlessError, type PaperlessReader } from '../paperless';
import type { ReplicaRow, Store, Trigger } from '../state';
import { engineSettings, explain, InstanceFailure, isoTime, Lane, Run, type EngineSettings, type Environment } from '../sync';
import { Board, closedRun, type EndedLane, type LaneEnd, type LaneSeat } from './board';
import { ACCEPTABLE } from '../sync/preflight';
import type { PlannedLane } from '../sync/plan/planned';
import type { Identity } from './identity';
import { instanceKey } from '../sync/preflight';
import type { Preflight } from './preflight';
import type { Instances } from './instances';
import type { LogEntry } from './log';
import type { MasterLink } from './master-link';
import type { Metrics } from './metrics';
import type { RunRecords } from './run-records';
import { due, eligible } from './schedule';
import {
  PlanError,
  TicketError,
  type ControllerEvent,
  type CycleStart,
  type Progress,
  type PushResult,
  type RunSummary,
  type StageOptions,
  type Ticket,
} from './types';

/** Documents by which an instance is known. */
const SAMPLED = 20;

/** A database that is locked or full is tried again for half a minute before a run is left to be closed later. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 16_000;
/** Longest that a lease holds without a sign of life; every stage renews it. */
const LEASE_MS = 10 * 60_000;

export interface CyclesInit {
  store: Store;
  env: Environment;
  instances: Instances;
  identity: Identity;
  preflight: Preflight;
  master: MasterLink;
  records: RunRecords;
  metrics: Metrics;
  log: (entry: LogEntry) => void;
  emit: (event: ControllerEvent) => void;
  /** Work that a stop waits for. */
  track: (work: Promise<unknown>) => void;
  /** Who carries a run's tickets: the flow, or the stages driven in order. */
  carry: (tickets: Ticket[]) => void;
}

interface Ask {
  trigger: Trigger;
  replicaId: number | null;
  /** Limits the run to what a plan names. */
  planned?: PlannedLane;
}

/** One run at a time, from what is due to its summary: opens it, honours its tickets, joins its lanes. */
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

  constructor(private readonly parts: CyclesInit) {}

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
      const master = await this.parts.master.ready({ signal: abort.signal });
      await this.parts.preflight.check({ reader: master, replica: null }, { signal: abort.signal });
      const epoch = this.parts.store.lease.take(`pid ${process.pid}`, LEASE_MS);
      const limitMs = this.parts.store.settings.number('sync_cycle_timeout_seconds') * 1000;
      this.parts.track(this.parts.env.sleep(limitMs, over.signal).then(() => abort.abort()));
      const run = this.makeRun(master, engineSettings(this.parts.store.settings), {
        runId: null,
        epoch,
        deadline: this.parts.env.now() + limitMs,
        signal: abort.signal,
      });
      try {
        const result = await work(run, () => this.parts.store.lease.renew(epoch, LEASE_MS));
        done = { result };
        return result;
      } catch (error) {
        this.keepRefusal(error, null);
        // Whoever asked is told what the instance said; nothing counts against it.
        throw error instanceof InstanceFailure ? error.error : error;
      } finally {
        this.parts.store.lease.release(epoch);
      }
    } finally {
      over.abort();
      this.alone = null;
      if (done !== null && then !== undefined && !this.drained) then(done.result);
      else this.startFollower();
    }
  }

  private makeRun(
    master: PaperlessReader,
    settings: EngineSettings,
    {
      runId,
      epoch,
      deadline,
      signal,
      asRead = false,
    }: { runId: number | null; epoch: number; deadline: number; signal: AbortSignal; asRead?: boolean },
  ): Run {
    return new Run({
      env: this.parts.env,
      store: this.parts.store,
      master,
      settings,
      epoch,
      deadline,
      signal,
      asRead,
      log: (level, message, about) => this.parts.log({ level, message, runId, ...about }),
    });
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
      master = await this.parts.master.ready({ signal: abort.signal });
      await this.parts.preflight.check({ reader: master, replica: null }, { signal: abort.signal });
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
    // Whatever can fail comes before the run is opened: from then on it has a board, and is closed with it.
    const settings = engineSettings(this.parts.store.settings);
    const deadline = this.parts.env.now() + this.parts.store.settings.number('sync_cycle_timeout_seconds') * 1000;
    const epoch = this.parts.store.lease.take(`pid ${process.pid}`, LEASE_MS);
    const row = this.parts.store.runs.open(
      { replicaId: ask.replicaId, epoch, triggeredBy: ask.trigger, deadline: isoTime(deadline), replicas: replicas.map((r) => r.id) },
      this.now(),
    );
    const run = this.makeRun(master, settings, { runId: row.id, epoch, deadline, signal: abort.signal, asRead: ask.planned !== undefined });
    const board = new Board(row, run, abort, () => this.parts.env.now(), ask.planned);
    this.board = board;
    this.parts.track(this.enforceDeadline(board, deadline));
    this.parts.emit({ type: 'run-started', runId: row.id, trigger: ask.trigger, replicas: replicas.map((r) => r.name) });
    // Side by side: one that doesn't answer is tried for a while, and the others need not wait for it.
    await Promise.all(replicas.map((replica) => this.seatReplica(board, replica)));
    // In the replicas' order, not in that of their answers.
    const tickets = replicas.flatMap(({ id }) => {
      const seat = board.seats.get(id);
      return seat === undefined || seat.closed ? [] : [board.ticket(seat, null)];
    });
    if (tickets.length === 0) {
      await this.closeRunIfDone(board);
      return this.skipped('no-replica-answers', 'No replica could be used; the log and each replica say why.');
    }
    return { kind: 'started', runId: row.id, tickets };
  }

  /** Connects a replica and gives it a lane; one that fails is closed at once, the others go on. */
  private async seatReplica(board: Board, replica: ReplicaRow): Promise<void> {
    try {
      const address = { name: replica.name, url: replica.url, token: this.parts.store.replicas.token(replica.id) };
      const { client, identity } = await this.parts.instances.replica(String(replica.id), address, { signal: board.abort.signal });
      const doubted = await this.parts.preflight.check({ reader: client, replica }, { signal: board.abort.signal });
      this.parts.store.replicas.contact(replica.id, { version: identity.version, at: this.now() });
      const laneAbort = new AbortController();
      const lane = new Lane({
        run: board.run,
        replicaId: replica.id,
        replica: replica.name,
        writer: client,
        selfId: identity.userId,
        activeLanes: () => board.activeLanes(),
        signal: AbortSignal.any([board.abort.signal, laneAbort.signal]),
        doubted,
        planned: board.planned,
      });
      if (board.planned === undefined) this.parts.store.registry.enqueueMissing(replica.id);
      board.add(lane, laneAbort);
    } catch (error) {
      const failure = isPaperlessError(error) ? new InstanceFailure('replica', replica.name, error) : error;
      this.laneEnded(board, { replicaId: replica.id, numbers: { synced: 0, failed: 0, verified: 0 }, end: { kind: 'error', error: failure } });
    }
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
        await this.closeLane(board, seat, { kind: 'interrupted' });
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
    if (error === undefined) await this.learn(seat);
    await this.closeLane(board, seat, error === undefined ? { kind: 'done' } : { kind: 'error', error: seat.failure?.error ?? error });
    return this.closeRunIfDone(board);
  }

  /** By what the instances are known again next time. A read that fails teaches nothing, and the run is none the worse. */
  private async learn(seat: LaneSeat): Promise<void> {
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
  private keepRefusal(error: unknown, replicaId: number | null): void {
    if (!(error instanceof InstanceFailure) || !(ACCEPTABLE.includes(error.error.code) || error.error.code === 'another-instance')) return;
    try {
      if (error.side === 'master') this.parts.preflight.refused(null, error.error);
      else if (replicaId !== null) this.parts.preflight.refused(replicaId, error.error);
    } catch (unstored) {
      // The run has to be closed whatever the database does; the next look finds it as well.
      this.parts.log({ level: 'warning', replicaId, message: `What stopped the cycle couldn't be kept among the findings: ${String(unstored)}` });
    }
  }

  private async closeLane(board: Board, seat: LaneSeat, end: LaneEnd): Promise<void> {
    seat.closed = true;
    seat.phase = 'closed';
    // A deadline says nothing of the instances.
    if (end.kind === 'error' && !board.abort.signal.aborted) {
      this.parts.preflight.doubt(instanceKey(null));
      this.parts.preflight.doubt(instanceKey(seat.replicaId));
      this.keepRefusal(seat.failure?.error ?? end.error, seat.replicaId);
    }
    // Recorded before anything is waited for: another lane that ends meanwhile closes the run, with these numbers.
    this.laneEnded(board, { replicaId: seat.replicaId, numbers: seat, end });
    // Batches that another node still has at work end too.
    seat.abort.abort();
    await board.run.files.laneEnded(seat.replicaId);
  }

  /** A database that can't be written at the moment is no reason to lose a lane's end: it is recorded with the run's. */
  private laneEnded(board: Board, ended: Omit<EndedLane, 'timedOut'>): void {
    board.ends.push({ ...ended, timedOut: board.abort.signal.aborted || board.seats.get(ended.replicaId)?.lane.cutShort === true });
    try {
      this.recordEnds(board);
    } catch (error) {
      this.parts.log({ level: 'error', runId: board.row.id, message: `The end of a lane can't be recorded yet: ${String(error)}` });
    }
  }

  private recordEnds(board: Board): void {
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

  private async closeRunIfDone(board: Board): Promise<RunSummary | null> {
    if (this.board !== board || this.closing || board.activeLanes().length > 0) return null;
    this.closing = true;
    try {
      return await this.closeRun(board);
    } finally {
      this.closing = false;
      // Else it couldn't be closed, and is again when somebody comes by.
      if (!this.running) this.startFollower();
    }
  }

  private async closeRun(board: Board): Promise<RunSummary> {
    const timedOut = (board.timedOut ??= board.abort.signal.aborted || [...board.seats.values()].some((seat) => seat.lane.cutShort));
    board.abort.abort();
    await board.run.files.clear();
    const row = await this.stored(() => {
      this.recordEnds(board);
      const closed = this.parts.store.runs.close(board.row.id, { timedOut }, this.now());
      this.parts.store.lease.release(board.row.epoch);
      return closed;
    });
    this.board = null;
    this.parts.metrics.duration.observe({ triggered_by: row.triggeredBy }, (this.parts.env.now() - Date.parse(row.startedAt)) / 1000);
    const summary = this.parts.records.summarise(row.id);
    if (summary.replicas.some((r) => r.outcome !== 'failed')) this.parts.master.answered();
    const worked = summary.synced > 0 || summary.failed > 0 || summary.replicas.some((r) => r.verified > 0);
    if (worked && !timedOut && this.parts.store.settings.get('backup_enabled') === true && this.parts.store.path !== ':memory:') {
      await this.parts.store
        .backup()
        .catch((error: unknown) => this.parts.log({ level: 'error', message: `The backup of the database failed: ${String(error)}` }));
    }
    this.parts.store.logs.prune(isoTime(this.parts.env.now() - this.parts.store.settings.number('log_retention_days') * 86_400_000));
    this.parts.log({
      level: summary.failed > 0 ? 'warning' : 'info',
      runId: row.id,
      message: `Run ${row.id} (${row.triggeredBy}) ended: ${summary.replicas.map((r) => `${r.name} ${r.outcome}, ${r.synced} synced, ${r.failed} failed, ${r.verified} verified`).join('; ')}.`,
    });
    this.parts.emit({ type: 'run-finished', summary });
    return summary;
  }

  /** Throws what the database said when it could not be written for a while. */
  private async stored<T>(write: () => T): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      try {
        return write();
      } catch (error) {
        if (pause > LONGEST_PAUSE_MS || !this.accepting) throw error;
        await this.parts.env.sleep(pause);
      }
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
      await this.closeLane(board, seat, { kind: 'interrupted' });
    }
    await this.closeRunIfDone(board);
  }

  /** The deadline ends every request; lanes then report what they reached. */
  private async enforceDeadline(board: Board, deadline: number): Promise<void> {
    await this.parts.env.sleep(Math.max(0, deadline - this.parts.env.now()), board.abort.signal);
    if (!board.abort.signal.aborted) board.abort.abort();
  }

  progress(): Progress {
    const board = this.board;
    if (board === null) return { running: false, runId: null, phase: 'idle', docsDone: 0, docsTotal: 0 };
    const seats = [...board.seats.values()];
    const open = seats.filter((s) => !s.closed);
    const order = ['starting', 'poll-tasks', 'schema-parity', 'fetch-changed', 'push-doc', 'verify'];
    const slowest = [...open].sort((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase))[0];
    const done = seats.reduce((sum, s) => sum + s.done, 0);
    const waiting = open.reduce(
      (sum, s) => sum + this.parts.store.registry.workCount(s.replicaId) + this.parts.store.registry.inFlight(s.replicaId).length,
      0,
    );
    return { running: true, runId: board.row.id, phase: slowest?.phase ?? 'closing', docsDone: done, docsTotal: done + waiting };
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
    for (const seat of board.seats.values()) if (!seat.closed) await this.closeLane(board, seat, { kind: 'interrupted' });
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

  private now(): string {
    return isoTime(this.parts.env.now());
  }
}

/** At most `count` of them, evenly over all: what is deleted together seldom takes the whole sample along. */
function spread(ids: readonly number[], count: number): number[] {
  if (ids.length <= count) return [...ids];
  return Array.from({ length: count }, (_, i) => ids[Math.floor((i * ids.length) / count)] ?? 0);
}
