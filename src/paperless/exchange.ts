import type { z } from 'zod';
import { parseInstanceUrl } from './base-url';
import { BodyTooLarge, bytesBody, readStart, readWhole } from './body';
import type { InstanceAddress } from './client';
import { isPaperlessError, PaperlessError } from './errors';
import { parseJson, WireMismatch } from './parse';
import { isJson, refused } from './refusals';
import { requestLabel } from './request-label';
import { longestWholeBody } from './retry';
import type { Method, RequestBody, Transport, TransportRequest, TransportResponse } from './transport';

export interface Call {
  operation: string;
  method?: Method;
  /** With its query. */
  path: string;
  json?: unknown;
  form?: { contentType: string; body: RequestBody };
  /** Default: GET only. */
  repeatable?: boolean;
  idleTimeoutMs?: number;
  /** In place of the negotiated one. */
  api?: 9 | 10;
  signal: AbortSignal | undefined;
}

/** One call of paperless's API: headers, token, and the demand that JSON comes back. */
export class Exchange {
  readonly name: string;
  readonly url: string;
  /** Raised by the negotiation; 9 is the one value that 2.16 to 3.0 all take. */
  api: 9 | 10 = 9;
  readonly #token: string;
  readonly #transport: Transport;
  readonly #idleTimeoutMs: number;
  readonly #answerTimeoutMs: number;

  /** @param timeouts `answer`: what an answer that is read whole may take in all; files take as long as they take */
  constructor(address: InstanceAddress, transport: Transport, timeouts: { idle: number; answer: number }) {
    this.name = address.name;
    this.url = parseInstanceUrl(address.url).url;
    this.#token = address.token.trim();
    if (!/^[\x21-\x7e]+$/.test(this.#token))
      throw new PaperlessError({
        class: 'instance',
        code: 'token-invalid',
        message: `The API token of ${this.name} is ${this.#token === '' ? 'empty' : 'not a token: it has spaces or foreign characters'}.`,
        nextStep: 'Copy the token (40 characters) from My Profile in paperless.',
      });
    this.#transport = transport;
    this.#idleTimeoutMs = timeouts.idle;
    this.#answerTimeoutMs = timeouts.answer;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  /** The answer's JSON in our shape. Everything else is a PaperlessError. */
  async json<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
    return (await this.jsonWithHeaders(call, schema)).value;
  }

  async jsonWithHeaders<T>(call: Call, schema: z.ZodType<T>): Promise<{ value: T; headers: Record<string, string> }> {
    const { request, response } = await this.#ask(call, true);
    if (!isJson(response.headers)) throw await this.#refused(request, response);
    try {
      const text = Buffer.from(await readWhole(response, longestWholeBody)).toString('utf8');
      return { value: parseJson(text, schema), headers: response.headers };
    } catch (error) {
      if (error instanceof WireMismatch) throw this.unexpected(request, response.status, error.message);
      if (error instanceof BodyTooLarge) throw this.unexpected(request, response.status, error.message);
      throw error;
    }
  }

  /** null instead of the 404 that paperless itself gives. */
  async jsonOrNull<T>(call: Call, schema: z.ZodType<T>): Promise<T | null> {
    try {
      return await this.json(call, schema);
    } catch (error) {
      if (isPaperlessError(error) && error.code === 'not-found') return null;
      throw error;
    }
  }

  /** For 204: nothing is expected back. */
  async nothing(call: Call): Promise<void> {
    const { request, response } = await this.#ask(call, true);
    if (response.status !== 204 && !isJson(response.headers)) throw await this.#refused(request, response);
    await response.discard();
  }

  /** A file; its body is the caller's to read or discard. A page without paperless's version header is a proxy's login page. */
  async file(call: Call): Promise<TransportResponse> {
    const { request, response } = await this.#ask(call, false);
    if ((response.headers['content-type'] ?? '').startsWith('text/html') && response.headers['x-version'] === undefined)
      throw await this.#refused(request, response);
    return response;
  }

  unexpected(request: TransportRequest, status: number, what: string): PaperlessError {
    const label = requestLabel(request.method, request.path);
    const unknown = !request.repeatable;
    return new PaperlessError({
      class: unknown ? 'unknown-outcome' : 'instance',
      code: 'unexpected-answer',
      message: `${this.name} answered ${label} with ${what}${unknown ? ': whether it was done is not known' : ''}.`,
      nextStep: 'Check that this address is paperless-ngx 2.20 or 3.x itself and no other software; if it is, please report this sentence.',
      request: label,
      status,
    });
  }

  /** The request as it goes out. */
  request(call: Call): TransportRequest {
    const method = call.method ?? 'GET';
    const headers: Record<string, string> = {
      accept: `application/json; version=${call.api ?? this.api}`,
      // Compressed answers come chunked, without the length that tells a broken one (§10).
      'accept-encoding': 'identity',
      authorization: `Token ${this.#token}`,
    };
    const request: TransportRequest = {
      method,
      path: call.path,
      headers,
      idleTimeoutMs: call.idleTimeoutMs ?? this.#idleTimeoutMs,
      operation: call.operation,
      repeatable: call.repeatable ?? method === 'GET',
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    };
    if (call.json !== undefined) {
      headers['content-type'] = 'application/json';
      request.body = bytesBody(Buffer.from(JSON.stringify(call.json), 'utf8'));
    } else if (call.form !== undefined) {
      headers['content-type'] = call.form.contentType;
      request.body = call.form.body;
    }
    return request;
  }

  async #ask(call: Call, whole: boolean): Promise<{ request: TransportRequest; response: TransportResponse }> {
    const request = this.request(call);
    // paperless answers a path without its slash with the login page, never with a redirect to the right one (§2).
    if (!/^\/api\/[^?]*\/(?:\?|$)/.test(request.path)) throw new TypeError(`not a path of the API: ${request.path}`);
    if (!request.repeatable && /[?&]fields=/.test(request.path)) throw new TypeError('`fields` on a write prunes what is written');
    if (whole) Object.assign(request, { whole, bodyTimeoutMs: this.#answerTimeoutMs });
    const response = await this.#transport.send(request);
    if (response.status >= 200 && response.status < 300) return { request, response };
    throw await this.#refused(request, response);
  }

  async #refused(request: TransportRequest, response: TransportResponse): Promise<PaperlessError> {
    let text = '';
    try {
      text = await readStart(response, 65_536);
    } catch (error) {
      // The status speaks for itself; but giving up is giving up.
      if (isPaperlessError(error) && error.class === 'aborted') return error;
    }
    return refused({ name: this.name, url: this.url, request, status: response.status, headers: response.headers, text });
  }
}
