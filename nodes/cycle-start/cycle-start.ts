import type { NodeAPI } from 'node-red';
import { z } from 'zod';
import type { CycleStart, Ticket } from '../../src/controller';
import { definePaperlessNode } from '../shared/define';
import { inputError } from '../shared/errors';
import { laneMessage } from '../shared/messages';
import { noOptions } from '../shared/options';

const request = z.object({
  trigger: z.enum(['scheduler', 'manual', 'webhook', 'reconcile', 'cli']).default('manual'),
  replicaId: z.number().int().positive().nullish(),
});

/** What the message asks for; a tick asks for whatever is due. */
function asked(msg: unknown): z.infer<typeof request> {
  const parsed = request.safeParse(msg);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path[0] === 'replicaId' ? 'replicaId' : 'trigger';
  throw inputError(
    'bad-request',
    field === 'replicaId' ? 'msg.replicaId is not the number of a replica.' : 'msg.trigger is not one of scheduler, manual, webhook, reconcile, cli.',
    'Set msg.trigger to "scheduler" for a tick and to "manual" for a run now; leave msg.replicaId away for all replicas.',
  );
}

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-cycle-start',
    options: noOptions,
    opened({ controller, send, status, onClose, guard }) {
      // Runs that were asked for over HTTP or the command line, or that waited for another to end, come out of this node, too.
      const start = (tickets: Ticket[]): void => {
        const first = tickets[0];
        if (first === undefined) return;
        status('blue', 'dot', 'running', { run: first.runId });
        send([tickets.map((ticket) => laneMessage({}, ticket, { runId: ticket.runId, replica: ticket.replica })), null]);
      };
      onClose(controller.attachFlow({ start: guard(start) }));
    },
    async input({ controller, msg, send, status }) {
      const { trigger, replicaId } = asked(msg);
      const result: CycleStart =
        trigger === 'scheduler' ? await controller.tick() : await controller.requestSync({ trigger, replicaId: replicaId ?? null });
      switch (result.kind) {
        case 'idle': {
          const { running, runId } = controller.progress();
          if (running && runId !== null) status('blue', 'dot', 'running', { run: runId });
          else status('grey', 'dot', 'idle');
          break;
        }
        case 'skipped':
          status('yellow', 'ring', 'skipped', { code: result.code });
          msg.payload = { code: result.code, message: result.message, queued: result.queued, runId: result.runId };
          msg.topic = result.code;
          send([null, msg]);
          break;
        case 'started':
          status('blue', 'dot', 'running', { run: result.runId });
          send([result.tickets.map((ticket) => laneMessage(msg, ticket, { runId: ticket.runId, replica: ticket.replica })), null]);
          break;
      }
    },
  });
};
