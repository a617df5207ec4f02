import { z } from 'zod';
import { id, isoTime, limit, moment } from '../fields';
import { defineOperation } from '../operation';

const logEntry = z.object({
  id: z.number().int(),
  ts: isoTime,
  level: z.enum(['info', 'warning', 'error']),
  replica_id: z.number().int().nullable(),
  replica: z.string().nullable(),
  run_id: z.number().int().nullable(),
  doc_id: z.number().int().nullable(),
  msg: z.string(),
});

export const listLogs = defineOperation({
  id: 'logs',
  method: 'GET',
  path: '/api/logs',
  summary: 'Log entries, newest first, with filters and words to search for',
  input: z.object({
    replica_id: id.optional(),
    level: z.enum(['info', 'warning', 'error']).optional(),
    from: moment.optional(),
    to: moment.optional(),
    q: z.string().trim().min(1).max(200).optional(),
    doc_id: id.optional(),
    before: id.optional(),
    limit,
  }),
  output: z.object({ items: z.array(logEntry), next_before: z.number().int().nullable() }),
  status: 200,
  handler({ controller }, input) {
    const { store } = controller;
    const rows = store.logs.query({
      limit: input.limit,
      ...(input.replica_id === undefined ? {} : { replicaId: input.replica_id }),
      ...(input.level === undefined ? {} : { level: input.level }),
      ...(input.from === undefined ? {} : { from: input.from }),
      ...(input.to === undefined ? {} : { to: input.to }),
      ...(input.q === undefined ? {} : { q: input.q }),
      ...(input.doc_id === undefined ? {} : { docId: input.doc_id }),
      ...(input.before === undefined ? {} : { before: input.before }),
    });
    const names = new Map(store.replicas.list().map((replica) => [replica.id, replica.name]));
    return {
      items: rows.map((row) => ({
        id: row.id,
        ts: row.createdAt,
        level: row.level,
        replica_id: row.replicaId,
        replica: row.replicaId === null ? null : (names.get(row.replicaId) ?? null),
        run_id: row.runId,
        doc_id: row.docId,
        msg: row.message,
      })),
      next_before: rows.length < input.limit ? null : (rows.at(-1)?.id ?? null),
    };
  },
});
