import { z } from 'zod';
import { id } from '../fields';
import { defineOperation } from '../operation';
import { preflightSchema, preflightShape } from '../preflight';
import { replicaOf } from './replicas';

export const preflightListSchema = z.object({
  instances: z.array(
    z.object({
      replica_id: z.number().int().nullable().describe('null: the master'),
      name: z.string(),
      error: z.object({ code: z.string(), message: z.string(), next_step: z.string() }).nullable().describe('Why it can not be relied on now'),
      preflight: preflightSchema.nullable(),
    }),
  ),
});

const which = z.object({ replica_id: id.optional() });

export const runPreflight = defineOperation({
  id: 'preflight',
  method: 'POST',
  path: '/api/preflight',
  summary: 'Look at the master and the replicas, or at one of these, now',
  input: which,
  output: preflightListSchema,
  status: 200,
  async handler({ controller }, input) {
    const { store } = controller;
    if (input.replica_id !== undefined) replicaOf(controller, input.replica_id);
    const results = await controller.preflight({ replicaId: input.replica_id ?? null });
    return {
      instances: results.map(({ replicaId, error }) => ({
        replica_id: replicaId,
        name: replicaId === null ? 'master' : (store.replicas.get(replicaId)?.name ?? ''),
        error: error === null ? null : { code: error.code, message: error.message, next_step: error.nextStep },
        preflight: preflightShape(store, replicaId),
      })),
    };
  },
});

export const acceptFinding = defineOperation({
  id: 'preflight-accept',
  method: 'POST',
  path: '/api/preflight/accept',
  summary: 'Say that a finding which stops an instance is right as it is; the master is meant where no replica is named',
  input: which.extend({ code: z.string().trim().min(1, { error: 'Give the code of the finding.' }) }),
  output: z.object({ accepted: z.string() }),
  status: 200,
  handler({ controller, who }, input) {
    if (input.replica_id !== undefined) replicaOf(controller, input.replica_id);
    controller.acceptFinding({ replicaId: input.replica_id ?? null, code: input.code }, who);
    return { accepted: input.code };
  },
});
