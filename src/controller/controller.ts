import { isPaperlessError, PaperlessError, type PaperlessReader } from '../paperless';
import { parseInstanceUrl } from '../paperless/base-url';
import { StaleEpochError, type Counts, type ReplicaRow, type Store, type Trigger } from '../state';
import { engineSettings, explain, InstanceFailure, isoTime, Lane, Run, type Environment } from '../sync';
import { sendAlerts, type AlertReport } from './alert';
import { Board, closedRun, type LaneSeat } from './board';
import { driveLane } from './drive';
import { Instances } from './instances';
import { logger, type LogEntry } from './log';
import { Metrics } from './metrics';
import { refuseSameInstance } from './preflight';
import { due, eligible } from './schedule';
import * as stages from './stages';
import {
  ConfigError,
  TicketError,
  type Controller,
  type ControllerEvent,
  type ControllerState,
  type CycleStart,
  type Progress,
  type PushResult,
  type ReplicaSummary,
  type RunSummary,
  type StageOptions,
  type StageReport,
  type Ticket,
} from './types';

/** Longest that a lease holds without a sign of life; the process renews it with every stage. */
const LEASE_MS = 10 * 60_000;

export interface EngineInit {
  databasePath: string;
  store: Store;
  env: Environment;
  /** Where JSON log lines go; null for nowhere. */
  logLine: ((line: string) => void) | null;
  /** Called once the controller has stopped and the store is closed. */
  onStopped?(): void;
}

interface Ask {
  trigger: Trigger;
  replicaId: number | null;
}

/** The controller's whole life; see Controller for what each call promises. */
export class Engine implements Controller {
  readonly databasePath: string;
  readonly store: Store;
  readonly metricsRegistry: Metrics;
  private readonly env: Environment;
  private readonly instances: Instances;
  private readonly writeLog: (entry: LogEntry) => void;
  private readonly listeners = new Set<(event: ControllerEvent) => void>();
  private readonly flows = new Set<{ start(tickets: Ticket[]): void }>();
  private readonly lastAttempt = new Map<number, number>();
  private readonly onStopped: () => void;
  private lifecycle: ControllerState = 'starting';
  private board: Board | null = null;
  private starting: Promise<CycleStart> | null = null;
  private follow: Ask | null = null;
  private masterClient: { url: string; token: string; reader: PaperlessReader; identified: boolean } | null = null;
  private masterState: { version: string | null; ok: boolean; message: string | null; lastContactAt: string | null } = {
    version: null,
    ok: false,
    message: null,
    lastContactAt: null,
  };
  private stopping: Promise<void> | null = null;
  private readonly work = new Set<Promise<unknown>>();

  constructor(init: EngineInit) {
    this.databasePath = init.databasePath;
    this.store = init.store;
    this.env = init.env;
    this.onStopped = init.onStopped ?? (() => undefined);
    this.metricsRegistry = new Metrics(
      init.store,
      () => init.env.now(),
      () => this.board !== null,
    );
    this.writeLog = logger(init.store, init.logLine, (entry) => this.emit({ type: 'log', entry }));
    this.instances = new Instances(init.env, (name) => ({
      maxRequests: name === 'master' ? this.store.settings.number('master_concurrency') : this.store.settings.number('max_concurrent_requests'),
      allowUntested: this.store.settings.get('allow_untested_versions') === true,
      observer: this.metricsRegistry.observer(name),
    }));
    for (const orphan of this.store.runs.closeOrphans(this.now())) {
      this.writeLog({ level: 'warning', runId: orphan.id, message: `Run ${orphan.id} was left open by an unclean end; closed as timed out.` });
    }
    const days = this.store.settings.number('log_retention_days');
    this.store.logs.prune(isoTime(this.env.now() - days * 86_400_000));
    this.enter('running');
  }

  get state(): ControllerState {
    return this.lifecycle;
  }

  get flowAttached(): boolean {
    return this.flows.size > 0;
  }

  // Starting

  async tick(): Promise<CycleStart> {
    await this.reapLanes();
    if (this.lifecycle !== 'running') return this.notRunning();
    const replicas = due({
      now: this.env.now(),
      paused: this.store.settings.get('paused') === true,
      intervalMs: this.store.settings.number('sync_interval_seconds') * 1000,
      replicas: this.store.replicas.list(),
      lastAttempt: this.lastAttempt,
    });
    if (replicas.length === 0) return { kind: 'idle' };
    if (this.board !== null || this.starting !== null) return { kind: 'idle' };
    return this.begin({ trigger: 'scheduler', replicaId: null }, replicas);
  }

  async requestSync(request: { trigger: Trigger; replicaId?: number | null; viaFlow?: boolean }): Promise<CycleStart> {
    await this.reapLanes();
    const ask: Ask = { trigger: request.trigger, replicaId: request.replicaId ?? null };
    if (this.lifecycle !== 'running') return this.notRunning();
    if (this.board !== null || this.starting !== null) {
      // Whoever asks for all outweighs who asks for one.
      this.follow = this.follow !== null && this.follow.replicaId !== ask.replicaId ? { trigger: ask.trigger, replicaId: null } : ask;
      const runId = this.board?.row.id ?? null;
      return { kind: 'skipped', code: 'running', message: 'A cycle is running; this one follows it.', queued: true, runId };
    }
    const started = await this.begin(ask, this.eligibleFor(ask.replicaId));
    if (request.viaFlow === true && started.kind === 'started') this.sendToFlow(started.tickets);
    return started;
  }

  attachFlow(flow: { start(tickets: Ticket[]): void }): () => void {
    this.flows.add(flow);
    return () => void this.flows.delete(flow);
  }

  flowDeployed(): void {
    const released = this.store.registry.releaseHeld(null);
    if (released > 0) this.writeLog({ level: 'info', message: `The flow was deployed: ${released} held documents are offered again.` });
  }

  private eligibleFor(replicaId: number | null): ReplicaRow[] {
    return this.store.replicas.list().filter((r) => eligible(r) && (replicaId === null || r.id === replicaId));
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
    for (const replica of replicas) this.lastAttempt.set(replica.id, this.env.now());
    let master: PaperlessReader;
    try {
      master = await this.readyMaster();
    } catch (error) {
      const told = explain(error);
      this.masterState = { ...this.masterState, ok: false, message: told.message };
      this.writeLog({ level: 'error', message: `The master can't be used: ${told.message} ${told.nextStep}` });
      return this.skipped(told.code, `${told.message} ${told.nextStep}`);
    }
    const epoch = this.store.lease.take(`pid ${process.pid}`, LEASE_MS);
    const abort = new AbortController();
    const deadline = this.env.now() + this.store.settings.number('sync_cycle_timeout_seconds') * 1000;
    const row = this.store.runs.open(
      { replicaId: ask.replicaId, epoch, triggeredBy: ask.trigger, deadline: isoTime(deadline), replicas: replicas.map((r) => r.id) },
      this.now(),
    );
    const run = new Run({
      env: this.env,
      store: this.store,
      master,
      settings: engineSettings(this.store.settings),
      runId: row.id,
      epoch,
      signal: abort.signal,
      log: (level, message, about) => this.writeLog({ level, message, runId: row.id, ...about }),
    });
    const board = new Board(row, run, abort, () => this.env.now());
    this.board = board;
    this.track(this.enforceDeadline(board, deadline));
    this.emit({ type: 'run-started', runId: row.id, trigger: ask.trigger, replicas: replicas.map((r) => r.name) });
    for (const replica of replicas) await this.seatReplica(board, replica);
    const tickets = [...board.seats.values()].filter((s) => !s.closed).map((seat) => board.ticket(seat, null));
    if (tickets.length === 0) {
      await this.closeRunIfDone(board);
      return this.skipped('no-replica-answers', 'No replica could be used; the log and each replica say why.');
    }
    return { kind: 'started', runId: row.id, tickets };
  }

  /** Connects a replica and gives it a lane; one that fails is closed at once, the others go on. */
  private async seatReplica(board: Board, replica: ReplicaRow): Promise<void> {
    try {
      const address = { name: replica.name, url: replica.url, token: this.store.replicas.token(replica.id) };
      const { client, identity } = await this.instances.replica(String(replica.id), address, { signal: board.abort.signal });
      this.store.replicas.contact(replica.id, { version: identity.version, at: this.now() });
      const laneAbort = new AbortController();
      const lane = new Lane({
        run: board.run,
        replicaId: replica.id,
        replica: replica.name,
        writer: client,
        selfId: identity.userId,
        activeLanes: () => board.activeLanes(),
        signal: AbortSignal.any([board.abort.signal, laneAbort.signal]),
      });
      this.store.registry.enqueueMissing(replica.id);
      board.add(lane, laneAbort);
    } catch (error) {
      const failure = isPaperlessError(error) ? new InstanceFailure('replica', replica.name, error) : error;
      this.recordLaneEnd(board, replica, { synced: 0, failed: 0, verified: 0 }, failure);
    }
  }

  private async readyMaster(): Promise<PaperlessReader> {
    const url = this.store.settings.text('master_url');
    const token = this.store.settings.secret('master_token');
    if (url === '' || token === null) {
      throw new ConfigError(
        'no-master',
        'No master is set.',
        'Set MASTER_URL and MASTER_TOKEN for the first start, or set the master in the settings.',
      );
    }
    if (this.masterClient !== null && (this.masterClient.url !== url || this.masterClient.token !== token)) {
      await this.masterClient.reader.close();
      this.masterClient = null;
    }
    this.masterClient ??= { url, token, reader: this.instances.reader({ name: 'master', url, token }), identified: false };
    if (!this.masterClient.identified) {
      const identity = await this.masterClient.reader.identify();
      if (!identity.superuser) {
        throw new ConfigError(
          'not-superuser',
          `The master's token belongs to "${identity.username}", who is not a superuser there: paperless would show a part of the documents and say nothing.`,
          'Make that user a superuser in paperless, or give the token of one.',
        );
      }
      this.masterClient.identified = true;
      this.masterState = { version: identity.version, ok: true, message: null, lastContactAt: this.now() };
    }
    return this.masterClient.reader;
  }

  // Stages

  pollTasks(ticket: Ticket, options: StageOptions = {}): Promise<StageReport> {
    return this.stage(ticket, 'poll-tasks', options, (seat) => stages.poll(seat));
  }

  schemaParity(ticket: Ticket, options: StageOptions = {}): Promise<StageReport> {
    return this.stage(ticket, 'schema-parity', options, (seat) => stages.parity(seat));
  }

  fetchChanged(ticket: Ticket, options: StageOptions = {}): ReturnType<Controller['fetchChanged']> {
    return this.stage(ticket, 'fetch-changed', options, (seat, board) => stages.fetch(seat, board));
  }

  pushDoc(
    ticket: Ticket,
    items: readonly unknown[],
    hooks: { room(): void; settled(result: PushResult): void },
    options: StageOptions = {},
  ): Promise<StageReport> {
    return this.stage(ticket, 'push-doc', options, (seat, board) =>
      stages.push(seat, board, ticket, items, {
        room: () => hooks.room(),
        settled: (result) => {
          this.settled(board, seat, result);
          hooks.settled(result);
        },
      }),
    );
  }

  verify(ticket: Ticket, options: StageOptions = {}): Promise<StageReport> {
    return this.stage(ticket, 'verify', options, (seat, board) =>
      stages.check(seat, (id, verification) => {
        this.emit({ type: 'verification', runId: board.row.id, replica: seat.name, id, verification });
      }),
    );
  }

  async cycleEnd(ticket: Ticket, error?: unknown): Promise<RunSummary | null> {
    const board = this.board;
    if (board === null || board.row.id !== ticket.runId) return null;
    const seat = board.seats.get(ticket.replicaId);
    if (seat === undefined || seat.closed) return null;
    // Refused tickets (a doubled message, say) are no failure of the lane whose good ticket goes on.
    if (error instanceof TicketError) return null;
    await this.closeLane(board, seat, error);
    return this.closeRunIfDone(board);
  }

  alert(summary: RunSummary): Promise<AlertReport> {
    return sendAlerts(this.store, summary, this.env.now());
  }

  private async stage<T>(ticket: Ticket, phase: string, options: StageOptions, work: (seat: LaneSeat, board: Board) => Promise<T>): Promise<T> {
    if (this.lifecycle === 'draining' || this.lifecycle === 'stopped') {
      throw new TicketError('draining', 'The controller is stopping.', 'Nothing to do: the work goes on after the next start.');
    }
    const board = this.board;
    if (board === null) throw closedRun(ticket);
    const seat = board.seat(ticket);
    seat.phase = phase;
    seat.busy += 1;
    seat.touchedAt = this.env.now();
    this.store.lease.renew(board.row.epoch, LEASE_MS);
    const interrupt = (): void => seat.abort.abort();
    options.signal?.addEventListener('abort', interrupt, { once: true });
    const running = work(seat, board);
    this.track(running.catch(() => undefined));
    try {
      return await running;
    } finally {
      options.signal?.removeEventListener('abort', interrupt);
      seat.busy -= 1;
      seat.touchedAt = this.env.now();
      this.emit({ type: 'progress', progress: this.progress() });
      // The node that had this lane is gone, and its messages with it.
      if (seat.abort.signal.aborted && seat.busy === 0 && !seat.closed) {
        await this.closeLane(board, seat, 'interrupted');
        await this.closeRunIfDone(board);
      }
    }
  }

  private settled(board: Board, seat: LaneSeat, result: PushResult): void {
    seat.done += 1;
    if (result.outcome === 'ok' || result.outcome === 'limited') {
      seat.synced += 1;
      this.metricsRegistry.documents.inc({ replica: seat.name, status: 'ok' });
    } else if (result.outcome === 'error' || result.outcome === 'quarantined') {
      seat.failed += 1;
      this.metricsRegistry.documents.inc({ replica: seat.name, status: 'error' });
    }
    this.emit({ type: 'document', runId: board.row.id, replicaId: seat.replicaId, result });
  }

  // Closing

  private async closeLane(board: Board, seat: LaneSeat, error: unknown): Promise<void> {
    seat.closed = true;
    seat.phase = 'closed';
    await board.run.files.laneEnded(seat.replicaId);
    const replica = this.store.replicas.get(seat.replicaId);
    if (replica !== null) this.recordLaneEnd(board, replica, seat, error);
  }

  private recordLaneEnd(board: Board, replica: ReplicaRow, numbers: { synced: number; failed: number; verified: number }, error: unknown): void {
    const timedOut = board.abort.signal.aborted;
    const outcome =
      error === undefined ? (timedOut ? 'timed-out' : 'finished') : error === 'interrupted' ? 'interrupted' : timedOut ? 'timed-out' : 'failed';
    let message: string | null = null;
    if (outcome === 'failed') message = this.laneFailed(replica, error, board.row.id);
    else if (outcome === 'finished') {
      if (replica.consecutiveFailures > 0) this.emit({ type: 'replica-recovered', replica: replica.name });
      this.store.replicas.succeeded(replica.id, this.now());
    } else
      message =
        outcome === 'interrupted'
          ? 'The messages of this lane were lost (a deploy, or a missing wire); its documents are back in the queue.'
          : 'The cycle reached its deadline; what is left comes with the next.';
    this.store.runs.closeReplica(
      board.row.id,
      replica.id,
      { outcome, docsSynced: numbers.synced, docsFailed: numbers.failed, docsVerified: numbers.verified, message },
      this.now(),
    );
    this.emit({ type: 'lane-finished', runId: board.row.id, replica: replica.name, outcome });
  }

  /** The sentence for the run; counts towards suspension only what the replica itself did. */
  private laneFailed(replica: ReplicaRow, error: unknown, runId: number): string {
    const told = error instanceof InstanceFailure ? explain(error.error) : explain(error);
    const message = `${told.message} ${told.nextStep}`;
    if (error instanceof InstanceFailure && error.side === 'master') {
      this.masterState = { ...this.masterState, ok: false, message };
      if (this.masterClient !== null) this.masterClient.identified = false;
      this.writeLog({ level: 'error', runId, message: `The master failed: ${message}` });
      return `The master failed: ${message}`;
    }
    this.writeLog({ level: 'error', runId, replicaId: replica.id, message: `${replica.name}: ${message}` });
    this.instances.doubt(String(replica.id));
    const isReplicas = error instanceof InstanceFailure || isPaperlessError(error);
    if (isReplicas && this.store.replicas.failed(replica.id, message, this.store.settings.number('replica_suspend_threshold'), this.now())) {
      const failures = this.store.replicas.get(replica.id)?.consecutiveFailures ?? 0;
      this.writeLog({ level: 'error', runId, replicaId: replica.id, message: `replica suspended after ${failures} consecutive failures` });
      this.emit({ type: 'replica-suspended', replica: replica.name, failures, message });
      this.suspendedInRun.add(`${runId}:${replica.id}`);
    }
    return message;
  }

  private readonly suspendedInRun = new Set<string>();

  private async closeRunIfDone(board: Board): Promise<RunSummary | null> {
    if (this.board !== board || board.activeLanes().length > 0) return null;
    this.board = null;
    const timedOut = board.abort.signal.aborted;
    board.abort.abort();
    await board.run.files.clear();
    const row = this.store.runs.close(board.row.id, { timedOut }, this.now());
    this.store.lease.release(board.row.epoch);
    this.metricsRegistry.duration.observe({ triggered_by: row.triggeredBy }, (this.env.now() - Date.parse(row.startedAt)) / 1000);
    const summary = this.summarise(row.id);
    if (summary.replicas.some((r) => r.outcome !== 'failed'))
      this.masterState = { ...this.masterState, ok: true, message: null, lastContactAt: this.now() };
    const worked = summary.synced > 0 || summary.failed > 0 || summary.replicas.some((r) => r.verified > 0);
    if (worked && !timedOut && this.store.settings.get('backup_enabled') === true && this.store.path !== ':memory:') {
      await this.store
        .backup()
        .catch((error: unknown) => this.writeLog({ level: 'error', message: `The backup of the database failed: ${String(error)}` }));
    }
    this.store.logs.prune(isoTime(this.env.now() - this.store.settings.number('log_retention_days') * 86_400_000));
    this.writeLog({
      level: summary.failed > 0 ? 'warning' : 'info',
      runId: row.id,
      message: `Run ${row.id} (${row.triggeredBy}) ended: ${summary.replicas.map((r) => `${r.name} ${r.outcome}, ${r.synced} synced, ${r.failed} failed, ${r.verified} verified`).join('; ')}.`,
    });
    this.emit({ type: 'run-finished', summary });
    this.startFollower();
    return summary;
  }

  private startFollower(): void {
    const ask = this.follow;
    this.follow = null;
    if (ask === null || this.lifecycle !== 'running') return;
    this.track(
      this.begin(ask, this.eligibleFor(ask.replicaId)).then((started) => {
        if (started.kind !== 'started') return;
        if (this.flowAttached) this.sendToFlow(started.tickets);
        else for (const ticket of started.tickets) this.track(driveLane(this, ticket));
      }),
    );
  }

  private sendToFlow(tickets: Ticket[]): void {
    const [flow] = this.flows;
    if (flow !== undefined) flow.start(tickets);
    else for (const ticket of tickets) this.track(driveLane(this, ticket));
  }

  private summarise(runId: number): RunSummary {
    const row = this.store.runs.get(runId);
    if (row === null) throw new Error(`Run ${runId} is gone.`);
    const replicas = this.store.runs.replicasOf(runId).flatMap((r): ReplicaSummary[] => {
      const replica = this.store.replicas.get(r.replicaId);
      if (replica === null) return [];
      return [
        {
          id: r.replicaId,
          name: replica.name,
          outcome: r.outcome ?? 'interrupted',
          synced: r.docsSynced,
          failed: r.docsFailed,
          verified: r.docsVerified,
          message: r.message,
          suspended: replica.suspendedAt !== null,
          suspendedNow: this.suspendedInRun.delete(`${runId}:${r.replicaId}`),
          consecutiveFailures: replica.consecutiveFailures,
          url: replica.url,
        },
      ];
    });
    return {
      runId,
      trigger: row.triggeredBy,
      startedAt: row.startedAt,
      finishedAt: row.finishedAt ?? this.now(),
      timedOut: row.timedOut,
      synced: row.docsSynced,
      failed: row.docsFailed,
      replicas,
    };
  }

  /** Lanes whose messages were lost end here; ticks and requests come by often enough. */
  private async reapLanes(): Promise<void> {
    const board = this.board;
    if (board === null) return;
    for (const seat of board.lost(this.store.settings.number('lane_idle_seconds') * 1000)) {
      this.writeLog({
        level: 'warning',
        runId: board.row.id,
        replicaId: seat.replicaId,
        message: `${seat.name}: nothing was heard of this lane's messages; closed as interrupted.`,
      });
      await this.closeLane(board, seat, 'interrupted');
    }
    await this.closeRunIfDone(board);
  }

  /** The deadline ends every request; lanes then report what they reached. */
  private async enforceDeadline(board: Board, deadline: number): Promise<void> {
    await this.env.sleep(Math.max(0, deadline - this.env.now()), board.abort.signal);
    if (!board.abort.signal.aborted) board.abort.abort();
  }

  // Whole cycles without a flow

  async runCycle(options: { trigger: Trigger; replicaId?: number | null; signal?: AbortSignal }): Promise<RunSummary | { skipped: string }> {
    const started = await this.requestSync({ trigger: options.trigger, replicaId: options.replicaId ?? null });
    if (started.kind !== 'started') return { skipped: started.kind === 'idle' ? 'Nothing is due.' : started.message };
    const stop = (): void => this.board?.abort.abort();
    options.signal?.addEventListener('abort', stop, { once: true });
    try {
      const summaries = await Promise.all(started.tickets.map((ticket) => driveLane(this, ticket)));
      return summaries.find((s) => s !== null) ?? this.summarise(started.runId);
    } finally {
      options.signal?.removeEventListener('abort', stop);
    }
  }

  async runUntilSettled(options: {
    timeoutMs: number;
    trigger: Trigger;
    signal?: AbortSignal;
  }): Promise<{ settled: boolean; runs: RunSummary[]; reason: string | null }> {
    const end = this.env.now() + options.timeoutMs;
    const runs: RunSummary[] = [];
    for (;;) {
      if (options.signal?.aborted === true) return { settled: false, runs, reason: 'Interrupted.' };
      if (this.env.now() >= end) return { settled: false, runs, reason: 'The time given was over before everything was settled.' };
      const result = await this.runCycle({ trigger: options.trigger, ...(options.signal === undefined ? {} : { signal: options.signal }) });
      if ('skipped' in result) return { settled: false, runs, reason: result.skipped };
      runs.push(result);
      const failed = result.replicas.find((r) => r.outcome === 'failed');
      if (failed !== undefined && this.failedBefore(runs, failed.id))
        return { settled: false, runs, reason: `${failed.name}: ${failed.message ?? 'failed'}` };
      const pause = this.pauseBeforeNext(result, end);
      if (pause === null) return { settled: true, runs, reason: null };
      await this.env.sleep(Math.min(pause, Math.max(0, end - this.env.now())), options.signal);
    }
  }

  /** A replica that failed as a whole in three cycles running won't be better in a second. */
  private failedBefore(runs: readonly RunSummary[], replicaId: number): boolean {
    return runs.slice(-3).filter((r) => r.replicas.some((x) => x.id === replicaId && x.outcome === 'failed')).length >= 3;
  }

  /** Milliseconds until another cycle has something to do; null when nothing is left that time or another look could settle. */
  private pauseBeforeNext(last: RunSummary, end: number): number | null {
    if (last.replicas.some((r) => r.outcome !== 'finished') || last.timedOut) return 1_000;
    let pause: number | null = null;
    const sooner = (ms: number): void => {
      pause = pause === null ? ms : Math.min(pause, ms);
    };
    for (const { id } of last.replicas) {
      const counts = this.store.registry.counts(id);
      if (this.store.registry.inFlight(id).length > 0) sooner(2_000);
      if (this.store.registry.workCount(id) > counts.byStep.linking) sooner(0);
      if (counts.byStep.linking > 0 && last.synced > 0) sooner(0);
      if (counts.byStatus.ok > 0 && counts.verification.differs > 0 && last.synced > 0) sooner(0);
      for (const row of this.store.registry.rows(id, { status: 'error', limit: 500 })) {
        if (row.nextRetryAt === null || row.errorClass === 'document') continue;
        const wait = Date.parse(row.nextRetryAt) - this.env.now();
        if (this.env.now() + wait < end) sooner(Math.max(wait, 0) + 10);
      }
    }
    return pause;
  }

  // Looking

  progress(): Progress {
    const board = this.board;
    if (board === null) return { running: false, runId: null, phase: 'idle', docsDone: 0, docsTotal: 0 };
    const seats = [...board.seats.values()];
    const open = seats.filter((s) => !s.closed);
    const order = ['starting', 'poll-tasks', 'schema-parity', 'fetch-changed', 'push-doc', 'verify'];
    const slowest = [...open].sort((a, b) => order.indexOf(a.phase) - order.indexOf(b.phase))[0];
    const done = seats.reduce((sum, s) => sum + s.done, 0);
    const waiting = open.reduce((sum, s) => sum + this.store.registry.workCount(s.replicaId) + this.store.registry.inFlight(s.replicaId).length, 0);
    return { running: true, runId: board.row.id, phase: slowest?.phase ?? 'closing', docsDone: done, docsTotal: done + waiting };
  }

  counts(replicaId: number): Counts {
    return this.store.registry.counts(replicaId);
  }

  metrics(): Promise<string> {
    return this.metricsRegistry.text();
  }

  master(): ReturnType<Controller['master']> {
    const url = this.store.settings.text('master_url');
    return { url: url === '' ? null : url, ...this.masterState };
  }

  async test(address: { url: string; token: string }): ReturnType<Controller['test']> {
    const began = this.env.now();
    let reader: PaperlessReader | undefined;
    try {
      reader = this.instances.probe({ name: 'the instance', ...address });
      const identity = await reader.identify();
      const latencyMs = this.env.now() - began;
      if (!identity.superuser) {
        return {
          ok: false,
          error: `The token belongs to "${identity.username}", who is not a superuser there.`,
          nextStep: 'Make that user a superuser in paperless, or give the token of one: others see a part of the documents and cannot tell.',
          latencyMs,
          docCount: null,
          version: identity.version,
        };
      }
      const { documents } = await reader.statistics();
      return { ok: true, error: null, nextStep: null, latencyMs, docCount: documents, version: identity.version };
    } catch (error) {
      const told = explain(error);
      return { ok: false, error: told.message, nextStep: told.nextStep, latencyMs: this.env.now() - began, docCount: null, version: null };
    } finally {
      await reader?.close();
    }
  }

  // Changing

  async addReplica(
    replica: { name: string; url: string; token: string; syncIntervalSeconds?: number | null; enabled?: boolean },
    who: string,
  ): Promise<{ id: number }> {
    const { url } = parseInstanceUrl(replica.url);
    const tested = await this.test({ url, token: replica.token });
    if (!tested.ok) throw new ConfigError('replica-test-failed', `${replica.name} can't be used: ${tested.error ?? ''}`, tested.nextStep ?? '');
    await this.refuseMasterAsReplica({ name: replica.name, url, token: replica.token });
    const row = this.store.replicas.add({ ...replica, url });
    this.store.replicas.contact(row.id, {
      ...(tested.version === null ? {} : { version: tested.version }),
      documentCount: tested.docCount ?? 0,
      at: this.now(),
    });
    this.store.registry.enqueueMissing(row.id);
    this.store.audit.add({ who, action: 'replica.add', after: { id: row.id, name: row.name, url: row.url } });
    this.writeLog({
      level: 'info',
      replicaId: row.id,
      message: `Replica ${row.name} (paperless ${tested.version ?? ''}, ${tested.docCount ?? 0} documents) added.`,
    });
    return { id: row.id };
  }

  async setMaster(address: { url: string; token: string }, who: string): Promise<void> {
    const { url } = parseInstanceUrl(address.url);
    const tested = await this.test({ url, token: address.token });
    if (!tested.ok) throw new ConfigError('master-test-failed', `The master can't be used: ${tested.error ?? ''}`, tested.nextStep ?? '');
    const before = this.store.settings.text('master_url');
    this.store.transaction(() => {
      this.store.settings.set('master_url', url);
      this.store.settings.set('master_token', address.token);
      this.store.audit.add({ who, action: 'master.set', before: { url: before }, after: { url } });
    });
  }

  private async refuseMasterAsReplica(address: { name: string; url: string; token: string }): Promise<void> {
    if (this.store.settings.text('master_url') === '') return;
    const master = await this.readyMaster();
    const reader = this.instances.probe(address);
    try {
      await reader.identify();
      await refuseSameInstance(master, reader);
    } catch (error) {
      if (error instanceof PaperlessError && error.code === 'same-instance') throw new ConfigError(error.code, error.message, error.nextStep);
      throw error;
    } finally {
      await reader.close();
    }
  }

  on(listener: (event: ControllerEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  // Ending

  stop(): Promise<void> {
    this.stopping ??= this.drain();
    return this.stopping;
  }

  private async drain(): Promise<void> {
    this.enter('draining');
    this.follow = null;
    await this.starting?.catch(() => undefined);
    const board = this.board;
    board?.abort.abort();
    while (this.work.size > 0) await Promise.allSettled([...this.work]);
    if (board !== null && this.board === board) {
      for (const seat of board.seats.values()) if (!seat.closed) await this.closeLane(board, seat, 'interrupted');
      await this.closeRunIfDone(board);
    }
    await this.instances.close();
    await this.masterClient?.reader.close();
    this.enter('stopped');
    this.store.close();
    this.onStopped();
  }

  private track(work: Promise<unknown>): void {
    this.work.add(work);
    void work
      .catch((error: unknown) => {
        if (!(error instanceof StaleEpochError))
          this.writeLog({ level: 'error', message: `Unforeseen: ${error instanceof Error ? error.message : String(error)}` });
      })
      .finally(() => this.work.delete(work));
  }

  private enter(state: ControllerState): void {
    this.lifecycle = state;
    this.emit({ type: 'state', state });
  }

  private emit(event: ControllerEvent): void {
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch {
        // A listener's fault must not stop a cycle; it has no channel of its own to be told by.
      }
    }
  }

  private skipped(code: string, message: string): CycleStart {
    this.emit({ type: 'run-skipped', code, message });
    return { kind: 'skipped', code, message, queued: false, runId: null };
  }

  private notRunning(): CycleStart {
    return this.skipped(this.lifecycle, `The controller is ${this.lifecycle}.`);
  }

  private now(): string {
    return isoTime(this.env.now());
  }
}
