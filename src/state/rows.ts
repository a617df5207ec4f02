/** What the registry keeps, as plain rows. Times are ISO 8601 in UTC by the caller's clock unless a field says otherwise. */

export type SyncStatus = 'pending' | 'ok' | 'error' | 'held' | 'quarantined' | 'limited' | 'tombstone';

/**
 * How far a pending row got; the crash recovery reads it.
 * `queued` nothing under way · `uploading` a create is intended, its outcome unknown until told · `consuming` the replica has the file and a task ·
 * `applying` the document is there, its fields aren't proven · `linking` all but links to documents that aren't there yet.
 */
export type Step = 'queued' | 'uploading' | 'consuming' | 'applying' | 'linking';

export type Verification = 'never' | 'matched' | 'differs' | 'unreadable';

/** What a create was meant to make; committed before it is sent. */
export interface Intent {
  /** Ten hex digits, in the upload's title. */
  nonce: string;
  /** When it was committed. */
  at: string;
  kind: 'document' | 'version';
  fileName: string;
  sha256: string;
  md5: string;
  size: number;
  /** The master's version row (3.x) whose bytes these are; null on 2.x. */
  masterVersionId: number | null;
  /** Place in the chain, 0 is the root. */
  position: number;
  /** Version of the master's document that it is made of; the row may want a newer one by the time its outcome is known. */
  version?: number;
}

/** A create that was ever intended. */
export interface JournalEntry {
  masterDocId: number;
  intent: Intent;
  /** What is known to have come of it; null: nothing, or nobody knows. */
  replicaDocId: number | null;
}

/**
 * Why a row is held, and what that is said with: a person's name for `drift-decided`, fields, culprit and replica for `undone-at-once`, culprit ('' where unknown)
 * and replica for `changed-back` and `gone-again`, the replica for `damaged-again`, a document's number for `twin`, and
 * those of earlier copies; `told` is a sentence of an earlier release's.
 */
export type HeldCode =
  'left-out' | 'drift-kept' | 'drift-asked' | 'drift-decided' | 'undone-at-once' | 'changed-back' | 'gone-again' | 'damaged-again' | 'twin' | 'told';

export interface Held {
  code: HeldCode;
  about?: string[];
}

export interface SyncRow {
  id: number;
  replicaId: number;
  masterDocId: number;
  replicaDocId: number | null;
  status: SyncStatus;
  step: Step | null;
  /** Celery UUID of the task that we wait for. */
  taskId: string | null;
  intent: Intent | null;
  /** Version of the master's document (master_docs.version) that is wanted, and that was last read back as equal. */
  wantedVersion: number;
  syncedVersion: number | null;
  /** JSON of the wanted document where a flow changed it; null: as on the master. */
  wanted: string | null;
  /** SHA-256 of the original that the replica was given. */
  fileChecksum: string | null;
  lastSynced: string | null;
  /** The replica's own `modified` when it was last read. */
  observedModified: string | null;
  /** When the copy arrived there, as the replica says; null until it was read. */
  copyAdded: string | null;
  /**
   * What the copy had when it was last read back, field by field (JSON); null while it wasn't, and from the moment at which a write to its links is about to be
   * sent: then nobody knows what links it made, until it is read back.
   */
  observedFields: string | null;
  errorClass: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  errorNextStep: string | null;
  retryCount: number;
  nextRetryAt: string | null;
  /** `held`: a HeldCode and what it is said with. `quarantined`: why, in words. `limited`: codes of what the replica can't hold. */
  reasons: string[];
  /** 2 unfinished work, 1 a change, 0 backfill. */
  priority: number;
  verification: Verification;
  verifiedAt: string | null;
  /** The version that was found equal; null after it was found otherwise, so that a repair is looked at at once. */
  verifiedVersion: number | null;
  /** JSON list of `{field, wanted, found}` of the last verification, where that failed. */
  difference: string | null;
}

export interface MasterDocRow {
  id: number;
  /** Verbatim from the master. */
  modified: string;
  /** Counts up with every change that we saw; what rows want. */
  version: number;
  /** SHA-256 over the metadata, master's ids and values. */
  fingerprint: string;
  /** JSON of the document as the client parsed it, without text. */
  document: string;
  /** SHA-256 of the stripped text; null until it was read at this version. */
  contentHash: string | null;
  seenAt: string;
  goneSince: string | null;
}

export interface MasterFileRow {
  masterDocId: number;
  /** 0 where the master knows no versions. */
  versionId: number;
  /** '' where the master only told the MD5 (2.x) and nobody has read the bytes. */
  sha256: string;
  /** '' and 0 where the master only listed the SHA-256 and nobody has read the bytes. */
  md5: string;
  size: number;
}

export interface ReplicaRow {
  id: number;
  name: string;
  url: string;
  enabled: boolean;
  syncIntervalSeconds: number | null;
  lastSyncTs: string | null;
  consecutiveFailures: number;
  suspendedAt: string | null;
  lastAlertAt: string | null;
  createdAt: string;
  /** Per-replica policy as JSON; {} is all defaults. */
  options: string;
  /** Last known server version and document count; null before the first contact. */
  version: string | null;
  documentCount: number | null;
  lastContactAt: string | null;
  /** Sentence of the last failure of the replica as a whole; null when the last contact went well. */
  lastError: string | null;
}

/** `user` and `group` are mapped by name only and never created. */
export type EntityKind = 'tag' | 'correspondent' | 'documentType' | 'storagePath' | 'customField' | 'user' | 'group';

export interface MasterEntityRow {
  kind: EntityKind;
  id: number;
  name: string;
  /** JSON of the wire shape. */
  data: string;
}

export interface EntityMapRow {
  replicaId: number;
  kind: EntityKind;
  masterId: number;
  /** null while a create is intended and its outcome unknown. */
  replicaEntityId: number | null;
  /** The master's name and data when they were last applied. */
  name: string;
  data: string;
}

export type Trigger = 'scheduler' | 'manual' | 'webhook' | 'reconcile' | 'cli';

export interface RunRow {
  id: number;
  /** null: all replicas that were due. */
  replicaId: number | null;
  epoch: number;
  startedAt: string;
  finishedAt: string | null;
  deadline: string;
  triggeredBy: Trigger;
  docsSynced: number;
  docsFailed: number;
  timedOut: boolean;
}

export interface RunReplicaRow {
  runId: number;
  replicaId: number;
  startedAt: string;
  finishedAt: string | null;
  /** `finished`, `failed` (the replica as a whole), `interrupted` (its messages got lost), `timed-out`, `cancelled`. */
  outcome: string | null;
  docsSynced: number;
  docsFailed: number;
  docsVerified: number;
  message: string | null;
}

export type LogLevel = 'info' | 'warning' | 'error';

export interface LogRow {
  id: number;
  runId: number | null;
  replicaId: number | null;
  level: LogLevel;
  message: string;
  docId: number | null;
  createdAt: string;
}

export interface EventRow {
  id: number;
  runId: number | null;
  replicaId: number | null;
  kind: string;
  /** JSON. */
  data: string;
  createdAt: string;
}

export interface AuditRow {
  id: number;
  at: string;
  who: string;
  action: string;
  /** JSON without secrets. */
  before: string | null;
  after: string | null;
}
