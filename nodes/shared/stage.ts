import type { NodeAPI } from 'node-red';
import type { Controller, StageOptions, StageReport, Ticket } from '../../src/controller';
import { definePaperlessNode } from './define';
import { noOptions } from './options';

/** A node that does one stage for the lane of its ticket and hands the message on, with the stage's report as payload. */
export function defineStageNode(
  RED: NodeAPI,
  type: `paperless-${string}`,
  stage: (controller: Controller, ticket: Ticket, options: StageOptions) => Promise<StageReport>,
): void {
  definePaperlessNode(RED, {
    type,
    options: noOptions,
    async input({ controller, msg, ticket, send, status, signal }) {
      const lane = ticket();
      status('blue', 'dot', 'working', { replica: lane.replica });
      const report = await stage(controller, lane, { signal });
      const busiest = Object.entries(report.counts).find(([, count]) => count > 0);
      if (busiest === undefined) status('green', 'dot', 'done', { replica: lane.replica });
      else status('green', 'dot', 'count', { name: busiest[0], count: busiest[1] });
      msg.payload = report;
      msg.topic = lane.replica;
      send([msg]);
    },
  });
}
