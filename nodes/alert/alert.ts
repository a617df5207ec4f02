import type { NodeAPI } from 'node-red';
import { z } from 'zod';
import type { RunSummary } from '../../src/controller';
import { definePaperlessNode } from '../shared/define';
import { inputError } from '../shared/errors';
import { noOptions } from '../shared/options';

const summarySchema = z.object({
  runId: z.number(),
  trigger: z.enum(['scheduler', 'manual', 'webhook', 'reconcile', 'cli']),
  startedAt: z.string(),
  finishedAt: z.string(),
  timedOut: z.boolean(),
  synced: z.number(),
  failed: z.number(),
  replicas: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      outcome: z.string(),
      synced: z.number(),
      failed: z.number(),
      verified: z.number(),
      message: z.string().nullable(),
      suspended: z.boolean(),
      suspendedNow: z.boolean(),
      consecutiveFailures: z.number(),
      url: z.string(),
    }),
  ),
}) satisfies z.ZodType<RunSummary>;

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-alert',
    options: noOptions,
    async input({ controller, msg, send, status }) {
      const summary = summarySchema.safeParse(msg.payload);
      if (!summary.success) {
        throw inputError(
          'no-summary',
          "msg.payload is not a run's summary.",
          'Wire this node behind a cycle-end node and hand on its payload as it is.',
        );
      }
      const { sent, suppressed, failed } = await controller.alert(summary.data);
      if (failed.length > 0) status('red', 'ring', 'failing', { count: failed.length });
      else if (sent.length > 0) status('yellow', 'dot', 'sent', { count: sent.length });
      else status('grey', 'dot', 'quiet');
      msg.payload = { sent, suppressed, failed };
      send([msg]);
    },
  });
};
