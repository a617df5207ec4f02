import { z } from 'zod';
import { isPaperlessError } from '../../paperless/errors';
import type { ReplicaRow, Store } from '../../state';
import { count, id, isoTime, optionalTime } from '../fields';
import { defineOperation, type OperationsController } from '../operation';
import { preflightSchema, preflightShape } from '../preflight';
import { notFound, OperationError } from '../problem';

/** A replica as configured. The token isn't among the fields, and the output schema lets nothing else out. */
const configured = z.object({
  id: z.number().int(),
  name: z.string(),
  url: z.string(),
  enabled: z.boolean(),
  sync_interval_seconds: z.number().int().nullable().describe('null: the global interval'),
  last_sync_ts: optionalTime,
  consecutive_failures: count,
  suspended_at: optionalTime,
  created_at: isoTime,
  version: z.string().nullable(),
  documents: count.nullable(),
  last_contact: optionalTime,
  last_error: z.string().nullable(),
});

/** What was found there, beside what was configured. */
export const replicaSchema = configured.extend({ preflight: preflightSchema.nullable().describe('null: not looked at yet') });

export type Replica = z.infer<typeof replicaSchema>;

function shape(row: ReplicaRow): z.input<typeof configured> {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    enabled: row.enabled,
    sync_interval_seconds: row.syncIntervalSeconds,
    last_sync_ts: row.lastSyncTs,
    consecutive_failures: row.consecutiveFailures,
    suspended_at: row.suspendedAt,
    created_at: row.createdAt,
    version: row.version,
    documents: row.documentCount,
    last_contact: row.lastContactAt,
    last_error: row.lastError,
  };
}

function answer(store: Store, row: ReplicaRow): z.input<typeof replicaSchema> {
  return { ...shape(row), preflight: preflightShape(store, row.id) };
}

/** The row, or a 404 that says where to look. */
export function replicaOf(controller: OperationsController, replicaId: number): ReplicaRow {
  const row = controller.store.replicas.get(replicaId);
  if (row === null) throw notFound('unknown-replica', `There is no replica ${replicaId}.`, 'GET /api/replicas lists the replicas and their ids.');
  return row;
}

export const replicaListSchema = z.object({ replicas: z.array(replicaSchema) });

const byId = z.object({ id });

export const listReplicas = defineOperation({
  id: 'replica-list',
  method: 'GET',
  path: '/api/replicas',
  summary: 'All replicas as configured',
  input: z.object({}),
  output: replicaListSchema,
  status: 200,
  handler: ({ controller }) => ({ replicas: controller.store.replicas.list().map((row) => answer(controller.store, row)) }),
});

export const addReplica = defineOperation({
  id: 'replica-add',
  method: 'POST',
  path: '/api/replicas',
  summary: 'Add a replica; it is tried first, and refused when it fails',
  input: z.object({
    name: z.string().trim().min(1, { error: 'Give the replica a name.' }).max(100, { error: 'A name has at most 100 characters.' }),
    url: z.url({ protocol: /^https?$/, error: 'Give the address as http(s)://host[:port][/path].' }),
    token: z.string().trim().min(1, { error: "Give the API token of one of the replica's superusers." }),
    sync_interval_seconds: z.number().int().min(1, { error: 'The shortest interval is one second.' }).nullable().optional(),
    enabled: z.boolean().optional(),
  }),
  output: replicaSchema,
  status: 201,
  async handler({ controller, who }, input) {
    try {
      const added = await controller.addReplica(
        {
          name: input.name,
          url: input.url,
          token: input.token,
          syncIntervalSeconds: input.sync_interval_seconds ?? null,
          enabled: input.enabled ?? true,
        },
        who,
      );
      return answer(controller.store, replicaOf(controller, added.id));
    } catch (error) {
      throw asRefusal(error);
    }
  },
});

/** A connection test that fails while something is saved is the request's fault (422), not a bad gateway. */
export function asRefusal(error: unknown): unknown {
  if (!isPaperlessError(error)) return error;
  return new OperationError({ status: 422, code: error.code, category: 'instance', detail: error.message, nextStep: error.nextStep });
}

export const removeReplica = defineOperation({
  id: 'replica-remove',
  method: 'DELETE',
  path: '/api/replicas/{id}',
  summary: 'Remove a replica and what the registry knows of it; its documents stay where they are',
  input: byId,
  output: z.object({ removed: configured }),
  status: 200,
  handler({ controller, who }, input) {
    const row = replicaOf(controller, input.id);
    const { store } = controller;
    if (store.runs.lastOf(row.id, 1)[0]?.finishedAt === null && controller.progress().running) {
      throw new OperationError({
        status: 409,
        code: 'replica-busy',
        category: 'conflict',
        detail: `A cycle is working on replica "${row.name}".`,
        nextStep: 'Remove it when the cycle has ended; GET /api/sync/running shows how far it is.',
      });
    }
    const removed = shape(row);
    store.transaction(() => {
      store.replicas.remove(row.id);
      store.audit.add({ who, action: 'replica.remove', before: removed });
    });
    return { removed };
  },
});

export const testSchema = z.object({
  ok: z.boolean(),
  error: z.string().nullable(),
  next_step: z.string().nullable(),
  latency_ms: z.number().nonnegative(),
  doc_count: count.nullable(),
  version: z.string().nullable(),
});

export const testReplica = defineOperation({
  id: 'replica-test',
  method: 'POST',
  path: '/api/replicas/{id}/test',
  summary: 'Try the connection to a replica',
  input: byId,
  output: testSchema,
  status: 200,
  async handler({ controller }, input) {
    const row = replicaOf(controller, input.id);
    const result = await controller.test({ url: row.url, token: controller.store.replicas.token(row.id) });
    return {
      ok: result.ok,
      error: result.error,
      next_step: result.nextStep,
      latency_ms: Math.round(result.latencyMs),
      doc_count: result.docCount,
      version: result.version,
    };
  },
});

export const unsuspendReplica = defineOperation({
  id: 'replica-unsuspend',
  method: 'POST',
  path: '/api/replicas/{id}/unsuspend',
  summary: "Clear a replica's suspension and failure count, and enable it",
  input: byId,
  output: replicaSchema,
  status: 200,
  handler({ controller, who }, input) {
    const { store } = controller;
    const before = replicaOf(controller, input.id);
    return store.transaction(() => {
      store.replicas.unsuspend(before.id);
      if (!before.enabled) store.replicas.update(before.id, { enabled: true });
      const after = replicaOf(controller, before.id);
      store.audit.add({ who, action: 'replica.unsuspend', before: shape(before), after: shape(after) });
      return answer(store, after);
    });
  },
});
