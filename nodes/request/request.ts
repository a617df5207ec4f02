import type { NodeAPI, NodeMessage } from 'node-red';
import { z } from 'zod';
import { operations, PROBLEM_MEDIA_TYPE, problemOf, runOperation } from '../../src/api';
import { definePaperlessNode } from '../shared/define';
import { inputError, NodeError } from '../shared/errors';

const options = z.object({ operation: z.string().default('') });

/** What an http in node puts on a message, as far as an operation's input is made of it. */
const httpRequest = z.object({ params: z.record(z.string(), z.unknown()).catch({}), query: z.record(z.string(), z.unknown()).catch({}) });

const problem = z.object({ detail: z.string(), code: z.string(), category: z.string(), next_step: z.string() });

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The body's fields, then the query's, then the path's on top: what the address says can't be overruled. An http in node leaves `{}` where there is no body. */
function inputOf(msg: NodeMessage): unknown {
  const body = msg.payload;
  const fromHttp = httpRequest.safeParse(msg['req']);
  if (!fromHttp.success) return body ?? {};
  if (body !== undefined && body !== null && body !== '' && !isObject(body)) return body;
  return { ...(isObject(body) ? body : {}), ...fromHttp.data.query, ...fromHttp.data.params };
}

export = (RED: NodeAPI): void => {
  definePaperlessNode(RED, {
    type: 'paperless-request',
    options,
    async input({ controller, msg, options: { operation: chosen }, send, status, report }) {
      const operation = chosen === '' ? msg['operation'] : chosen;
      if (typeof operation !== 'string' || operation === '') {
        throw inputError(
          'no-operation',
          'No operation is chosen: neither in the node nor in msg.operation.',
          `Choose one in the node, or set msg.operation to one of ${operations.map(({ id }) => id).join(', ')}.`,
        );
      }
      const viaHttp = msg['res'] !== undefined;
      const answer = await runOperation(operation, inputOf(msg), { controller, who: viaHttp ? 'http' : 'flow', report });
      status(answer.status < 400 ? 'green' : 'yellow', 'dot', 'answered', { operation, code: answer.status });
      if (!viaHttp && answer.status >= 400) {
        const { detail, code, category, next_step: nextStep } = problem.parse(answer.body);
        throw new NodeError({ class: category, code, nextStep }, detail);
      }
      send([{ ...msg, payload: answer.body, statusCode: answer.status, headers: answer.headers }]);
    },
    // Whoever waits at the other end of an HTTP request is answered, whatever happened: also when there is no controller to ask.
    failed(error, msg, send) {
      if (msg['res'] === undefined) return false;
      const init = { status: 503, code: error.code, category: 'configuration', detail: error.message, nextStep: error.nextStep } as const;
      const path = z.object({ path: z.string() }).safeParse(msg['req']);
      const headers = { 'content-type': PROBLEM_MEDIA_TYPE, 'cache-control': 'no-store' };
      send([{ ...msg, payload: problemOf(init, path.success ? path.data.path : ''), statusCode: 503, headers }]);
      return true;
    },
  });

  // For the node's form. There is no editor where there is no admin app.
  const { httpAdmin } = RED as { httpAdmin?: NodeAPI['httpAdmin'] };
  if (typeof httpAdmin?.get !== 'function') return;
  httpAdmin.get('/paperless/operations', RED.auth.needsPermission('flows.read'), (_req, res) => {
    res.json(operations.map(({ id, method, path, summary }) => ({ id, method, path, summary })));
  });
};
