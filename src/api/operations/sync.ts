import { z } from 'zod';
import { count, flag, id } from '../fields';
import { defineOperation } from '../operation';
import { OperationError, type Category } from '../problem';
import { replicaOf } from './replicas';

export const syncSchema = z.object({
  run_id: z.number().int().nullable().describe('The run that was started; with `queued` the run that the new one follows'),
  queued: z.boolean().describe('Whether it waits for a run that goes on'),
  message: z.string().nullable(),
});

/** Who has to act when no run starts; any other code is what the master or a replica answered with. */
const SKIPPED: Readonly<Record<string, Category>> = {
  'nothing-to-sync': 'conflict',
  'no-replica': 'configuration',
  'no-master': 'configuration',
  starting: 'conflict',
  draining: 'conflict',
  stopped: 'conflict',
};

export const syncNow = defineOperation({
  id: 'sync',
  method: 'POST',
  path: '/api/sync',
  summary: 'Start a sync cycle now, for all replicas or one; answers at once',
  input: z.object({
    replica_id: id.optional(),
    full: flag.optional().describe('Look at everything: all sweeps of the master, and every document of the replicas'),
  }),
  output: syncSchema,
  status: 202,
  async handler({ controller }, { replica_id: replicaId, full }) {
    if (replicaId !== undefined) replicaOf(controller, replicaId);
    if (!controller.flowAttached) {
      throw new OperationError({
        status: 409,
        code: 'no-flow',
        category: 'conflict',
        detail: 'No deployed flow has a cycle-start node for this database, so nothing would work on the cycle.',
        nextStep: 'Deploy the flow, or stop the controller and run pngx sync.',
      });
    }
    if (full === true) controller.demandAll();
    const start = await controller.requestSync({ trigger: 'manual', replicaId: replicaId ?? null, viaFlow: true });
    if (start.kind === 'started') return { run_id: start.runId, queued: false, message: null };
    if (start.kind === 'skipped' && start.queued) return { run_id: start.runId, queued: true, message: start.message };
    const { code, message } = start.kind === 'idle' ? { code: 'nothing-to-sync', message: 'Nothing is due.' } : start;
    throw new OperationError({
      status: 409,
      code,
      category: SKIPPED[code] ?? 'instance',
      detail: message,
      nextStep: 'The status shows the state of the master and each replica (GET /api/status, pngx status).',
    });
  },
});

export const readRunning = defineOperation({
  id: 'sync-running',
  method: 'GET',
  path: '/api/sync/running',
  summary: 'Whether a cycle runs, in which phase, how far',
  input: z.object({}),
  output: z.object({ running: z.boolean(), phase: z.string(), docs_done: count, docs_total: count, run_id: z.number().int().nullable() }),
  status: 200,
  handler({ controller }) {
    const progress = controller.progress();
    return {
      running: progress.running,
      phase: progress.phase,
      docs_done: progress.docsDone,
      docs_total: progress.docsTotal,
      run_id: progress.runId,
    };
  },
});
