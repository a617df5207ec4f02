import { utc, type Context } from './context';
import { NotFoundError, PairTakenError } from './errors';
import { fromRow, ROW_COLUMNS, type StoredRow, toRow } from './registry-row';
import type { Intent, JournalEntry, SyncRow } from './rows';
import type { Registry } from './store';
import { transition } from './transition';

type Moves = Pick<
  Registry,
  | 'move'
  | 'setWanted'
  | 'forgetObserved'
  | 'learnCopy'
  | 'unmap'
  | 'clearIntent'
  | 'giveUpIntent'
  | 'accountFor'
  | 'lostUploads'
  | 'intentByNonce'
  | 'sentFiles'
>;

type StoredEntry = Omit<JournalEntry, 'intent'> & { intent: string };

function toEntry(stored: StoredEntry): JournalEntry {
  return { ...stored, intent: JSON.parse(stored.intent) as Intent };
}

/** One row, one move, one write. */
export function moves({ db }: Context): Moves {
  const select = db.prepare<[number], StoredRow>(`SELECT ${ROW_COLUMNS} FROM sync_map WHERE id = ?`);
  const holder = db
    .prepare<[number, number, number], number>('SELECT master_doc_id FROM sync_map WHERE replica_id = ? AND replica_doc_id = ? AND id <> ?')
    .pluck();
  const write = db.prepare<[StoredRow]>(
    `UPDATE sync_map SET replica_doc_id = @replicaDocId, status = @status, step = @step, task_id = @taskId, intent = @intent, synced_version = @syncedVersion,
       file_checksum = @fileChecksum, last_synced = @lastSynced, copy_added = @copyAdded, observed_modified = @observedModified, observed_fields = @observedFields,
       error_class = @errorClass, error_code = @errorCode, error_msg = @errorMessage, error_next_step = @errorNextStep, retry_count = @retryCount,
       next_retry_at = @nextRetryAt, reasons = @reasons, priority = @priority
     WHERE id = @id`,
  );
  const journal = db.prepare<[number, string, number, string]>(
    'INSERT INTO intents (replica_id, nonce, master_doc_id, intent) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const entry = 'SELECT master_doc_id AS masterDocId, replica_doc_id AS replicaDocId, intent FROM intents';
  const journalled = db.prepare<[number, string], StoredEntry>(`${entry} WHERE replica_id = ? AND nonce = ?`);
  const sent = db.prepare<[number, number], { sha256: string; md5: string }>(
    `SELECT intent ->> '$.sha256' AS sha256, intent ->> '$.md5' AS md5 FROM intents WHERE replica_id = ? AND master_doc_id = ?`,
  );
  const setWanted = db.prepare<[string | null, number]>('UPDATE sync_map SET wanted = ? WHERE id = ?');
  const forgetObserved = db.prepare<[number]>('UPDATE sync_map SET observed_fields = NULL WHERE id = ?');
  const learnCopy = db.prepare<[string, number]>('UPDATE sync_map SET copy_added = ? WHERE id = ?');
  // In one write, so that no crash leaves a row in flight of which nobody knows what was sent.
  const clearIntent = db.prepare<[number]>(
    `UPDATE sync_map SET intent = NULL, task_id = NULL, step = CASE WHEN step IN ('uploading', 'consuming') THEN 'queued' ELSE step END WHERE id = ?`,
  );
  const givenUp = db.prepare<[string, number]>(
    `UPDATE intents SET given_up_at = ? FROM sync_map m
     WHERE m.id = ? AND intents.replica_id = m.replica_id AND intents.nonce = m.intent ->> '$.nonce'`,
  );
  const account = db.prepare<[number, number, string]>('UPDATE intents SET replica_doc_id = ? WHERE replica_id = ? AND nonce = ?');
  const lost = db.prepare<[{ replicaId: number; since: string; masterDocId: number | null }], StoredEntry>(
    `${entry} WHERE replica_id = @replicaId AND given_up_at >= @since AND replica_doc_id IS NULL AND (@masterDocId IS NULL OR master_doc_id = @masterDocId)
       AND intent ->> '$.kind' = 'document'
     ORDER BY given_up_at`,
  );
  // Without a copy nothing can be in sync or half applied, so such a row is back at the start; what was settled otherwise stays.
  const unmap = db.prepare<[number]>(
    `UPDATE sync_map SET replica_doc_id = NULL, copy_added = NULL, file_checksum = NULL, task_id = NULL, intent = NULL, synced_version = NULL, observed_modified = NULL,
       observed_fields = NULL,
       verification = CASE verification WHEN 'matched' THEN 'never' ELSE verification END,
       verified_version = CASE verification WHEN 'matched' THEN NULL ELSE verified_version END,
       priority = CASE WHEN status IN ('ok', 'limited') THEN 1 ELSE priority END,
       reasons = CASE WHEN status IN ('ok', 'limited') THEN '[]' ELSE reasons END,
       step = CASE WHEN status IN ('pending', 'ok', 'limited', 'error') THEN 'queued' END,
       status = CASE WHEN status IN ('ok', 'limited') THEN 'pending' ELSE status END
     WHERE id = ?`,
  );

  function read(rowId: number): SyncRow {
    const stored = select.get(rowId);
    if (stored === undefined) throw new NotFoundError('row', rowId);
    return toRow(stored);
  }

  function found(rowId: number, changes: number): void {
    if (changes === 0) throw new NotFoundError('row', rowId);
  }

  return {
    move: (rowId, move, at) =>
      db
        .transaction(() => {
          const before = read(rowId);
          const row = transition(before, move, at);
          if (move.to === 'applying') {
            const other = holder.get(row.replicaId, move.replicaDocId, rowId);
            if (other !== undefined) throw new PairTakenError(rowId, move.replicaDocId, other);
          }
          if (move.to === 'uploading') journal.run(row.replicaId, move.intent.nonce, row.masterDocId, JSON.stringify(move.intent));
          if (move.to === 'applying' && before.intent?.kind === 'document') account.run(move.replicaDocId, row.replicaId, before.intent.nonce);
          write.run(fromRow(row));
          return row;
        })
        .immediate(),
    setWanted: (rowId, wanted) => found(rowId, setWanted.run(wanted, rowId).changes),
    forgetObserved: (rowId) => found(rowId, forgetObserved.run(rowId).changes),
    learnCopy: (rowId, added) => found(rowId, learnCopy.run(added, rowId).changes),
    unmap: (rowId) => found(rowId, unmap.run(rowId).changes),
    clearIntent: (rowId) => found(rowId, clearIntent.run(rowId).changes),
    giveUpIntent: (rowId, at) =>
      db
        .transaction(() => {
          givenUp.run(utc(at), rowId);
          found(rowId, clearIntent.run(rowId).changes);
        })
        .immediate(),
    accountFor: (replicaId, nonce, replicaDocId) => void account.run(replicaDocId, replicaId, nonce),
    lostUploads: (replicaId, since, masterDocId) => lost.all({ replicaId, since: utc(since), masterDocId: masterDocId ?? null }).map(toEntry),
    sentFiles: (replicaId, masterDocId) => sent.all(replicaId, masterDocId),
    intentByNonce(replicaId, nonce) {
      const found = journalled.get(replicaId, nonce);
      return found === undefined ? null : toEntry(found);
    },
  };
}
