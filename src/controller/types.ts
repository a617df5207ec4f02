import type { Counts, LogRow, PlanScope, Store, Trigger } from '../state';
import type { PlanBody } from '../sync/plan/body';

/** One way only. Reading works in every state but `stopped`; cycles start only while `running`. */
export type ControllerState = 'starting' | 'running' | 'draining' | 'stopped';

/** What travels in `msg.sync`: enough to find the work, nothing to do it with. Plain JSON. */
export interface Ticket {
  runId: number;
  /** The lease's epoch; a ticket of another epoch is refused. */
  epoch: number;
  replicaId: number;
  /** The replica's name, for people. */
  replica: string;
  /** Set on batches. */
  batchId: string | null;
  trigger: Trigger;
  /** ISO time at which the cycle ends wherever it is. */
  deadline: string;
}

/** A document as the flow sees and may change it: names, not ids; no text unless a node sets it. */
export interface FlowDocument {
  title: string;
  /** YYYY-MM-DD */
  created: string;
  correspondent: string | null;
  document_type: string | null;
  storage_path: string | null;
  /** Paths of names from the root, `/` between them; a `/` or `\` inside a name is written `\/`, `\\`. */
  tags: string[];
  archive_serial_number: number | null;
  /** By field name; a select's value is its option's label. */
  custom_fields: { field: string; value: unknown }[];
  /** In order. */
  notes: string[];
  /** User name; null for a document without owner. */
  owner: string | null;
  permissions: { view: { users: string[]; groups: string[] }; change: { users: string[]; groups: string[] } };
  /** Left out: as on the master. */
  content?: string;
  /** Given with the upload alone: a copy that is there keeps the name that it has. null: a name made of the document's number. */
  original_file_name: string | null;
}

export interface BatchItem {
  /** The master's document id. */
  id: number;
  /** The version of it that this item is made of. */
  version: number;
  reason: 'new' | 'changed' | 'unfinished';
  document: FlowDocument;
}

export interface PushResult {
  /** The master's document id. */
  id: number;
  replica: string;
  replica_document_id: number | null;
  /** `parked`: its file is still being consumed; the next cycle goes on. */
  outcome: 'ok' | 'error' | 'limited' | 'held' | 'quarantined' | 'linking' | 'parked';
  title: string;
  message: string | null;
  next_step: string | null;
}

export interface StageReport {
  stage: string;
  /** Numbers by name, for status texts: `settled`, `created`, `verified`, … */
  counts: Record<string, number>;
}

export type CycleStart =
  | { kind: 'started'; runId: number; tickets: Ticket[] }
  /** Nothing is due: a tick that has nothing to say. */
  | { kind: 'idle' }
  /** Not now; a run that was asked for while another goes on follows it (`queued`). */
  | { kind: 'skipped'; code: string; message: string; queued: boolean; runId: number | null };

export interface ReplicaSummary {
  id: number;
  name: string;
  outcome: string;
  synced: number;
  failed: number;
  verified: number;
  message: string | null;
  suspended: boolean;
  /** Suspended by this run. */
  suspendedNow: boolean;
  consecutiveFailures: number;
  url: string;
}

export interface RunSummary {
  runId: number;
  trigger: Trigger;
  startedAt: string;
  finishedAt: string;
  timedOut: boolean;
  synced: number;
  failed: number;
  replicas: ReplicaSummary[];
}

export interface Progress {
  running: boolean;
  runId: number | null;
  /** The stage that the slowest lane is in. */
  phase: string;
  docsDone: number;
  docsTotal: number;
}

/** Everything that happens, for the events node, the dashboard and logs. */
export type ControllerEvent =
  | { type: 'state'; state: ControllerState }
  | { type: 'run-started'; runId: number; trigger: Trigger; replicas: string[] }
  | { type: 'run-finished'; summary: RunSummary }
  | { type: 'run-skipped'; code: string; message: string }
  | { type: 'lane-finished'; runId: number; replica: string; outcome: string }
  | { type: 'document'; runId: number; replicaId: number; result: PushResult }
  | { type: 'verification'; runId: number; replica: string; id: number; verification: string }
  | { type: 'replica-suspended'; replica: string; failures: number; message: string }
  | { type: 'replica-recovered'; replica: string }
  | { type: 'progress'; progress: Progress }
  | { type: 'log'; entry: LogRow };

/** What would be done, by whom it is asked: kept, so that exactly this is done later, or nothing. */
export interface Plan {
  id: number;
  scope: PlanScope;
  replicaId: number;
  createdAt: string;
  appliedAt: string | null;
  refusedAt: string | null;
  body: PlanBody;
}

export interface AppliedPlan {
  id: number;
  scope: PlanScope;
  /** False where a deadline left something of a plan that only reads: apply it again. */
  applied: boolean;
  counts: Record<string, number>;
  /** The run that does it, where that goes on by itself. */
  runId: number | null;
  message: string;
}

/** How a look at an instance that somebody asked for went; what it found is kept in the database. */
export interface PreflightResult {
  /** null for the master. */
  replicaId: number | null;
  /** It stopped there: a finding, or no answer; null when it may be relied on. */
  error: { code: string; message: string; nextStep: string } | null;
}

/** What a stage is given beside its ticket. */
export interface StageOptions {
  /** Fires when the node that asks goes away (a deploy): the lane ends as interrupted, its documents go back to the queue at once. */
  signal?: AbortSignal;
}

/**
 * Owns one database and everything done with it. The nodes, the command line and the HTTP operations are faces of this.
 * Every stage method throws TicketError for a ticket that is lost, doubled, stale or another replica's, and PaperlessError for an instance that fails as a whole.
 */
export interface Controller {
  readonly databasePath: string;
  readonly state: ControllerState;
  readonly store: Store;

  /** A tick: starts what is due now, or says why not. Silent (`idle`) when nothing is due. */
  tick(): Promise<CycleStart>;
  /** Asks for a cycle now; while one runs, one follows it. With a flow attached and `viaFlow`, the flow's cycle-start node sends the tickets. */
  requestSync(request: { trigger: Trigger; replicaId?: number | null; viaFlow?: boolean }): Promise<CycleStart>;
  /** A cycle-start node announces itself: `start` is called with the tickets of runs asked for elsewhere (HTTP, command line) or coalesced. Returns detach. */
  attachFlow(flow: { start(tickets: Ticket[]): void }): () => void;
  readonly flowAttached: boolean;
  /** Makes everything due now: all sweeps of the master, parity and verification of every replica's every document. */
  demandAll(): void;
  /** The flow was deployed: held items are offered again. */
  flowDeployed(): void;

  pollTasks(ticket: Ticket, options?: StageOptions): Promise<StageReport>;
  schemaParity(ticket: Ticket, options?: StageOptions): Promise<StageReport>;
  /** Ingests once a run, then one batch a call. `batch` null with `drained` true: the lane's work is done, and this is told once; both null/false: another call has it. */
  fetchChanged(ticket: Ticket, options?: StageOptions): Promise<{ batch: { ticket: Ticket; items: BatchItem[] } | null; drained: boolean }>;
  /** Claims the batch (once) and makes the replica's documents be the wanted ones. `room` when another batch fits; `settled` per result; resolves when all are settled or parked. */
  pushDoc(
    ticket: Ticket,
    items: readonly unknown[],
    hooks: { room(): void; settled(result: PushResult): void },
    options?: StageOptions,
  ): Promise<StageReport>;
  verify(ticket: Ticket, options?: StageOptions): Promise<StageReport>;
  /** Reports the lane finished (or failed with `error`); the summary when this closed the run, null while other lanes go on or when the lane was closed before. */
  cycleEnd(ticket: Ticket, error?: unknown): Promise<RunSummary | null>;
  /** Sends what is due to the configured targets for this run: what was sent, and why not. What the target doesn't take is kept and sent again by `tick`. */
  alert(summary: RunSummary): Promise<{
    sent: { replica: string; event: string }[];
    suppressed: { replica: string; event: string; reason: string }[];
    failed: { replica: string; event: string; reason: string; nextAttemptAt: string }[];
  }>;

  /** Runs whole cycles without a flow, through the same stages, until nothing is left to do or `timeoutMs` is over. */
  runUntilSettled(options: {
    timeoutMs: number;
    trigger: Trigger;
    /** Begins with `demandAll`, and sweeps until what is missing is confirmed. */
    full?: boolean;
    signal?: AbortSignal;
  }): Promise<{ settled: boolean; runs: RunSummary[]; reason: string | null }>;
  /** One whole cycle without a flow. */
  runCycle(options: { trigger: Trigger; replicaId?: number | null; signal?: AbortSignal }): Promise<RunSummary | { skipped: string }>;

  progress(): Progress;
  counts(replicaId: number): Counts;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** The last contact with the master and what it said. */
  master(): {
    url: string | null;
    version: string | null;
    ok: boolean;
    message: string | null;
    lastContactAt: string | null;
    /** Documents that sweeps have missed, but not often enough to count as deleted. */
    unconfirmedGone: number;
  };
  /** Tries an address: is it a paperless that we can use, as a superuser? Never throws for what the instance did. */
  test(address: {
    url: string;
    token: string;
  }): Promise<{ ok: boolean; error: string | null; nextStep: string | null; latencyMs: number; docCount: number | null; version: string | null }>;
  /** Adds a replica after a test; refuses the master's own URL or instance, a second replica with one URL or instance. */
  addReplica(
    replica: { name: string; url: string; token: string; syncIntervalSeconds?: number | null; enabled?: boolean },
    who: string,
  ): Promise<{ id: number }>;
  setMaster(address: { url: string; token: string }, who: string): Promise<void>;

  /**
   * What would be done to a replica. Reads the master and the replica and changes nothing but the registry's knowledge of them. Throws PlanError while a cycle or
   * another plan is at work.
   */
  plan(scope: PlanScope, options: { replicaId: number; deletePolicy?: string }): Promise<Plan>;
  /** Does what a plan says, or throws PlanError `world-moved` and never applies it. */
  applyPlan(id: number, who: string): Promise<AppliedPlan>;
  /** Reads what has to be read (once; a deadline's rest is left for the next call: the plan isn't `complete` then), plans, and with `apply` adopts. */
  reconcile(replicaId: number, options: { apply: boolean; who: string }): Promise<{ plan: Plan; applied: AppliedPlan | null }>;

  /** Looks at the master and the replicas (or at one of these) now, whatever was due. Never throws for what an instance did: that is in the answer. */
  preflight(options: { replicaId?: number | null }): Promise<PreflightResult[]>;
  /** A person says that a finding is right as it is; it stops nothing until it is settled. Throws ConfigError for what isn't there or can't be accepted. */
  acceptFinding(finding: { replicaId: number | null; code: string }, who: string): void;

  on(listener: (event: ControllerEvent) => void): () => void;
  /** Stops starting, aborts what runs, leaves rows truthful, gives the lease back, closes. Resolves when stopped. */
  stop(): Promise<void>;
}

/** A ticket that can't be honoured; `code` is `run-closed`, `stale-epoch`, `claimed-twice`, `unknown-batch`, `other-replica`, `malformed`, `draining`. */
export class TicketError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly nextStep: string,
  ) {
    super(message);
    this.name = 'TicketError';
  }
}

/** A plan that can't be made or applied now; `code` is `cycle-running`, `draining`, `unknown-plan`, `unknown-replica`, `plan-applied`, `world-moved`. */
export class PlanError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly nextStep: string,
  ) {
    super(message);
    this.name = 'PlanError';
  }
}

/** Refused before anything was written: settings, addresses, keys. */
export class ConfigError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly nextStep: string,
  ) {
    super(message);
    this.name = 'ConfigError';
  }
}

export interface OpenOptions {
  /** File path of the database. */
  databasePath: string;
  /** Fernet key, base64url of 32 bytes. */
  secretKey: string;
  /** First boot only. */
  seed?: { masterUrl?: string; masterToken?: string };
  /** One JSON line per event to stdout in the PRD's shape; default true under the flow, false for commands that print their own. */
  logToStdout?: boolean;
}
