import type { NodeAPI } from 'node-red';
import { definePaperlessNode } from '../shared/define';
import { laneMessage } from '../shared/messages';
import { noOptions } from '../shared/options';

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-fetch-changed',
    options: noOptions,
    async input({ controller, msg, ticket, send, status, signal }) {
      const lane = ticket();
      status('blue', 'dot', 'working', { replica: lane.replica });
      const { batch, drained } = await controller.fetchChanged(lane, { signal });
      if (batch !== null) {
        status('blue', 'dot', 'batch', { count: batch.items.length });
        send([laneMessage(msg, batch.ticket, batch.items), null]);
      }
      if (drained) {
        status('green', 'dot', 'drained', { replica: lane.replica });
        send([null, laneMessage(msg, { ...lane, batchId: null }, { drained: true })]);
      }
    },
  });
};
