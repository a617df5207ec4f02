import type { NodeMessage } from 'node-red';
import { z } from 'zod';
import type { Ticket } from '../../src/controller';
import { inputError } from './errors';

const ticketSchema = z.object({
  runId: z.number().int(),
  epoch: z.number().int(),
  replicaId: z.number().int(),
  replica: z.string(),
  batchId: z.string().nullable(),
  trigger: z.enum(['scheduler', 'manual', 'webhook', 'reconcile', 'cli']),
  deadline: z.string(),
}) satisfies z.ZodType<Ticket>;

/** The ticket in `msg.sync`; throws a sentence for a person who wired something else in. */
export function ticketOf(msg: NodeMessage): Ticket {
  if (msg['sync'] === undefined || msg['sync'] === null) {
    throw inputError(
      'no-ticket',
      'This message carries no ticket: msg.sync is missing.',
      'Wire this node behind a cycle-start node, and let the nodes between keep msg.sync as it is.',
    );
  }
  const parsed = ticketSchema.safeParse(msg['sync']);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  throw inputError(
    'bad-ticket',
    `The ticket in msg.sync was changed on its way: msg.sync${where === '' ? '' : `.${where}`} is not what cycle-start sent.`,
    'Change msg.payload, not msg.sync, in the nodes between.',
  );
}

/** A fresh message for a lane: what a user put on the message stays, but for an HTTP request or response, which no message of the cycle may carry. */
export function laneMessage(base: NodeMessage, ticket: Ticket, payload: unknown): NodeMessage {
  const { req: _req, res: _res, error: _error, ...kept } = base;
  return { ...kept, sync: ticket, payload, topic: ticket.replica };
}
