import { checkMove, IllegalMoveError, type Move, type Place, placeOf } from './machine';
import type { SyncRow } from './rows';
import { utc } from './context';

/** Promise 4: what isn't on the replica can't have been read back from it. */
export class NoDocumentError extends IllegalMoveError {
  constructor(from: Place, to: Place, rowId: number) {
    super(from, to, rowId);
    this.message += ' It has no document on the replica.';
    this.name = 'NoDocumentError';
  }
}

/** A task without an intent is a create of which nobody knows what was sent. */
export class NoIntentError extends IllegalMoveError {
  constructor(from: Place, to: Place, rowId: number) {
    super(from, to, rowId);
    this.message += ' It has no intent.';
    this.name = 'NoIntentError';
  }
}

/** Something was said of a version of the master's document that nobody wanted yet. */
export class UnknownVersionError extends Error {
  constructor(rowId: number, version: number, wanted: number) {
    super(`Row ${rowId} can't be synced to version ${version}: the newest that is known is ${wanted}.`);
    this.name = 'UnknownVersionError';
  }
}

type To<K extends Move['to']> = Extract<Move, { to: K }>;

/** The row after a move, nothing else. Pure; throws IllegalMoveError. */
export function transition(row: SyncRow, move: Move, at: string): SyncRow {
  const from = placeOf(row);
  checkMove(row.id, from, move.to);
  switch (move.to) {
    case 'queued':
      return queued(row, from, move.priority);
    case 'uploading':
      return { ...row, ...step('uploading'), intent: move.intent, taskId: null };
    case 'consuming':
      if (row.intent === null) throw new NoIntentError(from, 'consuming', row.id);
      return { ...row, ...step('consuming'), taskId: move.taskId };
    case 'applying':
      return applying(row, move);
    case 'linking':
      if (row.replicaDocId === null) throw new NoDocumentError(from, 'linking', row.id);
      return { ...row, ...step('linking'), taskId: null };
    case 'ok':
      if (row.replicaDocId === null) throw new NoDocumentError(from, 'ok', row.id);
      return settled(row, move, [], at);
    case 'limited':
      return { ...settled(row, move, move.reasons, at), errorMessage: move.message ?? null, errorNextStep: move.nextStep ?? null };
    case 'error':
      return {
        ...row,
        status: 'error',
        step: row.step ?? 'queued',
        ...failure(move),
        retryCount: row.retryCount + (move.counted === true ? 0 : 1),
        nextRetryAt: utc(move.nextRetryAt),
        reasons: [],
      };
    case 'quarantined':
      // The attempt that brought it here counts once, whether it was an error in between or not.
      return {
        ...row,
        ...away('quarantined'),
        ...failure(move),
        retryCount: from === 'error' ? row.retryCount : row.retryCount + 1,
        reasons: [move.message],
      };
    case 'held':
      return { ...row, ...away('held'), reasons: [move.code, ...(move.about ?? [])] };
    case 'tombstone':
      return { ...row, ...away('tombstone'), reasons: [] };
  }
}

/**
 * Leaving `uploading` or `consuming` for the queue says that nothing came of the create, and spends its intent. From anywhere else an intent stays:
 * a queued row with an intent has an outcome that nobody learned yet.
 */
function queued(row: SyncRow, from: Place, priority: number | undefined): SyncRow {
  const spent = from === 'uploading' || from === 'consuming';
  const kept = from === 'ok' || from === 'limited' || from === 'tombstone' ? 1 : row.priority;
  return {
    ...row,
    ...step('queued'),
    intent: spent ? null : row.intent,
    taskId: spent ? null : row.taskId,
    priority: priority ?? kept,
  };
}

/** The outcome of the create is known with this, in the same write: the intent has done its work. */
function applying(row: SyncRow, move: To<'applying'>): SyncRow {
  const another = row.replicaDocId !== null && row.replicaDocId !== move.replicaDocId;
  return {
    ...row,
    ...step('applying'),
    ...(another ? { copyAdded: null, observedModified: null, observedFields: null, syncedVersion: null } : {}),
    replicaDocId: move.replicaDocId,
    fileChecksum: move.fileChecksum,
    taskId: null,
    intent: null,
    priority: 2,
  };
}

function settled(row: SyncRow, move: To<'ok' | 'limited'>, reasons: string[], at: string): SyncRow {
  if (move.version > row.wantedVersion) throw new UnknownVersionError(row.id, move.version, row.wantedVersion);
  const learned: SyncRow = {
    ...row,
    taskId: null,
    intent: null,
    syncedVersion: move.version,
    lastSynced: utc(at),
    observedModified: move.observedModified ?? row.observedModified,
    observedFields: move.observedFields ?? row.observedFields,
    errorClass: null,
    errorCode: null,
    errorMessage: null,
    errorNextStep: null,
    // A repair isn't proven by the read-back that follows it: something on the replica may undo it again.
    retryCount: row.verification === 'differs' || row.verification === 'unreadable' ? row.retryCount : 0,
    nextRetryAt: null,
  };
  if (move.version < row.wantedVersion) return { ...learned, ...step('queued'), priority: Math.max(1, row.priority) };
  return { ...learned, status: move.to, step: null, reasons, priority: 0 };
}

function step(name: NonNullable<SyncRow['step']>): Pick<SyncRow, 'status' | 'step' | 'nextRetryAt' | 'reasons'> {
  return { status: 'pending', step: name, nextRetryAt: null, reasons: [] };
}

/** Out of the queue until somebody puts it back. An intent whose outcome is unknown stays with the row. */
function away(status: 'held' | 'quarantined' | 'tombstone'): Pick<SyncRow, 'status' | 'step' | 'nextRetryAt' | 'priority'> {
  return { status, step: null, nextRetryAt: null, priority: 0 };
}

function failure(move: To<'error' | 'quarantined'>): Pick<SyncRow, 'errorClass' | 'errorCode' | 'errorMessage' | 'errorNextStep'> {
  return { errorClass: move.errorClass, errorCode: move.code, errorMessage: move.message, errorNextStep: move.nextStep };
}
