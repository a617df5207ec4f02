import { z } from 'zod';
import type { AppliedPlan, Plan } from '../../controller/types';
import { count, flag, id, isoTime, limit, optionalTime } from '../fields';
import { defineOperation, type OperationsController } from '../operation';
import { notFound } from '../problem';
import { replicaOf } from './replicas';

const SCOPES = ['cycle', 'resync', 'reconcile', 'deletes', 'policy'] as const;

const named = z.object({ master: z.number().int().nullable(), replica: z.number().int().nullable(), title: z.string() });

const finding = z.object({
  kind: z.enum(['ambiguous', 'differing', 'asn-held']),
  masters: z.array(z.number().int()),
  replicas: z.array(z.number().int()),
  about: z.string(),
});

const head = {
  id: z.number().int(),
  scope: z.enum(SCOPES),
  replica_id: z.number().int(),
  created_at: isoTime,
  applied_at: optionalTime,
  refused_at: optionalTime.describe('Asked for when the world had moved; never applied'),
  summary: z.string(),
  complete: z.boolean().describe('false: something has to be read first; applying the plan reads it'),
};

export const planSchema = z.object({
  ...head,
  replica: z.string(),
  counts: z.record(z.string(), count),
  bytes: z.object({ download: count, upload: count, exact: z.boolean().describe('false: some sizes are estimated or not known') }),
  samples: z.record(z.string(), z.array(named)).describe('The first of each kind'),
  deletes: z.array(named).describe('Everything that would go'),
  findings: z.array(finding).describe('For a person to judge: nothing of it is acted on'),
  notes: z.array(z.string()),
});
export type PlanAnswer = z.infer<typeof planSchema>;

export const appliedSchema = z.object({
  plan_id: z.number().int(),
  scope: z.enum(SCOPES),
  applied: z.boolean().describe('false: a deadline left something to read; apply it again'),
  counts: z.record(z.string(), count),
  run_id: z.number().int().nullable(),
  message: z.string(),
});

function shape(plan: Plan): z.input<typeof planSchema> {
  return {
    ...plan.body,
    id: plan.id,
    scope: plan.scope,
    replica_id: plan.replicaId,
    created_at: plan.createdAt,
    applied_at: plan.appliedAt,
    refused_at: plan.refusedAt,
  };
}

function applied(result: AppliedPlan): z.input<typeof appliedSchema> {
  return { plan_id: result.id, scope: result.scope, applied: result.applied, counts: result.counts, run_id: result.runId, message: result.message };
}

/** As it is kept. */
function stored(controller: OperationsController, planId: number): Plan {
  const row = controller.store.plans.get(planId);
  if (row === null) throw notFound('unknown-plan', `There is no plan ${planId}.`, 'GET /api/sync/plan lists the plans and their ids.');
  return { ...row, body: JSON.parse(row.body) as Plan['body'] };
}

export const listPlans = defineOperation({
  id: 'plans',
  method: 'GET',
  path: '/api/sync/plan',
  summary: 'Plans that were made, newest first',
  input: z.object({ replica_id: id.optional(), before: id.optional(), limit: limit.default(20) }),
  output: z.object({ items: z.array(z.object(head)), next_before: z.number().int().nullable() }),
  status: 200,
  handler({ controller }, input) {
    const rows = controller.store.plans.list({
      limit: input.limit,
      ...(input.replica_id === undefined ? {} : { replicaId: input.replica_id }),
      ...(input.before === undefined ? {} : { before: input.before }),
    });
    const last = rows.at(-1);
    return {
      items: rows.map((row) => shape({ ...row, body: JSON.parse(row.body) as Plan['body'] })),
      next_before: last === undefined || rows.length < input.limit ? null : last.id,
    };
  },
});

export const makePlan = defineOperation({
  id: 'plan',
  method: 'POST',
  path: '/api/sync/plan',
  summary: 'Say what would be done to a replica, without doing it',
  input: z.object({
    replica_id: id,
    scope: z.enum(SCOPES).default('cycle'),
    delete_policy: z.enum(['keep', 'trash', 'mirror']).optional().describe('With scope `policy`'),
  }),
  output: planSchema,
  status: 201,
  async handler({ controller }, { replica_id: replicaId, scope, delete_policy: deletePolicy }) {
    replicaOf(controller, replicaId);
    return shape(await controller.plan(scope, { replicaId, ...(deletePolicy === undefined ? {} : { deletePolicy }) }));
  },
});

export const readPlan = defineOperation({
  id: 'plan-read',
  method: 'GET',
  path: '/api/sync/plan/{id}',
  summary: 'A plan that was made',
  input: z.object({ id }),
  output: planSchema,
  status: 200,
  handler: ({ controller }, input) => shape(stored(controller, input.id)),
});

export const applyPlan = defineOperation({
  id: 'plan-apply',
  method: 'POST',
  path: '/api/sync/plan/{id}/apply',
  summary: 'Do what a plan says, or refuse because the world has moved since',
  input: z.object({ id }),
  output: appliedSchema,
  status: 200,
  handler: async ({ controller, who }, input) => applied(await controller.applyPlan(input.id, who)),
});

export const reconciledSchema = z.object({ plan: planSchema, applied: appliedSchema.nullable() });

export const reconcileReplica = defineOperation({
  id: 'replica-reconcile',
  method: 'POST',
  path: '/api/replicas/{id}/reconcile',
  summary: 'Find the documents that a replica has already; with `apply` adopt them. Uploads nothing',
  input: z.object({ id, apply: flag.optional() }),
  output: reconciledSchema,
  status: 200,
  async handler({ controller, who }, input) {
    replicaOf(controller, input.id);
    const result = await controller.reconcile(input.id, { apply: input.apply ?? false, who });
    return { plan: shape(result.plan), applied: result.applied === null ? null : applied(result.applied) };
  },
});

export const resyncReplica = defineOperation({
  id: 'replica-resync',
  method: 'POST',
  path: '/api/replicas/{id}/resync',
  summary: "Plan to forget a replica's map and build it anew; with `apply` do it. Uploads only what is not there",
  input: z.object({ id, apply: flag.optional() }),
  output: reconciledSchema,
  status: 200,
  async handler({ controller, who }, input) {
    replicaOf(controller, input.id);
    const plan = await controller.plan('resync', { replicaId: input.id });
    if (input.apply !== true) return { plan: shape(plan), applied: null };
    const result = await controller.applyPlan(plan.id, who);
    return { plan: shape(stored(controller, plan.id)), applied: applied(result) };
  },
});
