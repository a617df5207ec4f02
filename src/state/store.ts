import type { Candidates } from './candidates';
import type { Waiting } from './waiting';
import type { Move } from './machine';
import type { Plans } from './plans';
import type {
  AuditRow,
  EntityKind,
  EntityMapRow,
  EventRow,
  HeldCode,
  JournalEntry,
  LogLevel,
  LogRow,
  MasterDocRow,
  MasterEntityRow,
  MasterFileRow,
  ReplicaRow,
  RunReplicaRow,
  RunRow,
  Step,
  SyncRow,
  SyncStatus,
  Trigger,
  Verification,
} from './rows';

/** One database. All calls are synchronous (better-sqlite3) but `backup`; all writes inside `fenced` are one transaction. */
export interface Store {
  readonly path: string;
  readonly settings: Settings;
  readonly replicas: Replicas;
  readonly registry: Registry;
  readonly entities: Entities;
  readonly runs: Runs;
  readonly logs: Logs;
  readonly events: Events;
  readonly audit: Audit;
  readonly plans: Plans;
  readonly candidates: Candidates;
  readonly waiting: Waiting;
  readonly lease: Lease;
  transaction<T>(work: () => T): T;
  /** Runs `work` in one immediate transaction after checking that `epoch` still holds the lease; throws StaleEpochError else. */
  fenced<T>(epoch: number, work: () => T): T;
  /** Copies the live database to `<path>.bak`, whole or not at all (written beside, then renamed). */
  backup(): Promise<void>;
  /** Problems that SQLite's quick_check finds; empty is well. */
  quickCheck(): string[];
  close(): void;
}

/** The PRD's keys and ours; numbers are stored as text. Secrets (`master_token`, `alert_target_token`) are encrypted at rest. */
export interface Settings {
  /** Typed by key; the default where nothing is stored. Throws on an unknown key. */
  get(key: string): string | number | boolean | null;
  text(key: string): string;
  number(key: string): number;
  /** Validates against the key's definition; throws SettingError with a sentence. null restores the default. */
  set(key: string, value: string | number | boolean | null): void;
  /** Whether somebody set it; the first boot seeds only what nobody did. */
  isSet(key: string): boolean;
  /** Decrypted; null when not set. */
  secret(key: 'master_token' | 'alert_target_token'): string | null;
  /** Everything but secrets, which show as true/false in `<key>_set`. */
  all(): Record<string, string | number | boolean | null>;
  /** Free-form state of the engine (schedules, identities), apart from settings: JSON text by key. */
  fact(key: string): string | null;
  setFact(key: string, value: string | null): void;
}

export interface NewReplica {
  name: string;
  url: string;
  token: string;
  enabled?: boolean;
  syncIntervalSeconds?: number | null;
  options?: string;
}

export interface Replicas {
  /** Throws ReplicaExistsError for a second name or URL (compared without trailing slash and case of host). */
  add(replica: NewReplica): ReplicaRow;
  get(id: number): ReplicaRow | null;
  byName(name: string): ReplicaRow | null;
  list(): ReplicaRow[];
  update(id: number, change: Partial<NewReplica>): ReplicaRow;
  /** With its rows, maps and checksums. */
  remove(id: number): void;
  token(id: number): string;
  contact(id: number, facts: { version?: string; documentCount?: number; at: string }): void;
  /** Counts a cycle in which the replica as a whole failed; sets suspended_at at the threshold. True when it was suspended now. */
  failed(id: number, message: string, threshold: number, at: string): boolean;
  /** A cycle that went through: failures to 0, last_sync_ts to `at`. */
  succeeded(id: number, at: string): void;
  unsuspend(id: number): void;
  alerted(id: number, at: string): void;
}

/** What ingest hands over for one document. */
export interface MasterDocInput {
  id: number;
  modified: string;
  fingerprint: string;
  document: string;
  /** Known checksums of its files (3.x lists them). */
  files?: { versionId: number; sha256: string }[];
}

export interface RowQuery {
  status?: SyncStatus;
  verification?: Verification;
  /** Key paging: rows with id above this. */
  after?: number;
  limit: number;
}

export interface Counts {
  total: number;
  byStatus: Record<SyncStatus, number>;
  byStep: Record<Step, number>;
  verification: Record<Verification, number>;
  /** Rows whose verification matched, and is of the version that is wanted now. */
  verifiedCurrent: number;
}

export interface Registry {
  /** Greatest `modified` that the master itself reported and that is recorded, verbatim; null before the first. */
  cursor(): string | null;
  /**
   * Records what the master has, queues it for every replica and moves the cursor, in one transaction. A document whose `modified` or fingerprint moved gets
   * a new version and its rows want that; rows in `uploading` or `consuming` keep their step. Priority 0 for a document never seen, 1 for a change;
   * `backfill: false` gives new ones 1 as well. `cursor` null leaves it.
   */
  record(
    docs: readonly MasterDocInput[],
    cursor: string | null,
    options?: { backfill?: boolean },
  ): { added: number; changed: number; unchanged: number };
  masterDoc(id: number): MasterDocRow | null;
  masterDocs(ids: readonly number[]): MasterDocRow[];
  /** Key-paged walk over all live master documents. */
  masterDocsAfter(id: number, limit: number): MasterDocRow[];
  masterDocCount(): number;
  /** Live ones whose `modified` reads exactly so. */
  countModifiedAt(modified: string): number;
  /** Ids of the live documents that came last, and those that changed last, newest first. */
  newestMasterDocs(limit: number): { byId: number[]; byTime: { id: number; modified: string }[] };
  /** Everything is read again by the next ingest. */
  forgetCursor(): void;
  /** Only takes when the document still has this version. */
  setContentHash(masterDocId: number, version: number, hash: string): void;
  /** The document is gone on the master (a sweep proved it); its rows move on their own. False when it is unknown or gone already. `record` takes it back. */
  markGone(masterDocId: number, at: string): boolean;
  /** The document's text is another one than was recorded: a new version, queued for every replica. False when it is the same. */
  contentChanged(masterDocId: number, hash: string): boolean;
  /** Ids of what the master has, and of what it had once: ascending, in pages by key. */
  liveIdsAfter(id: number, limit: number): number[];
  goneIdsAfter(id: number, limit: number): number[];
  file(masterDocId: number, versionId: number): MasterFileRow | null;
  /** All that is known of a document, by version id. */
  files(masterDocId: number): MasterFileRow[];
  learnFile(file: MasterFileRow): void;
  /** What a 2.x master says of its file; the SHA-256 is '' until somebody reads the bytes. Never replaces what was learned from bytes. */
  learnMd5(masterDocId: number, md5: string, size: number): void;

  /** Gives a replica a row for every live master document that it has none for (backfill). How many. */
  enqueueMissing(replicaId: number): number;
  row(id: number): SyncRow | null;
  rowFor(replicaId: number, masterDocId: number): SyncRow | null;
  rowByReplicaDoc(replicaId: number, replicaDocId: number): SyncRow | null;
  rows(replicaId: number, query: RowQuery): SyncRow[];
  /**
   * Work that can be handed out: `applying` first, then `queued` by priority (high first), then `linking`, each by master id. Errors whose retry is due were
   * moved to `queued` by `requeueDue`. Leaves out ids in `exclude` (handed out already).
   */
  work(replicaId: number, limit: number, exclude: ReadonlySet<number>, takes?: (row: SyncRow) => boolean): SyncRow[];
  workCount(replicaId: number): number;
  /** Rows in `uploading` and `consuming`. */
  inFlight(replicaId: number): SyncRow[];
  /** Of settled copies: when the newest arrived there and which was changed last, as we read it there; null while none was read back. */
  newestCopy(replicaId: number): { added: string; modified: string; modifiedId: number } | null;
  /** Rows out of the queue or queued whose create has an unknown outcome, and whose document is gone on the master meanwhile. */
  goneUnsettled(replicaId: number): SyncRow[];
  /** Errors whose `next_retry_at` has passed back to the queue, oldest first, at most `limit`; keeps retry_count. An error with an intent goes back to the step it had. How many. */
  requeueDue(replicaId: number, now: string, limit: number, masterDocIds?: readonly number[]): number;
  /** `held` rows back to the queue; with `because` only those that are held for that. */
  releaseHeld(replicaId: number | null, because?: HeldCode | null): number;
  /** Every `ok` and `limited` row with a document back to the queue: what documents refer to changed under them. How many. */
  requeueAll(replicaId: number): number;
  /** Every `limited` row without a document back to the queue: a copy that stood in its way may have gone. How many. */
  requeueWithoutCopy(replicaId: number): number;
  /** By hand: these (or all) errors and quarantined rows back to the queue with a fresh count; of held ones only those that are named. */
  retry(replicaId: number, rowIds: readonly number[] | 'all'): number;
  /**
   * Applies a move; throws IllegalMoveError. `ok`/`limited` for a version below the wanted one leaves the row `queued` (the master moved on meanwhile), keeping what was learned.
   * `error` counts retry_count up; `ok` and `limited` reset it to 0 unless its last verification failed (a repair keeps its count until verified).
   */
  move(rowId: number, move: Move, at: string): SyncRow;
  /** The wanted document as the flow changed it (JSON), or null for the master's own. */
  setWanted(rowId: number, wanted: string | null): void;
  /** Before a write whose effect on others isn't known until the copy was read back. */
  forgetObserved(rowId: number): void;
  /** When the copy arrived on its replica, as that says. */
  learnCopy(rowId: number, added: string): void;
  /** Gives up the pair (the copy is gone on the replica): replica_doc_id, file, task and intent are cleared. */
  unmap(rowId: number): void;
  /** It is known that nothing came of the create: intent and task go, and a row (or error) that was in flight is at `queued`. */
  clearIntent(rowId: number): void;
  /** Checksums of all files that were ever meant to be sent to a replica for a document, in no order. */
  sentFiles(replicaId: number, masterDocId: number): { sha256: string; md5: string }[];
  /** As `clearIntent`, of a create whose outcome stays unknown: what it was meant to make may still turn up. */
  giveUpIntent(rowId: number, at: string): void;
  /** What an upload made is known by now. */
  accountFor(replicaId: number, nonce: string, replicaDocId: number): void;
  /** Documents' creates that were given up since then and that nothing is known to have come of, the oldest first; of one document's, or of all. */
  lostUploads(replicaId: number, since: string, masterDocId?: number): JournalEntry[];
  /** Any intent that was ever committed for this replica: a copy that turns up late with its nonce is ours. */
  intentByNonce(replicaId: number, nonce: string): JournalEntry | null;

  counts(replicaId: number): Counts;
  /** Oldest pending or error row's master `modified`; null when nothing waits. */
  oldestWaiting(replicaId: number): string | null;
  /** Rows that are `ok` or `limited` with a document, and weren't verified at their version or not matched then (repaired since): by id, in pages by key. */
  unverified(replicaId: number, after: number, limit: number): SyncRow[];
  /** All others of those that were verified before `before`, the longest ago first. */
  verifiedBefore(replicaId: number, before: string, limit: number): SyncRow[];
  /** Rows that are `ok` or `limited` with a document, by id in pages by key; and how many there are from there to a last one. */
  copiesAfter(replicaId: number, after: number, limit: number): SyncRow[];
  copiesLeft(replicaId: number, after: number, upTo: number): number;
  /** The greatest id of a replica's rows; 0 without any. */
  lastRow(replicaId: number): number;
  /** `differs` and `unreadable` queue a sync of what was in sync and count as an attempt; the count is kept until a `matched`. */
  verified(
    rowId: number,
    result: { verification: Verification; difference?: string; version: number; observed?: { modified: string; fields: string } },
    at: string,
  ): void;
  /** `{master id: replica id}` in pages by master id. */
  pairsAfter(replicaId: number, masterDocId: number, limit: number): { masterDocId: number; replicaDocId: number }[];
  isMapped(replicaId: number, replicaDocId: number): boolean;

  /** A replica's own checksums, so that a twin is found without a request. Algorithm by length. */
  learnReplicaChecksum(replicaId: number, replicaDocId: number, checksum: string): void;
  /** The replica's document is gone. */
  forgetReplicaDoc(replicaId: number, replicaDocId: number): void;
  /** The replica is another one now, or not trusted to be the same. */
  forgetReplicaDocs(replicaId: number): void;
  replicaDocsByChecksum(replicaId: number, checksum: string): number[];
  /** The whole index of one algorithm, by the replica's ids, in pages by key. */
  replicaChecksumsAfter(
    replicaId: number,
    algorithm: 'md5' | 'sha256',
    replicaDocId: number,
    limit: number,
  ): { replicaDocId: number; checksum: string }[];
}

export interface Entities {
  /** Replaces what we know of the master's collection of one kind. True when anything differed. */
  recordMaster(kind: EntityKind, entities: readonly { id: number; name: string; data: string }[]): boolean;
  master(kind: EntityKind): MasterEntityRow[];
  masterById(kind: EntityKind, id: number): MasterEntityRow | null;
  maps(replicaId: number, kind: EntityKind): EntityMapRow[];
  /** Before a create: the intent, replicaEntityId null. */
  setMap(map: EntityMapRow): void;
  removeMap(replicaId: number, kind: EntityKind, masterId: number): void;
}

export interface Runs {
  open(run: { replicaId: number | null; epoch: number; triggeredBy: Trigger; deadline: string; replicas: readonly number[] }, at: string): RunRow;
  closeReplica(
    runId: number,
    replicaId: number,
    result: { outcome: string; docsSynced: number; docsFailed: number; docsVerified: number; message?: string | null },
    at: string,
  ): void;
  /** Sums its replicas' numbers. */
  close(runId: number, result: { timedOut: boolean }, at: string): RunRow;
  /** Runs left open by an unclean end: finished now, timed out. Which. */
  closeOrphans(at: string): RunRow[];
  get(id: number): RunRow | null;
  replicasOf(runId: number): RunReplicaRow[];
  /** Newest first, by key. */
  list(query: { replicaId?: number; before?: number; limit: number }): RunRow[];
  lastOf(replicaId: number, limit: number): (RunReplicaRow & { triggeredBy: Trigger })[];
}

export interface Logs {
  add(entry: { level: LogLevel; message: string; runId?: number | null; replicaId?: number | null; docId?: number | null }): LogRow;
  /** Newest first, by key; `q` searches words in the message. */
  query(query: {
    replicaId?: number;
    level?: LogLevel;
    from?: string;
    to?: string;
    q?: string;
    docId?: number;
    before?: number;
    limit: number;
  }): LogRow[];
  /** Removes what is older; how many. */
  prune(olderThan: string): number;
}

/** What happened, by an id that only grows; kept so that a listener can resume. */
export interface Events {
  /** `data` becomes JSON; no secrets, no documents' text. */
  add(entry: { kind: string; data?: unknown; runId?: number | null; replicaId?: number | null }): EventRow;
  /** Oldest first. */
  after(id: number, limit: number): EventRow[];
  /** The id that was given last, 0 before the first. */
  lastId(): number;
  /** Removes what is older; how many. */
  prune(olderThan: string): number;
}

export interface Audit {
  add(entry: { who: string; action: string; before?: unknown; after?: unknown }): AuditRow;
  list(query: { before?: number; limit: number }): AuditRow[];
}

/** One writer at a time, fenced by an epoch that only grows. */
export interface Lease {
  /** Takes it (the epoch counts up) or throws LeaseHeldError naming the holder while another holds it and it hasn't expired. */
  take(holder: string, ttlMs: number): number;
  /** Extends it; throws StaleEpochError when it was taken over. */
  renew(epoch: number, ttlMs: number): void;
  release(epoch: number): void;
  current(): { epoch: number; holder: string | null; expiresAt: string | null };
}
