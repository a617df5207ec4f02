/**
 * What carries one HTTP exchange. The real one is undici with a pool per instance; the tests' one calls the simulator in memory;
 * limits, retries, metrics and recording are decorators around either, each its own file.
 */
export interface Transport {
  /**
   * Sends one request. Resolves with status and headers as soon as they are there; the body follows.
   * Rejects with PaperlessError: `retry` when surely nothing was sent, else `retry` for reads and `unknown-outcome` for writes; `aborted` when `signal` fired.
   * Never follows a redirect.
   */
  send(request: TransportRequest): Promise<TransportResponse>;
  close(): Promise<void>;
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface TransportRequest {
  method: Method;
  /** Path below the instance's base URL with its query, e.g. `/api/documents/?page_size=1`. */
  path: string;
  headers: Record<string, string>;
  body?: RequestBody;
  signal?: AbortSignal;
  /** Milliseconds without a byte until the exchange counts as lost. */
  idleTimeoutMs: number;
  /** Milliseconds that the answer's body may take in all, from its first header on: one that trickles is never idle. Left out: as long as it takes. */
  bodyTimeoutMs?: number;
  /** For counters and messages: `documents.list`, `documents.download`, … */
  operation: string;
  /** Whether sending it twice does what sending it once does; the retry decorator repeats only these. */
  repeatable: boolean;
  /** The answer is small and read whole anyway: the retry decorator then reads it itself, so that a break in its middle is repeated too. */
  whole?: boolean;
}

/** A body of known length, so that Content-Length can be sent: paperless takes no chunked body. */
export interface RequestBody {
  length: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface TransportResponse {
  status: number;
  /** Lower-case names; the last value of a repeated header. */
  headers: Record<string, string>;
  /** To be read once. Ends with PaperlessError when the connection breaks before Content-Length bytes. */
  body: AsyncIterable<Uint8Array>;
  /** Gives the connection back without reading on. Safe after the end. */
  discard(): Promise<void>;
}
