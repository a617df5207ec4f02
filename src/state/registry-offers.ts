import type { Database } from 'better-sqlite3';
import type { Context } from './context';
import { utc } from './context';
import type { HeldCode } from './rows';
import type { Registry } from './store';

/**
 * Moves of many rows at once, in SQL: what is queued, and by what. Each is one of machine.ts's legal moves for every row that it touches; a test holds them to it.
 */

const TO_QUEUE = `status = 'pending', step = 'queued', next_retry_at = NULL, reasons = '[]'`;

/** Where an intent may have come to something, its row goes on finding that out instead of starting over. */
const BACK = `status = 'pending', step = CASE WHEN intent IS NULL THEN 'queued' ELSE step END, next_retry_at = NULL, reasons = '[]'`;

interface Offer {
  masterDocId: number;
  version: number;
  modifiedMs: number | null;
  priority: number;
}

/**
 * Gives every replica a row that wants this version. A row with a create under way keeps its place, and one whose copy is being written goes on there with the
 * newer version; an error whose create has an unknown outcome waits for its retry. All others, also what was held or quarantined, are offered anew; what
 * was quarantined has all its attempts again, since what failed was another version.
 */
export function queueChanged(db: Database): (offer: Offer) => void {
  const busy = `(sync_map.status = 'pending' AND sync_map.step IN ('uploading', 'consuming', 'applying')
    OR sync_map.status = 'error' AND sync_map.intent IS NOT NULL)`;
  const statement = db.prepare<[Offer]>(
    `INSERT INTO sync_map (replica_id, master_doc_id, status, step, wanted_version, wanted_modified_ms, priority)
     SELECT id, @masterDocId, 'pending', 'queued', @version, @modifiedMs, @priority FROM replicas WHERE true
     ON CONFLICT (replica_id, master_doc_id) DO UPDATE SET
       wanted_version = excluded.wanted_version,
       wanted_modified_ms = excluded.wanted_modified_ms,
       status = CASE WHEN ${busy} THEN status ELSE 'pending' END,
       step = CASE WHEN ${busy} THEN step ELSE 'queued' END,
       next_retry_at = CASE WHEN ${busy} THEN next_retry_at END,
       reasons = CASE WHEN ${busy} THEN reasons ELSE '[]' END,
       retry_count = CASE WHEN status = 'quarantined' THEN 0 ELSE retry_count END,
       priority = max(priority, excluded.priority)`,
  );
  return (offer) => void statement.run(offer);
}

type Offers = Pick<Registry, 'enqueueMissing' | 'requeueDue' | 'releaseHeld' | 'requeueAll' | 'requeueWithoutCopy' | 'retry'>;

export function offers({ db }: Context): Offers {
  const missing = db.prepare<[{ replicaId: number }]>(
    `INSERT INTO sync_map (replica_id, master_doc_id, status, step, wanted_version, wanted_modified_ms)
     SELECT @replicaId, d.id, 'pending', 'queued', d.version, d.modified_ms FROM master_docs d
     WHERE d.gone_since IS NULL AND NOT EXISTS (SELECT 1 FROM sync_map m WHERE m.replica_id = @replicaId AND m.master_doc_id = d.id)`,
  );
  const due = db.prepare<[number, string, number]>(
    `UPDATE sync_map SET ${BACK} WHERE id IN (
       SELECT id FROM sync_map WHERE replica_id = ? AND status = 'error' AND next_retry_at <= ? ORDER BY next_retry_at, id LIMIT ?)`,
  );
  const dueOf = db.prepare<[number, string, string]>(
    `UPDATE sync_map SET ${BACK} WHERE replica_id = ? AND status = 'error' AND next_retry_at <= ? AND master_doc_id IN (SELECT value FROM json_each(?))`,
  );
  const held = db.prepare<[{ replicaId: number | null; because: HeldCode | null }]>(
    `UPDATE sync_map SET ${TO_QUEUE} WHERE status = 'held' AND replica_id IN (SELECT id FROM replicas WHERE @replicaId IS NULL OR id = @replicaId)
       AND (@because IS NULL OR reasons ->> 0 = @because)`,
  );
  const synced = db.prepare<[number]>(
    `UPDATE sync_map SET ${TO_QUEUE}, priority = 1 WHERE replica_id = ? AND status IN ('ok', 'limited') AND replica_doc_id IS NOT NULL`,
  );
  const without = db.prepare<[number]>(
    `UPDATE sync_map SET ${TO_QUEUE}, priority = 1 WHERE replica_id = ? AND status = 'limited' AND replica_doc_id IS NULL`,
  );
  const fresh = `retry_count = 0, priority = max(priority, 1)`;
  const retryable = (status: string): string =>
    `replica_id = @replicaId AND status = '${status}' AND (@ids IS NULL OR id IN (SELECT value FROM json_each(@ids)))`;
  const errors = db.prepare<[{ replicaId: number; ids: string | null }]>(`UPDATE sync_map SET ${BACK}, ${fresh} WHERE ${retryable('error')}`);
  const quarantined = db.prepare<[{ replicaId: number; ids: string | null }]>(
    `UPDATE sync_map SET ${TO_QUEUE}, ${fresh} WHERE ${retryable('quarantined')}`,
  );
  const heldRows = db.prepare<[{ replicaId: number; ids: string | null }]>(`UPDATE sync_map SET ${TO_QUEUE}, ${fresh} WHERE ${retryable('held')}`);

  return {
    enqueueMissing: (replicaId) => missing.run({ replicaId }).changes,
    requeueDue: (replicaId, now, limit, ids) =>
      ids === undefined ? due.run(replicaId, utc(now), limit).changes : dueOf.run(replicaId, utc(now), JSON.stringify(ids)).changes,
    releaseHeld: (replicaId, because = null) => held.run({ replicaId, because }).changes,
    requeueAll: (replicaId) => synced.run(replicaId).changes,
    requeueWithoutCopy: (replicaId) => without.run(replicaId).changes,
    retry(replicaId, rowIds) {
      const given = { replicaId, ids: rowIds === 'all' ? null : JSON.stringify(rowIds) };
      return db
        .transaction(() => errors.run(given).changes + quarantined.run(given).changes + (given.ids === null ? 0 : heldRows.run(given).changes))
        .immediate();
    },
  };
}
