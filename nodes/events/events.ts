import type { NodeAPI } from 'node-red';
import { z } from 'zod';
import type { ControllerEvent } from '../../src/controller';
import { definePaperlessNode } from '../shared/define';

const types = [
  'state',
  'run-started',
  'run-finished',
  'run-skipped',
  'lane-finished',
  'document',
  'verification',
  'replica-suspended',
  'replica-recovered',
  'progress',
  'log',
] as const satisfies readonly ControllerEvent['type'][];

/** The editor saves the chosen types with commas between; none chosen is all. */
const options = z.object({
  events: z
    .string()
    .default('')
    .transform((list) => list.split(',').filter((name) => name !== ''))
    .pipe(z.array(z.enum(types))),
});

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-events',
    options,
    opened({ controller, options: { events }, send, status, onClose, guard }) {
      status('grey', 'dot', 'listening');
      const wanted = new Set<string>(events.length === 0 ? types : events);
      const tell = (event: ControllerEvent): void => {
        if (!wanted.has(event.type)) return;
        status('blue', 'dot', 'event', { type: event.type });
        send([{ topic: event.type, payload: event }]);
      };
      onClose(controller.on(guard(tell)));
    },
  });
};
