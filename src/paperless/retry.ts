import { aborted } from './aborted';
import { bytesBody, readWhole } from './body';
import { isPaperlessError } from './errors';
import { retryAfterMs } from './retry-after';
import type { Transport, TransportRequest, TransportResponse } from './transport';

export interface RetryOptions {
  /** Waits; ends early (by error or not) when the signal fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<unknown>;
  /** In [0, 1). */
  random(): number;
  /** Default 2, 4, 8 s: three further attempts. */
  delaysMs?: readonly number[];
  /** A Retry-After beyond this isn't waited for here but handed up; default 60 s. */
  longestHoldMs?: number;
}

/** JSON answers of more than this are no answers of paperless. */
export const longestWholeBody = 256 * 1024 * 1024;

/**
 * Sends `repeatable` requests again after network errors, 5xx, 408, 425 and 429, with 2/4/8 s ±25 % between, or after the time that the server named.
 * Others pass through untouched: a write whose outcome is unknown is never repeated here.
 */
export function withRetry(inner: Transport, options: RetryOptions): Transport {
  const delays = options.delaysMs ?? [2000, 4000, 8000];
  const longestHold = options.longestHoldMs ?? 60_000;

  async function wait(ms: number, request: TransportRequest): Promise<void> {
    try {
      await options.sleep(ms, request.signal);
    } catch (error) {
      if (request.signal?.aborted !== true) throw error;
    }
    if (request.signal?.aborted === true) throw aborted(request, 'The exchange was given up while it waited for another try.');
  }

  return {
    async send(request) {
      if (!request.repeatable) return inner.send(request);
      for (let attempt = 0; ; attempt += 1) {
        const delay = delays[attempt];
        const jittered = delay === undefined ? 0 : Math.round(delay * (0.75 + 0.5 * options.random()));
        try {
          const response = await attemptOnce(inner, request);
          if (delay === undefined || !passing(response.status)) return response;
          const named = retryAfterMs(response.headers);
          if (named !== null && named > longestHold) return response;
          await response.discard();
          await wait(Math.max(named ?? 0, jittered), request);
        } catch (error) {
          if (delay === undefined || !isPaperlessError(error) || error.class !== 'retry') throw error;
          await wait(jittered, request);
        }
      }
    },
    close: () => inner.close(),
  };
}

function passing(status: number): boolean {
  // 408 is how some proxies close a connection that was idle, at the moment when it is used again.
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

async function attemptOnce(inner: Transport, request: TransportRequest): Promise<TransportResponse> {
  const response = await inner.send(request);
  if (request.whole !== true || response.status >= 300) return response;
  const bytes = await readWhole(response, longestWholeBody);
  return { status: response.status, headers: response.headers, body: bytesBody(bytes).open(), discard: () => Promise.resolve() };
}
