import { utc, type Context } from './context';

/** What a row waits for, as JSON. */
export interface Waited {
  rowId: number;
  what: string;
}

/** Rows that wait for something of which nothing tells when it comes. A row that is deleted waits no more. */
export interface Waiting {
  /**
   * The row is to be looked at after a pause, which is doubled each time that it waits for the same again; milliseconds. `at` is now.
   */
  put(entry: { rowId: number; kind: string; what: string }, at: string, pause: { firstMs: number; longestMs: number }): void;
  drop(rowId: number, kind: string): void;
  /** Those of a replica that are to be looked at by now, the longest ago first. */
  due(replicaId: number, kind: string, now: string, limit: number): Waited[];
  /** Has all of a replica's looked at, once. */
  hasten(replicaId: number, kind: string, now: string): void;
}

export function createWaiting({ db }: Context): Waiting {
  const before = db.prepare<[number, string, string], number>('SELECT pause_ms FROM waiting WHERE row_id = ? AND kind = ? AND what = ?').pluck();
  const put = db.prepare<[{ rowId: number; kind: string; what: string; nextAt: string; pauseMs: number }]>(
    `INSERT INTO waiting (row_id, kind, replica_id, what, next_at, pause_ms)
     SELECT id, @kind, replica_id, @what, @nextAt, @pauseMs FROM sync_map WHERE id = @rowId
     ON CONFLICT DO UPDATE SET what = excluded.what, next_at = excluded.next_at, pause_ms = excluded.pause_ms`,
  );
  const drop = db.prepare<[number, string]>('DELETE FROM waiting WHERE row_id = ? AND kind = ?');
  const due = db.prepare<[number, string, string, number], Waited>(
    'SELECT row_id AS rowId, what FROM waiting WHERE replica_id = ? AND kind = ? AND next_at <= ? ORDER BY next_at LIMIT ?',
  );
  const hasten = db.prepare<[string, number, string, string]>('UPDATE waiting SET next_at = ? WHERE replica_id = ? AND kind = ? AND next_at > ?');

  return {
    put({ rowId, kind, what }, at, { firstMs, longestMs }) {
      const last = before.get(rowId, kind, what);
      const pauseMs = last === undefined ? firstMs : Math.min(last * 2, longestMs);
      put.run({ rowId, kind, what, nextAt: utc(new Date(Date.parse(at) + pauseMs).toISOString()), pauseMs });
    },
    drop: (rowId, kind) => void drop.run(rowId, kind),
    due: (replicaId, kind, now, limit) => due.all(replicaId, kind, utc(now), limit),
    hasten: (replicaId, kind, now) => void hasten.run(utc(now), replicaId, kind, utc(now)),
  };
}
