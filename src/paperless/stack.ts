import type { LimitOptions } from './limit';
import { withLimit } from './limit';
import type { ExchangeObserver } from './metrics';
import { withMetrics } from './metrics';
import type { RecordedExchange } from './record';
import { withRecorder } from './record';
import type { RetryOptions } from './retry';
import { withRetry } from './retry';
import type { Transport } from './transport';

export interface StackOptions extends RetryOptions {
  /** Milliseconds of a steady clock. */
  now: () => number;
  /** Requests at once; default 2: one web worker of paperless is one lane. */
  maxRequests?: number;
  /** Further bounds, each for some requests: PATCHes one at a time, say. */
  lanes?: readonly Pick<LimitOptions, 'max' | 'applies'>[];
  observer?: ExchangeObserver;
  recorder?(exchange: RecordedExchange): void;
}

/** The decorators in their order around any transport: a retry waits without holding a slot, and every attempt is counted. */
export function stack(transport: Transport, options: StackOptions): Transport {
  const now = () => options.now();
  let top = transport;
  if (options.recorder !== undefined) top = withRecorder(top, (exchange) => options.recorder?.(exchange));
  if (options.observer !== undefined) top = withMetrics(top, options.observer, now);
  top = withLimit(top, { max: options.maxRequests ?? 2, now });
  for (const lane of options.lanes ?? []) top = withLimit(top, { ...lane, now, fixed: true });
  return withRetry(top, options);
}
