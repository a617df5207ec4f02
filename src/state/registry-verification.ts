import type { Context } from './context';
import { utc } from './context';
import { NotFoundError } from './errors';
import { ROW_COLUMNS, type StoredRow, toRow } from './registry-row';
import type { Verification } from './rows';
import type { Registry } from './store';

type VerificationSide = Pick<
  Registry,
  | 'unverified'
  | 'verifiedBefore'
  | 'copiesAfter'
  | 'copiesLeft'
  | 'lastRow'
  | 'verified'
  | 'learnReplicaChecksum'
  | 'forgetReplicaDoc'
  | 'forgetReplicaDocs'
  | 'replicaDocsByChecksum'
  | 'replicaChecksumsAfter'
>;

const PROVABLE = `status IN ('ok', 'limited') AND replica_doc_id IS NOT NULL`;

/** The second axis: what a read from the replica showed, apart from what the sync believes. */
export function verification({ db }: Context): VerificationSide {
  const unverified = db.prepare<[number, number, number], StoredRow>(
    `SELECT ${ROW_COLUMNS} FROM sync_map WHERE replica_id = ? AND ${PROVABLE} AND verified_version IS NOT wanted_version AND id > ? ORDER BY id LIMIT ?`,
  );
  const longest = db.prepare<[number, string, number], StoredRow>(
    `SELECT ${ROW_COLUMNS} FROM sync_map WHERE replica_id = ? AND ${PROVABLE} AND verified_version IS wanted_version AND verified_at < ?
     ORDER BY verified_at LIMIT ?`,
  );
  const copies = db.prepare<[number, number, number], StoredRow>(
    `SELECT ${ROW_COLUMNS} FROM sync_map WHERE replica_id = ? AND ${PROVABLE} AND id > ? ORDER BY id LIMIT ?`,
  );
  const copiesLeft = db
    .prepare<[number, number, number], number>(`SELECT count(*) FROM sync_map WHERE replica_id = ? AND ${PROVABLE} AND id > ? AND id <= ?`)
    .pluck();
  const lastRow = db.prepare<[number], number | null>('SELECT max(id) FROM sync_map WHERE replica_id = ?').pluck();
  interface Result {
    rowId: number;
    verification: string;
    at: string;
    version: number;
    difference: string | null;
    modified: string | null;
    fields: string | null;
  }
  // What was seen of a copy that is being written meanwhile says nothing of it.
  const axis = db.prepare<[Result]>(
    `UPDATE sync_map SET verification = @verification, verified_at = @at,
       verified_version = CASE WHEN @verification IN ('differs', 'unreadable') THEN NULL ELSE @version END, difference = @difference,
       observed_modified = CASE WHEN @fields IS NOT NULL AND status IN ('ok', 'limited') THEN @modified ELSE observed_modified END,
       observed_fields = CASE WHEN @fields IS NOT NULL AND status IN ('ok', 'limited') THEN @fields ELSE observed_fields END,
       retry_count = CASE WHEN @verification = 'matched' AND status IN ('ok', 'limited') THEN 0 ELSE retry_count END
     WHERE id = @rowId`,
  );
  // Counts as an attempt that failed: a copy that something keeps changing is repaired ever more seldom. Looked at again as soon as it is repaired.
  const repair = db.prepare<[number]>(
    `UPDATE sync_map SET status = 'pending', step = 'queued', reasons = '[]', priority = max(priority, 1), retry_count = retry_count + 1,
       verified_version = NULL
     WHERE id = ? AND (status IN ('ok', 'limited') OR status = 'pending' AND step = 'linking')`,
  );
  const learn = db.prepare<[number, number, string, string]>(
    `INSERT INTO replica_checksums (replica_id, replica_doc_id, algorithm, checksum) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET checksum = excluded.checksum`,
  );
  const forget = db.prepare<[number, number]>('DELETE FROM replica_checksums WHERE replica_id = ? AND replica_doc_id = ?');
  const forgetAll = db.prepare<[number]>('DELETE FROM replica_checksums WHERE replica_id = ?');
  const byChecksum = db
    .prepare<[number, string], number>('SELECT replica_doc_id FROM replica_checksums WHERE replica_id = ? AND checksum = ? ORDER BY replica_doc_id')
    .pluck();
  const checksums = db.prepare<[number, number, string, number], { replicaDocId: number; checksum: string }>(
    `SELECT replica_doc_id AS replicaDocId, checksum FROM replica_checksums WHERE replica_id = ? AND replica_doc_id > ? AND algorithm = ?
     ORDER BY replica_doc_id LIMIT ?`,
  );

  return {
    unverified: (replicaId, after, limit) => unverified.all(replicaId, after, limit).map(toRow),
    verifiedBefore: (replicaId, before, limit) => longest.all(replicaId, utc(before), limit).map(toRow),
    copiesAfter: (replicaId, after, limit) => copies.all(replicaId, after, limit).map(toRow),
    copiesLeft: (replicaId, after, upTo) => copiesLeft.get(replicaId, after, upTo) ?? 0,
    lastRow: (replicaId) => lastRow.get(replicaId) ?? 0,
    verified(rowId, result, at) {
      db.transaction(() => {
        const { changes } = axis.run({
          rowId,
          verification: result.verification,
          at: utc(at),
          version: result.version,
          difference: isFailed(result.verification) ? (result.difference ?? null) : null,
          modified: result.observed?.modified ?? null,
          fields: result.observed?.fields ?? null,
        });
        if (changes === 0) throw new NotFoundError('row', rowId);
        if (isFailed(result.verification)) repair.run(rowId);
      }).immediate();
    },
    learnReplicaChecksum(replicaId, replicaDocId, checksum) {
      learn.run(replicaId, replicaDocId, algorithm(checksum), checksum.toLowerCase());
    },
    forgetReplicaDoc: (replicaId, replicaDocId) => void forget.run(replicaId, replicaDocId),
    forgetReplicaDocs: (replicaId) => void forgetAll.run(replicaId),
    replicaChecksumsAfter: (replicaId, kind, after, limit) => checksums.all(replicaId, after, kind, limit),
    replicaDocsByChecksum: (replicaId, checksum) => byChecksum.all(replicaId, checksum.toLowerCase()),
  };
}

function isFailed(verification: Verification): boolean {
  return verification === 'differs' || verification === 'unreadable';
}

function algorithm(checksum: string): 'md5' | 'sha256' {
  if (/^[0-9a-f]{32}$/i.test(checksum)) return 'md5';
  if (/^[0-9a-f]{64}$/i.test(checksum)) return 'sha256';
  throw new RangeError('A checksum is the hexadecimal MD5 (32 digits) or SHA-256 (64 digits).');
}
