import type { Held, Intent, Step, SyncStatus } from './rows';

/** Every way a row can move. One module moves states; what isn't here can't happen. */
export type Move =
  /** Offered again: the master changed, a retry is due, a check failed, the flow was deployed. */
  | { to: 'queued'; priority?: number }
  /** Before a create is sent. */
  | { to: 'uploading'; intent: Intent }
  /** The replica answered with a task. */
  | { to: 'consuming'; taskId: string }
  /** The document is on the replica; its fields come next. The SHA-256 of its file is null where both sides only told an MD5. */
  | { to: 'applying'; replicaDocId: number; fileChecksum: string | null }
  /** Everything is applied but links to documents that aren't there yet. */
  | { to: 'linking' }
  /** Read back and equal to this version of the wanted document. */
  | { to: 'ok'; version: number; observedModified: string; observedFields: string }
  /** As equal as this replica can hold it; without a document when it can't hold it at all. `message`: what a reason alone doesn't say. */
  | {
      to: 'limited';
      version: number;
      reasons: string[];
      message?: string;
      nextStep?: string;
      observedModified?: string;
      observedFields?: string;
    }
  /** `counted`: the check that failed has counted this attempt already. */
  | { to: 'error'; errorClass: string; code: string; message: string; nextStep: string; nextRetryAt: string; counted?: boolean }
  | { to: 'quarantined'; errorClass: string; code: string; message: string; nextStep: string }
  /** Out of the queue until the master changes it or somebody decides. */
  | ({ to: 'held' } & Held)
  /** Gone on the master; what happens to the copy is policy. */
  | { to: 'tombstone' };

export type Place = Step | Exclude<SyncStatus, 'pending'>;

const SETTLED: readonly Place[] = ['ok', 'limited', 'error', 'quarantined', 'held', 'tombstone'];

/**
 * From → to. Unfinished creates (`uploading`, `consuming`) are left only by learning what became of them or as an error that keeps the intent. A queued row
 * that holds an intent may learn that its file is being consumed.
 */
const LEGAL: Readonly<Record<Place, readonly Place[]>> = {
  queued: ['queued', 'uploading', 'consuming', 'applying', 'linking', ...SETTLED],
  uploading: ['uploading', 'consuming', 'applying', 'queued', 'error', 'limited', 'quarantined'],
  consuming: ['applying', 'queued', 'uploading', 'error', 'limited', 'quarantined'],
  applying: ['applying', 'uploading', 'linking', 'queued', ...SETTLED],
  linking: ['queued', 'uploading', 'applying', 'linking', 'ok', 'limited', 'error', 'quarantined', 'held', 'tombstone'],
  ok: ['queued', 'tombstone', 'held'],
  limited: ['queued', 'tombstone', 'held'],
  error: ['queued', 'uploading', 'consuming', 'applying', 'error', 'quarantined', 'tombstone', 'held'],
  quarantined: ['queued', 'tombstone', 'held'],
  held: ['queued', 'held', 'tombstone'],
  tombstone: ['queued'],
};

export class IllegalMoveError extends Error {
  constructor(
    readonly from: Place,
    readonly to: Place,
    readonly rowId: number,
  ) {
    super(`Row ${rowId} can't move from ${from} to ${to}.`);
    this.name = 'IllegalMoveError';
  }
}

export function placeOf(row: { status: SyncStatus; step: Step | null }): Place {
  return row.status === 'pending' ? (row.step ?? 'queued') : row.status;
}

/** Throws IllegalMoveError when a row may not go there. */
export function checkMove(rowId: number, from: Place, to: Place): void {
  if (!LEGAL[from].includes(to)) throw new IllegalMoveError(from, to, rowId);
}
