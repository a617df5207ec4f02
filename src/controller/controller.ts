import { StaleEpochError, type Counts, type Store, type Trigger } from '../state';
import type { PaperlessReader } from '../paperless';
import { demandChecks, demandSweeps, explain, isoTime, unconfirmed, type Environment } from '../sync';
import { Alerts, type AlertReport } from './alert';
import { Cycles } from './cycles';
import { driveLane } from './drive';
import { Enrol } from './enrol';
import { Identity } from './identity';
import { Instances } from './instances';
import { logger, type LogEntry } from './log';
import { MasterLink } from './master-link';
import { Metrics } from './metrics';
import { Planner } from './plans';
import { Preflight } from './preflight';
import { RunRecords } from './run-records';
import * as stages from './stages';
import type {
  Controller,
  ControllerEvent,
  ControllerState,
  CycleStart,
  PreflightResult,
  Progress,
  PushResult,
  RunSummary,
  StageOptions,
  StageReport,
  Ticket,
} from './types';
import { runUntilSettled } from './until-settled';

export interface EngineInit {
  databasePath: string;
  store: Store;
  env: Environment;
  /** Where JSON log lines go; null for nowhere. */
  logLine: ((line: string) => void) | null;
  /** Called once the controller has stopped and the store is closed. */
  onStopped?: () => void;
}

/** The controller's whole life; see Controller for what each call promises. */
export class Engine implements Controller {
  readonly databasePath: string;
  readonly store: Store;
  readonly metricsRegistry: Metrics;
  private readonly env: Environment;
  private readonly instances: Instances;
  private readonly masterLink: MasterLink;
  private readonly enrol: Enrol;
  private readonly records: RunRecords;
  private readonly cycles: Cycles;
  private readonly planner: Planner;
  private readonly alerts: Alerts;
  private readonly preflights: Preflight;
  private readonly writeLog: (entry: LogEntry) => void;
  private readonly listeners = new Set<(event: ControllerEvent) => void>();
  private readonly flows = new Set<{ start(tickets: Ticket[]): void }>();
  private readonly onStopped: () => void;
  private lifecycle: ControllerState = 'starting';
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
      () => this.cycles.running,
    );
    this.writeLog = logger(init.store, init.logLine, (entry) => this.emit({ type: 'log', entry }));
    this.instances = new Instances(init.env, (name) => ({
      maxRequests: name === 'master' ? this.store.settings.number('master_concurrency') : this.store.settings.number('max_concurrent_requests'),
      allowUntested: this.store.settings.get('allow_untested_versions') === true,
      observer: this.metricsRegistry.observer(name),
    }));
    this.masterLink = new MasterLink(init.store, init.env, this.instances);
    this.enrol = new Enrol({ store: init.store, env: init.env, instances: this.instances, master: this.masterLink, log: this.writeLog });
    const emit = (event: ControllerEvent): void => this.emit(event);
    const shared = { store: init.store, env: init.env, instances: this.instances, master: this.masterLink, log: this.writeLog, emit };
    this.records = new RunRecords(shared);
    const identity = new Identity(init.store.settings);
    this.preflights = new Preflight({ ...shared, identity });
    this.cycles = new Cycles({
      ...shared,
      identity,
      preflight: this.preflights,
      records: this.records,
      metrics: this.metricsRegistry,
      track: (work) => this.track(work),
      carry: (tickets) => this.carry(tickets),
    });
    this.alerts = new Alerts({ store: init.store, now: () => init.env.now(), log: this.writeLog });
    this.planner = new Planner({
      store: init.store,
      env: init.env,
      instances: this.instances,
      preflight: this.preflights,
      cycles: this.cycles,
      log: this.writeLog,
      carry: (tickets) => this.carryToEnd(tickets),
    });
    // The lock on the database is with this process alone: whoever held the lease is dead, or no longer meant to write.
    this.store.lease.release(this.store.lease.current().epoch);
    for (const orphan of this.store.runs.closeOrphans(isoTime(this.env.now()))) {
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

  tick(): Promise<CycleStart> {
    if (this.lifecycle === 'running') void this.alerting(this.alerts.again());
    return this.cycles.tick();
  }

  requestSync(request: { trigger: Trigger; replicaId?: number | null; viaFlow?: boolean }): Promise<CycleStart> {
    return this.cycles.requestSync(request);
  }

  attachFlow(flow: { start(tickets: Ticket[]): void }): () => void {
    this.flows.add(flow);
    return () => void this.flows.delete(flow);
  }

  demandAll(): void {
    demandSweeps(this.store);
    demandChecks(this.store, this.env.now());
  }

  flowDeployed(): void {
    // Drift and twins are held by policy: a deploy changes nothing about those.
    const released = this.store.registry.releaseHeld(null, 'left-out');
    if (released > 0) this.writeLog({ level: 'info', message: `The flow was deployed: ${released} held documents are offered again.` });
  }

  // Stages

  pollTasks(ticket: Ticket, options: StageOptions = {}): Promise<StageReport> {
    return this.cycles.stage(ticket, 'poll-tasks', options, (seat) => stages.poll(seat));
  }

  schemaParity(ticket: Ticket, options: StageOptions = {}): Promise<StageReport> {
    return this.cycles.stage(ticket, 'schema-parity', options, (seat) => stages.parity(seat));
  }

  fetchChanged(ticket: Ticket, options: StageOptions = {}): ReturnType<Controller['fetchChanged']> {
    return this.cycles.stage(ticket, 'fetch-changed', options, (seat, board) => stages.fetch(seat, board));
  }

  pushDoc(
    ticket: Ticket,
    items: readonly unknown[],
    hooks: { room(): void; settled(result: PushResult): void },
    options: StageOptions = {},
  ): Promise<StageReport> {
    return this.cycles.stage(ticket, 'push-doc', options, (seat, board) =>
      stages.push(seat, board, ticket, items, {
        room: () => hooks.room(),
        settled: (result) => {
          this.cycles.settled(board, seat, result);
          hooks.settled(result);
        },
      }),
    );
  }

  verify(ticket: Ticket, options: StageOptions = {}): Promise<StageReport> {
    return this.cycles.stage(ticket, 'verify', options, (seat, board) =>
      stages.check(seat, (id, verification) => {
        this.emit({ type: 'verification', runId: board.row.id, replica: seat.name, id, verification });
      }),
    );
  }

  cycleEnd(ticket: Ticket, error?: unknown): Promise<RunSummary | null> {
    return this.cycles.end(ticket, error);
  }

  alert(summary: RunSummary): Promise<AlertReport> {
    return this.alerting(this.alerts.of(summary));
  }

  // Whole cycles without a flow

  async runCycle(options: { trigger: Trigger; replicaId?: number | null; signal?: AbortSignal }): Promise<RunSummary | { skipped: string }> {
    const started = await this.requestSync({ trigger: options.trigger, replicaId: options.replicaId ?? null });
    if (started.kind !== 'started') return { skipped: started.kind === 'idle' ? 'Nothing is due.' : started.message };
    const stop = (): void => this.cycles.abort();
    options.signal?.addEventListener('abort', stop, { once: true });
    try {
      const summaries = await Promise.all(started.tickets.map((ticket) => driveLane(this, ticket)));
      return summaries.find((s) => s !== null) ?? this.records.summarise(started.runId);
    } finally {
      options.signal?.removeEventListener('abort', stop);
    }
  }

  runUntilSettled(options: Parameters<Controller['runUntilSettled']>[0]): ReturnType<Controller['runUntilSettled']> {
    return runUntilSettled(this, this.env, options);
  }

  private async carryToEnd(tickets: Ticket[]): Promise<boolean> {
    if (this.flowAttached) this.carry(tickets);
    else await Promise.all(tickets.map((ticket) => driveLane(this, ticket)));
    return !this.flowAttached;
  }

  // Plans

  plan(...asked: Parameters<Controller['plan']>): ReturnType<Controller['plan']> {
    return this.planner.plan(...asked);
  }

  applyPlan(id: number, who: string): ReturnType<Controller['applyPlan']> {
    return this.planner.apply(id, who);
  }

  reconcile(...asked: Parameters<Controller['reconcile']>): ReturnType<Controller['reconcile']> {
    return this.planner.reconcile(...asked);
  }

  // Looking

  progress(): Progress {
    return this.cycles.progress();
  }

  counts(replicaId: number): Counts {
    return this.store.registry.counts(replicaId);
  }

  metrics(): Promise<string> {
    return this.metricsRegistry.text();
  }

  master(): ReturnType<Controller['master']> {
    return { ...this.masterLink.state, unconfirmedGone: unconfirmed(this.store) };
  }

  test(address: { url: string; token: string }): ReturnType<Controller['test']> {
    return this.enrol.test(address);
  }

  async addReplica(replica: Parameters<Controller['addReplica']>[0], who: string): Promise<{ id: number }> {
    const added = await this.enrol.addReplica(replica, who);
    // What it does to documents by itself is told before the first of them is sent.
    await this.preflight({ replicaId: added.id });
    return added;
  }

  setMaster(address: { url: string; token: string }, who: string): Promise<void> {
    return this.enrol.setMaster(address, who);
  }

  async preflight({ replicaId = null }: { replicaId?: number | null }): Promise<PreflightResult[]> {
    const replicas = this.store.replicas.list().filter((r) => (replicaId === null ? r.enabled : r.id === replicaId));
    const results = [await this.lookAt(null, () => this.masterLink.ready({}))];
    // One after the other: it is no hurry, and the same people are asked for.
    for (const { id, name, url } of replicas) {
      const address = { name, url, token: this.store.replicas.token(id) };
      results.push(await this.lookAt({ id, name }, async () => (await this.instances.replica(String(id), address, {})).client));
    }
    return replicaId === null ? results : results.filter((result) => result.replicaId === replicaId);
  }

  private async lookAt(replica: { id: number; name: string } | null, connect: () => Promise<PaperlessReader>): Promise<PreflightResult> {
    try {
      await this.preflights.look({ reader: await connect(), replica }, {});
      return { replicaId: replica?.id ?? null, error: null };
    } catch (error) {
      const { code, message, nextStep } = explain(error);
      return { replicaId: replica?.id ?? null, error: { code, message, nextStep } };
    }
  }

  acceptFinding(finding: { replicaId: number | null; code: string }, who: string): void {
    this.preflights.accept(finding, who);
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
    this.cycles.drain();
    this.alerts.end();
    while (this.work.size > 0) await Promise.allSettled([...this.work]);
    await this.cycles.finish();
    await this.instances.close();
    await this.masterLink.close();
    this.enter('stopped');
    this.store.close();
    this.onStopped();
  }

  /** A stop waits for the target's answer: what it took must be known before the database is closed. */
  private alerting(work: Promise<AlertReport>): Promise<AlertReport> {
    this.track(work.then(() => undefined));
    return work;
  }

  /** Through the flow where there is one; else the stages in its order. */
  private carry(tickets: Ticket[]): void {
    const [flow] = this.flows;
    if (flow !== undefined) flow.start(tickets);
    else for (const ticket of tickets) this.track(driveLane(this, ticket));
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
}
