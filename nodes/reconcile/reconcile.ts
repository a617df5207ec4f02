import type { NodeAPI } from 'node-red';
import { z } from 'zod';
import { reconciledSchema, runOperation } from '../../src/api';
import { definePaperlessNode } from '../shared/define';
import { inputError, NodeError } from '../shared/errors';

const options = z.object({ apply: z.boolean().default(false) });

const asked = z.object({ replicaId: z.coerce.number().int().positive(), apply: z.union([z.boolean(), z.stringbool()]).optional() });

const problem = z.object({ detail: z.string(), code: z.string(), category: z.string(), next_step: z.string() });

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-reconcile',
    options,
    async input({ controller, msg, options: { apply }, send, status, report }) {
      const wish = asked.safeParse({ replicaId: msg['replicaId'], apply: msg['apply'] });
      if (!wish.success) {
        throw inputError(
          'no-replica-id',
          'The message says no replica to reconcile.',
          "Set msg.replicaId to the replica's id (a number), and msg.apply to true or false.",
        );
      }
      status('blue', 'dot', 'working', { replica: wish.data.replicaId });
      const input = { id: wish.data.replicaId, apply: wish.data.apply ?? apply };
      const answer = await runOperation('replica-reconcile', input, { controller, who: 'flow', report });
      if (answer.status >= 400) {
        const { detail, code, category, next_step: nextStep } = problem.parse(answer.body);
        throw new NodeError({ class: category, code, nextStep }, detail);
      }
      const { plan, applied } = reconciledSchema.parse(answer.body);
      status('green', 'dot', applied === null ? 'planned' : 'adopted', { count: plan.counts['adopt'] ?? 0 });
      send([{ ...msg, payload: { plan, applied } }]);
    },
  });
};
