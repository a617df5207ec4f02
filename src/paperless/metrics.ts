import { watchBody } from './body';
import type { ErrorClass } from './errors';
import { isPaperlessError } from './errors';
import type { Method, Transport, TransportRequest } from './transport';

/** One exchange, told once, when its body is over. */
export interface ExchangeFacts {
  operation: string;
  method: Method;
  /** null when no answer came. */
  status: number | null;
  /** Why it failed, when it failed before or in the middle of its body. */
  error: ErrorClass | null;
  /** Bodies' bytes, without headers; what was handed to the connection. */
  bytesOut: number;
  bytesIn: number;
  /** Until the headers were there; null when they never were. */
  headersMs: number | null;
  durationMs: number;
}

export interface ExchangeObserver {
  exchange(facts: ExchangeFacts): void;
}

/** Counts requests and bytes, by operation and status; every attempt is one when it stands below the retries. */
export function withMetrics(inner: Transport, observer: ExchangeObserver, now: () => number): Transport {
  return {
    async send(request) {
      const start = now();
      const facts: ExchangeFacts = {
        operation: request.operation,
        method: request.method,
        status: null,
        error: null,
        bytesOut: 0,
        bytesIn: 0,
        headersMs: null,
        durationMs: 0,
      };
      const tell = (error?: unknown) => {
        if (error !== undefined) facts.error = isPaperlessError(error) ? error.class : 'retry';
        facts.durationMs = now() - start;
        observer.exchange(facts);
      };
      try {
        const response = await inner.send(counted(request, facts));
        facts.status = response.status;
        facts.headersMs = now() - start;
        return watchBody(response, {
          onChunk: (chunk) => (facts.bytesIn += chunk.byteLength),
          onEnd: tell,
        });
      } catch (error) {
        tell(error);
        throw error;
      }
    },
    close: () => inner.close(),
  };
}

function counted(request: TransportRequest, facts: ExchangeFacts): TransportRequest {
  const body = request.body;
  if (body === undefined) return request;
  return {
    ...request,
    body: {
      length: body.length,
      open: async function* () {
        for await (const chunk of body.open()) {
          facts.bytesOut += chunk.byteLength;
          yield chunk;
        }
      },
    },
  };
}
