import pLimit from 'p-limit';
import { aborted } from './aborted';
import { watchBody } from './body';
import { isPaperlessError } from './errors';
import type { Transport, TransportRequest, TransportResponse } from './transport';

export interface LimitOptions {
  /** At most so many requests at once; never exceeded, whatever the server's mood. */
  max: number;
  /** Milliseconds of any steady clock. */
  now: () => number;
  /** Which requests this limit counts; others pass by. Default: all. */
  applies?(request: TransportRequest): boolean;
  /** Turns the adapting off: always `max`. */
  fixed?: boolean;
  onChange?(concurrency: number): void;
}

/** How the present limit moves. */
const halvingPauseMs = 1000;
const successesPerStepUp = 20;
const slowFactor = 3;
const slowFloorMs = 1000;
/** Latency is compared only between requests of about one size. */
const biggestComparedBody = 64 * 1024;

const beforeSent = 'The exchange was given up before it was sent.';

/**
 * Bounds what is asked at once; a slot is held until the answer's body has been read or discarded.
 * Halves on 429, 5xx and lost connections, goes one down when answers take thrice as long as the best of their operation, and one up after twenty good ones.
 */
export function withLimit(inner: Transport, options: LimitOptions): Transport & { readonly concurrency: number } {
  if (!Number.isInteger(options.max) || options.max < 1) throw new RangeError('limit: max is a whole number from 1');
  const limit = pLimit(options.max);
  const best = new Map<string, number>();
  let successes = 0;
  let lowered = Number.NEGATIVE_INFINITY;

  function set(concurrency: number): void {
    const next = Math.min(options.max, Math.max(1, concurrency));
    if (next === limit.concurrency) return;
    limit.concurrency = next;
    options.onChange?.(next);
  }

  function trouble(halve: boolean): void {
    successes = 0;
    const now = options.now();
    // One overload fails many requests at once: it counts once.
    if (now - lowered < halvingPauseMs) return;
    lowered = now;
    set(halve ? Math.floor(limit.concurrency / 2) : limit.concurrency - 1);
  }

  function learn(request: TransportRequest, status: number, elapsed: number): void {
    if (options.fixed === true) return;
    if (status === 429 || status >= 500) {
      trouble(true);
      return;
    }
    if ((request.body?.length ?? 0) <= biggestComparedBody) {
      const fastest = best.get(request.operation);
      // The best is forgotten slowly, so that a library that grew isn't taken for an overloaded server.
      best.set(request.operation, fastest === undefined || elapsed < fastest ? elapsed : fastest * 1.02);
      if (fastest !== undefined && elapsed > slowFloorMs && elapsed > fastest * slowFactor) {
        trouble(false);
        return;
      }
    }
    successes += 1;
    if (successes >= successesPerStepUp) {
      successes = 0;
      set(limit.concurrency + 1);
    }
  }

  function run(request: TransportRequest): Promise<TransportResponse> {
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(aborted(request, beforeSent));
      request.signal?.addEventListener('abort', giveUp, { once: true });
      const job = async (): Promise<void> => {
        request.signal?.removeEventListener('abort', giveUp);
        if (request.signal?.aborted === true) {
          giveUp();
          return;
        }
        const start = options.now();
        let response: TransportResponse;
        try {
          response = await inner.send(request);
        } catch (error) {
          if (options.fixed !== true && isPaperlessError(error) && (error.class === 'retry' || error.class === 'unknown-outcome')) trouble(true);
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        learn(request, response.status, options.now() - start);
        await new Promise<void>((over) => {
          const release = () => {
            request.signal?.removeEventListener('abort', release);
            over();
          };
          // Who gives up may never touch the body again.
          request.signal?.addEventListener('abort', release, { once: true });
          resolve(watchBody(response, { onEnd: release }));
        });
      };
      void limit(job);
    });
  }

  return {
    get concurrency() {
      return limit.concurrency;
    },
    send: (request) => {
      if (options.applies?.(request) === false) return inner.send(request);
      return request.signal?.aborted === true ? Promise.reject(aborted(request, beforeSent)) : run(request);
    },
    close: () => inner.close(),
  };
}
