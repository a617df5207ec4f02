import type { Context } from './context';
import { utc } from './context';
import type { EventRow } from './rows';
import type { Events } from './store';

const COLUMNS = 'id, run_id AS runId, replica_id AS replicaId, kind, data, created_at AS createdAt';

/** What happened, in order, so that a listener that was away reads on from the last id that it saw. */
export function createEvents({ db, iso }: Context): Events {
  const insert = db.prepare<[Omit<EventRow, 'id'>]>(
    'INSERT INTO run_events (run_id, replica_id, kind, data, created_at) VALUES (@runId, @replicaId, @kind, @data, @createdAt)',
  );
  const after = db.prepare<[number, number], EventRow>(`SELECT ${COLUMNS} FROM run_events WHERE id > ? ORDER BY id LIMIT ?`);
  // From the sequence and not from the table: pruning must not take an id back.
  const last = db.prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'run_events'`).pluck();
  const prune = db.prepare<[string]>('DELETE FROM run_events WHERE created_at < ?');

  return {
    add({ kind, data, runId = null, replicaId = null }) {
      const row = { runId, replicaId, kind, data: JSON.stringify(data ?? null), createdAt: iso() };
      return { id: Number(insert.run(row).lastInsertRowid), ...row };
    },
    after: (id, limit) => after.all(id, limit),
    lastId: () => last.get() ?? 0,
    prune: (olderThan) => prune.run(utc(olderThan)).changes,
  };
}
