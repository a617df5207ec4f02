import type { NodeAPI } from 'node-red';
import { definePaperlessNode } from '../shared/define';
import { inputError } from '../shared/errors';
import { laneMessage } from '../shared/messages';
import { noOptions } from '../shared/options';

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-push-doc',
    options: noOptions,
    async input({ controller, msg, ticket, send, status, signal }) {
      const lane = ticket();
      const items: unknown = msg.payload;
      if (!Array.isArray(items)) {
        throw inputError(
          'payload-not-a-list',
          'msg.payload is not the list of documents that fetch-changed sent.',
          'Let your nodes hand on the list: leave documents out or change them, and keep it a list even when one or none is left.',
        );
      }
      let settled = 0;
      status('blue', 'dot', 'working', { replica: lane.replica });
      await controller.pushDoc(
        lane,
        items,
        {
          room: () => send([laneMessage({}, { ...lane, batchId: null }, null), null]),
          settled: (result) => {
            settled += 1;
            status('blue', 'dot', 'settled', { settled, count: items.length });
            send([null, { ...laneMessage({}, lane, result), topic: result.outcome }]);
          },
        },
        { signal },
      );
      status('green', 'dot', 'settled', { settled, count: items.length });
    },
  });
};
