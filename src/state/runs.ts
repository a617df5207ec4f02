import type { Context } from './context';
import { NotFoundError } from './errors';
import type { RunReplicaRow, RunRow, Trigger } from './rows';
import type { Runs } from './store';

const RUN = `id, replica_id AS replicaId, epoch, started_at AS startedAt, finished_at AS finishedAt, deadline, triggered_by AS triggeredBy,
  docs_synced AS docsSynced, docs_failed AS docsFailed, timed_out AS timedOut`;
const RESULT = `run_id AS runId, r.replica_id AS replicaId, r.started_at AS startedAt, r.finished_at AS finishedAt, outcome, r.docs_synced AS docsSynced,
  r.docs_failed AS docsFailed, docs_verified AS docsVerified, message`;

type StoredRun = Omit<RunRow, 'timedOut'> & { timedOut: number };

export function createRuns({ db }: Context): Runs {
  const insert = db.prepare<[number | null, number, string, string, Trigger]>(
    'INSERT INTO sync_runs (replica_id, epoch, started_at, deadline, triggered_by) VALUES (?, ?, ?, ?, ?)',
  );
  const insertReplica = db.prepare<[number | bigint, number, string]>('INSERT INTO run_replicas (run_id, replica_id, started_at) VALUES (?, ?, ?)');
  const closeReplica = db.prepare<
    [
      {
        runId: number;
        replicaId: number;
        outcome: string;
        docsSynced: number;
        docsFailed: number;
        docsVerified: number;
        message: string | null;
        at: string;
      },
    ]
  >(
    `UPDATE run_replicas SET finished_at = @at, outcome = @outcome, docs_synced = @docsSynced, docs_failed = @docsFailed, docs_verified = @docsVerified,
       message = @message WHERE run_id = @runId AND replica_id = @replicaId`,
  );
  const abandon = db.prepare<[string, string, number]>(
    'UPDATE run_replicas SET finished_at = ?, outcome = ? WHERE run_id = ? AND finished_at IS NULL',
  );
  const close = db.prepare<[{ id: number; timedOut: number; at: string }]>(
    `UPDATE sync_runs SET finished_at = @at, timed_out = @timedOut,
       docs_synced = (SELECT coalesce(sum(docs_synced), 0) FROM run_replicas WHERE run_id = @id),
       docs_failed = (SELECT coalesce(sum(docs_failed), 0) FROM run_replicas WHERE run_id = @id)
     WHERE id = @id AND finished_at IS NULL`,
  );
  const open = db.prepare<[], number>('SELECT id FROM sync_runs WHERE finished_at IS NULL ORDER BY id').pluck();
  const one = db.prepare<[number], StoredRun>(`SELECT ${RUN} FROM sync_runs WHERE id = ?`);
  const results = db.prepare<[number], RunReplicaRow>(`SELECT ${RESULT} FROM run_replicas r WHERE run_id = ? ORDER BY r.replica_id`);
  const page = db.prepare<[number, number], StoredRun>(`SELECT ${RUN} FROM sync_runs WHERE id < ? ORDER BY id DESC LIMIT ?`);
  const pageOf = db.prepare<[number, number, number], StoredRun>(
    `SELECT ${RUN} FROM sync_runs WHERE id IN (SELECT run_id FROM run_replicas WHERE replica_id = ? AND run_id < ? ORDER BY run_id DESC LIMIT ?)
     ORDER BY id DESC`,
  );
  const last = db.prepare<[number, number], RunReplicaRow & { triggeredBy: Trigger }>(
    `SELECT ${RESULT}, s.triggered_by AS triggeredBy FROM run_replicas r JOIN sync_runs s ON s.id = r.run_id
     WHERE r.replica_id = ? ORDER BY r.run_id DESC LIMIT ?`,
  );

  function read(id: number): RunRow {
    const row = one.get(id);
    if (row === undefined) throw new NotFoundError('run', id);
    return toRun(row);
  }

  function finish(id: number, timedOut: boolean, outcome: string, at: string): RunRow {
    abandon.run(at, outcome, id);
    close.run({ id, timedOut: timedOut ? 1 : 0, at });
    return read(id);
  }

  return {
    open: ({ replicaId, epoch, triggeredBy, deadline, replicas }, at) =>
      db
        .transaction(() => {
          const { lastInsertRowid: id } = insert.run(replicaId, epoch, at, deadline, triggeredBy);
          for (const replica of replicas) insertReplica.run(id, replica, at);
          return read(Number(id));
        })
        .immediate(),
    closeReplica(runId, replicaId, { outcome, docsSynced, docsFailed, docsVerified, message = null }, at) {
      const { changes } = closeReplica.run({ runId, replicaId, outcome, docsSynced, docsFailed, docsVerified, message, at });
      if (changes === 0) throw new NotFoundError(`part for the replica ${replicaId} in the run`, runId);
    },
    close: (runId, { timedOut }, at) => db.transaction(() => finish(runId, timedOut, timedOut ? 'timed-out' : 'interrupted', at)).immediate(),
    closeOrphans: (at) => db.transaction(() => open.all().map((id) => finish(id, true, 'interrupted', at))).immediate(),
    get(id) {
      const row = one.get(id);
      return row === undefined ? null : toRun(row);
    },
    replicasOf: (runId) => results.all(runId),
    list({ replicaId, before = Number.MAX_SAFE_INTEGER, limit }) {
      return (replicaId === undefined ? page.all(before, limit) : pageOf.all(replicaId, before, limit)).map(toRun);
    },
    lastOf: (replicaId, limit) => last.all(replicaId, limit),
  };
}

function toRun(stored: StoredRun): RunRow {
  return { ...stored, timedOut: stored.timedOut === 1 };
}
