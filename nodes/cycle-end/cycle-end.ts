import type { NodeAPI, NodeMessage } from 'node-red';
import { z } from 'zod';
import { TicketError } from '../../src/controller';
import { definePaperlessNode } from '../shared/define';
import { NodeError } from '../shared/errors';
import { noOptions } from '../shared/options';

/** As Node-RED makes it: a node of the user's may have thrown, so `cause` can be anything. */
const caught = z.object({
  message: z.string().catch('it gave no reason'),
  cause: z.object({ class: z.string(), code: z.string(), nextStep: z.string() }).optional().catch(undefined),
  source: z.object({ type: z.string(), name: z.string().optional() }).catch({ type: 'flow' }),
});

/** What a Catch node handed over, as the error that it was. */
function caughtError(msg: NodeMessage): NodeError | TicketError | null {
  const parsed = caught.safeParse(msg['error']);
  if (!parsed.success) return null;
  const { message, cause, source } = parsed.data;
  if (cause?.class === 'ticket') return new TicketError(cause.code, message, cause.nextStep);
  if (cause !== undefined) return new NodeError(cause, message);
  const which = `the ${source.type} node${source.name ? ` "${source.name}"` : ''}`;
  return new NodeError(
    { class: 'flow', code: 'flow-node-failed', nextStep: `Mend ${which} and deploy; the documents come with the next run.` },
    `A node of the flow failed, ${which}: ${message.replace(/^Error: /, '')}${/[.!?]$/.test(message) ? '' : '.'}`,
  );
}

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-cycle-end',
    options: noOptions,
    async input({ controller, msg, ticket, send, status }) {
      const failure = caughtError(msg);
      // An error of a message without a ticket ends no lane.
      if (failure !== null && msg['sync'] === undefined) return;
      const lane = ticket();
      const summary = await (failure === null ? controller.cycleEnd(lane) : controller.cycleEnd(lane, failure));
      if (summary === null) {
        status('blue', 'dot', 'lane', { replica: lane.replica });
        return;
      }
      if (summary.timedOut) status('yellow', 'ring', 'timedOut', { run: summary.runId });
      else status(summary.failed > 0 ? 'yellow' : 'green', 'dot', 'summary', { synced: summary.synced, failed: summary.failed });
      const { sync: _sync, error: _error, ...kept } = msg;
      send([{ ...kept, payload: summary, topic: 'run-finished' }]);
    },
  });
};
