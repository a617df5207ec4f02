import { lookup } from 'node:dns';
import type { Dispatcher } from 'undici';
import { Pool } from 'undici';
import { aborted } from './aborted';
import { parseInstanceUrl } from './base-url';
import { guarded } from './guarded-lookup';
import type { PaperlessErrorInit } from './errors';
import { isPaperlessError, PaperlessError } from './errors';
import { requestLabel } from './request-label';
import { BodyTooSlow, explainSocketError } from './socket-errors';
import type { RequestBody, Transport, TransportRequest, TransportResponse } from './transport';

export interface UndiciTransportOptions {
  /** Sockets at most; default 4. What is asked at once is bounded by `limit.ts`, this is only the pool. */
  maxConnections?: number;
  /** Default 10 s. */
  connectTimeoutMs?: number;
  /** PEM of CAs to trust besides the system's. */
  ca?: string | string[];
}

/** An answer that nobody reads is read to its end for so long, so that its connection can serve again. */
const discardMs = 1000;

/** How far a request got: what was surely not done may be sent again. */
interface Progress {
  /** A connection was there and the request's head went to it. */
  started: boolean;
  /** The body's last byte was handed over. paperless reads a body whole before it does anything. */
  bodyDone: boolean;
}

/** One instance over undici: a pool of its own, keep-alive, no redirects, bodies streamed both ways. */
export function createUndiciTransport(address: { name: string; url: string }, options: UndiciTransportOptions = {}): Transport {
  return new UndiciTransport(address, options);
}

class UndiciTransport implements Transport {
  readonly #name: string;
  readonly #origin: string;
  readonly #basePath: string;
  readonly #pool: Pool;
  #closed = false;

  constructor(address: { name: string; url: string }, options: UndiciTransportOptions) {
    const { origin, basePath } = parseInstanceUrl(address.url);
    this.#name = address.name;
    this.#origin = origin;
    this.#basePath = basePath;
    this.#pool = new Pool(origin, {
      connections: options.maxConnections ?? 4,
      pipelining: 1,
      allowH2: false,
      connect: { timeout: options.connectTimeoutMs ?? 10_000, lookup: guarded(lookup), ...(options.ca === undefined ? {} : { ca: options.ca }) },
    });
  }

  async send(request: TransportRequest): Promise<TransportResponse> {
    if (request.signal?.aborted === true || this.#closed) throw this.#aborted(request);
    const progress: Progress = { started: false, bodyDone: request.body === undefined };
    const dispatcher = this.#pool.compose((dispatch) => (opts, handler) => dispatch(opts, new StartWatcher(handler, progress)));
    const source: { error?: unknown } = {};
    let answer: Dispatcher.ResponseData;
    try {
      answer = await dispatcher.request({
        method: request.method,
        path: this.#basePath + request.path,
        headers: request.body === undefined ? request.headers : { ...request.headers, 'content-length': String(request.body.length) },
        body: request.body === undefined ? null : (metered(request.body, progress, source) as unknown as Dispatcher.DispatchOptions['body']),
        signal: request.signal ?? null,
        headersTimeout: request.idleTimeoutMs,
        bodyTimeout: request.idleTimeoutMs,
      });
    } catch (error) {
      if (source.error !== undefined) throw this.#sourceFailure(source.error, request);
      throw this.#failure(error, request, progress);
    }
    return this.#response(answer, request, progress);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pool.destroy();
  }

  #response(answer: Dispatcher.ResponseData, request: TransportRequest, progress: Progress): TransportResponse {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers)) {
      const last = Array.isArray(value) ? value.at(-1) : value;
      if (last !== undefined) headers[name.toLowerCase()] = last;
    }
    const said = Number(headers['content-length'] ?? Number.NaN);
    // A connection that breaks before anyone reads must not become an uncaught 'error' event; the reader still gets it.
    answer.body.on('error', () => undefined);
    let begun = false;
    const failure = (error: unknown) => this.#failure(error, request, progress);
    const limit = request.bodyTimeoutMs;
    const patience =
      limit === undefined ? undefined : setTimeout(() => answer.body.destroy(new BodyTooSlow(`not whole after ${limit} ms`)), limit).unref();
    answer.body.on('close', () => clearTimeout(patience));
    async function* read(): AsyncGenerator<Uint8Array> {
      begun = true;
      let size = 0;
      try {
        for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
          size += chunk.byteLength;
          yield chunk;
        }
      } catch (error) {
        throw failure(error);
      }
      if (Number.isFinite(said) && size !== said) throw failure(new Error(`${size} of ${said} bytes came`));
    }
    return {
      status: answer.statusCode,
      headers,
      body: read(),
      discard: async () => {
        if (begun) {
          answer.body.destroy();
          return;
        }
        begun = true;
        await answer.body.dump({ limit: 16_384, signal: AbortSignal.timeout(discardMs) }).catch(() => undefined);
      },
    };
  }

  #failure(error: unknown, request: TransportRequest, progress: Progress): PaperlessError {
    if (isPaperlessError(error)) return error;
    if (request.signal?.aborted === true || this.#closed) return this.#aborted(request);
    const explained = explainSocketError(error, this.#origin);
    const init: Omit<PaperlessErrorInit, 'class'> = {
      code: explained.code,
      message: `${this.#name}: ${explained.message}`,
      nextStep: explained.nextStep,
      request: requestLabel(request.method, request.path),
      cause: error,
    };
    const done = progress.started && progress.bodyDone;
    if (done && !request.repeatable)
      return new PaperlessError({
        ...init,
        class: 'unknown-outcome',
        message: `${init.message} Whether ${init.request ?? ''} was done isn't known.`,
        nextStep: 'Nothing is sent again until a look at the instance has shown whether it was done.',
      });
    return new PaperlessError({ ...init, class: explained.lasting ? 'instance' : 'retry' });
  }

  #aborted(request: TransportRequest): PaperlessError {
    return aborted(request, `${this.#name}: the exchange was given up.`);
  }

  #sourceFailure(error: unknown, request: TransportRequest): PaperlessError {
    if (isPaperlessError(error)) return error;
    return new PaperlessError({
      class: 'document',
      code: 'local-file',
      message: `The local copy to be sent to ${this.#name} couldn't be read to its end.`,
      nextStep: 'Check the free space and the health of the data folder; the file is fetched anew at the next try.',
      request: requestLabel(request.method, request.path),
      cause: error,
    });
  }
}

/** The body with its length held to: a Content-Length that isn't met would hang the server. */
async function* metered(body: RequestBody, progress: Progress, source: { error?: unknown }): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of body.open()) {
      size += chunk.byteLength;
      if (size > body.length) throw new Error(`the body is longer than the ${body.length} bytes that were announced`);
      if (size === body.length) progress.bodyDone = true;
      yield chunk;
    }
    if (size < body.length) throw new Error(`the body ended after ${size} of ${body.length} bytes`);
  } catch (error) {
    source.error = error;
    throw error;
  }
}

/** Notes when a request gets its connection: an error before that means that nothing was sent. */
class StartWatcher implements Dispatcher.DispatchHandler {
  constructor(
    private readonly inner: Dispatcher.DispatchHandler,
    private readonly progress: Progress,
  ) {}

  onRequestStart(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onRequestStart']>>): void {
    this.progress.started = true;
    this.inner.onRequestStart?.(...args);
  }

  onResponseStart(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>): void {
    this.inner.onResponseStart?.(...args);
  }

  onResponseData(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseData']>>): void {
    this.inner.onResponseData?.(...args);
  }

  onResponseEnd(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseEnd']>>): void {
    this.inner.onResponseEnd?.(...args);
  }

  onResponseError(...args: Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseError']>>): void {
    this.inner.onResponseError?.(...args);
  }
}
