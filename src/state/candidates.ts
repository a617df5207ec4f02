import type { Context } from './context';

/** A pair that was given up, to be taken up again once a read proves it. */
export interface Candidate {
  masterDocId: number;
  replicaDocId: number;
  /** Of the file that the copy was given last; null where nobody learned it. */
  sha256: string | null;
  /** When the copy arrived, as the replica said; null where that wasn't learned. */
  copyAdded: string | null;
}

export interface Candidates {
  /**
   * Forgets a replica's map and keeps its pairs as candidates, in one transaction. Rows with a document's create under way, tombstones and those in `keep` stay: what
   * the first stand for may still arrive. Tombstones lose their copies all the same, since their numbers may be others' by now; those that were there when last looked for are
   * candidates too. How many rows went, and how many pairs were kept.
   */
  wipe(replicaId: number, keep: ReadonlySet<number>): { rows: number; candidates: number };
  /** By master id, in pages by key; only those whose document has a row of this replica without a copy. */
  after(replicaId: number, masterDocId: number, limit: number): Candidate[];
  count(replicaId: number): number;
  drop(replicaId: number, masterDocId: number): void;
  /** All that are left of a replica's. */
  clear(replicaId: number): void;
}

/** A version that is on its way belongs to a copy, which is to be proven anew. */
const WIPED = `replica_id = @replicaId AND (intent IS NULL OR replica_doc_id IS NOT NULL) AND status <> 'tombstone' AND id NOT IN (SELECT value FROM json_each(@keep))`;

export function createCandidates({ db }: Context): Candidates {
  const keep = db.prepare<[{ replicaId: number; keep: string }]>(
    `INSERT INTO candidates (replica_id, master_doc_id, replica_doc_id, sha256, copy_added)
     SELECT replica_id, master_doc_id, replica_doc_id, nullif(file_checksum, ''), copy_added FROM sync_map
     WHERE replica_doc_id IS NOT NULL AND ((${WIPED}) OR (replica_id = @replicaId AND status = 'tombstone' AND verification <> 'unreadable'))
     ON CONFLICT DO UPDATE SET replica_doc_id = excluded.replica_doc_id, sha256 = excluded.sha256, copy_added = excluded.copy_added`,
  );
  const wipe = db.prepare<[{ replicaId: number; keep: string }]>(`DELETE FROM sync_map WHERE ${WIPED}`);
  const bury = db.prepare<[number]>(
    `UPDATE sync_map SET replica_doc_id = NULL, copy_added = NULL, file_checksum = NULL, task_id = NULL, intent = NULL, synced_version = NULL
     WHERE replica_id = ? AND status = 'tombstone' AND replica_doc_id IS NOT NULL`,
  );
  const after = db.prepare<[number, number, number], Candidate>(
    `SELECT c.master_doc_id AS masterDocId, c.replica_doc_id AS replicaDocId, c.sha256, c.copy_added AS copyAdded FROM candidates c
     JOIN sync_map m ON m.replica_id = c.replica_id AND m.master_doc_id = c.master_doc_id
     WHERE c.replica_id = ? AND c.master_doc_id > ? AND m.replica_doc_id IS NULL ORDER BY c.master_doc_id LIMIT ?`,
  );
  const count = db.prepare<[number], number>('SELECT count(*) FROM candidates WHERE replica_id = ?').pluck();
  const drop = db.prepare<[number, number]>('DELETE FROM candidates WHERE replica_id = ? AND master_doc_id = ?');
  const clear = db.prepare<[number]>('DELETE FROM candidates WHERE replica_id = ?');

  return {
    wipe: (replicaId, kept) =>
      db
        .transaction(() => {
          const given = { replicaId, keep: JSON.stringify([...kept]) };
          const candidates = keep.run(given).changes;
          bury.run(replicaId);
          return { candidates, rows: wipe.run(given).changes };
        })
        .immediate(),
    after: (replicaId, masterDocId, limit) => after.all(replicaId, masterDocId, limit),
    count: (replicaId) => count.get(replicaId) ?? 0,
    drop: (replicaId, masterDocId) => void drop.run(replicaId, masterDocId),
    clear: (replicaId) => void clear.run(replicaId),
  };
}
