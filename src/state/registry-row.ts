import type { Intent, SyncRow } from './rows';

/** sync_map as SyncRow names it. */
export const ROW_COLUMNS = `id, replica_id AS replicaId, master_doc_id AS masterDocId, replica_doc_id AS replicaDocId, status, step, task_id AS taskId, intent,
  wanted_version AS wantedVersion, synced_version AS syncedVersion, wanted, file_checksum AS fileChecksum, last_synced AS lastSynced,
  copy_added AS copyAdded, observed_modified AS observedModified, observed_fields AS observedFields, error_class AS errorClass, error_code AS errorCode,
  error_msg AS errorMessage, error_next_step AS errorNextStep, retry_count AS retryCount, next_retry_at AS nextRetryAt, reasons, priority,
  verification, verified_at AS verifiedAt, verified_version AS verifiedVersion, difference`;

export type StoredRow = Omit<SyncRow, 'intent' | 'reasons'> & { intent: string | null; reasons: string };

export function toRow(stored: StoredRow): SyncRow {
  return {
    ...stored,
    intent: stored.intent === null ? null : (JSON.parse(stored.intent) as Intent),
    reasons: JSON.parse(stored.reasons) as string[],
  };
}

export function fromRow(row: SyncRow): StoredRow {
  return { ...row, intent: row.intent === null ? null : JSON.stringify(row.intent), reasons: JSON.stringify(row.reasons) };
}
