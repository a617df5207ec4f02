import { z } from 'zod';
import { count, id, isoTime, limit, optionalTime } from '../fields';
import { defineOperation } from '../operation';

const runReplica = z.object({
  replica_id: z.number().int(),
  outcome: z.string().nullable(),
  started_at: isoTime,
  finished_at: optionalTime,
  docs_synced: count,
  docs_failed: count,
  docs_verified: count,
  message: z.string().nullable(),
});

const run = z.object({
  id: z.number().int(),
  replica_id: z.number().int().nullable().describe('null: all replicas that were due'),
  started_at: isoTime,
  finished_at: optionalTime,
  triggered_by: z.string(),
  docs_synced: count,
  docs_failed: count,
  timed_out: z.boolean(),
  replicas: z.array(runReplica),
});

export const listRuns = defineOperation({
  id: 'runs',
  method: 'GET',
  path: '/api/runs',
  summary: 'Sync runs, newest first, with their result per replica',
  input: z.object({ replica_id: id.optional(), before: id.optional(), limit: limit.default(20) }),
  output: z.object({ items: z.array(run), next_before: z.number().int().nullable() }),
  status: 200,
  handler({ controller }, input) {
    const { runs } = controller.store;
    const rows = runs.list({
      limit: input.limit,
      ...(input.replica_id === undefined ? {} : { replicaId: input.replica_id }),
      ...(input.before === undefined ? {} : { before: input.before }),
    });
    return {
      items: rows.map((row) => ({
        id: row.id,
        replica_id: row.replicaId,
        started_at: row.startedAt,
        finished_at: row.finishedAt,
        triggered_by: row.triggeredBy,
        docs_synced: row.docsSynced,
        docs_failed: row.docsFailed,
        timed_out: row.timedOut,
        replicas: runs.replicasOf(row.id).map((r) => ({
          replica_id: r.replicaId,
          outcome: r.outcome,
          started_at: r.startedAt,
          finished_at: r.finishedAt,
          docs_synced: r.docsSynced,
          docs_failed: r.docsFailed,
          docs_verified: r.docsVerified,
          message: r.message,
        })),
      })),
      next_before: rows.length < input.limit ? null : (rows.at(-1)?.id ?? null),
    };
  },
});
