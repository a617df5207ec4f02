import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPaperlessError, type ErrorClass, type PaperlessError } from '../../../src/paperless/errors';
import type { Transport, TransportRequest, TransportResponse } from '../../../src/paperless/transport';

/** The sources' folder: fixtures aren't compiled. */
export const fixtureFolder = join(__dirname, '../../../../test/unit/paperless/fixtures');

export interface Answer {
  status: number;
  headers: Record<string, string>;
  json?: unknown;
  text?: string;
}

const recorded = JSON.parse(readFileSync(join(fixtureFolder, 'answers.json'), 'utf8')) as Record<string, Answer>;

/** An answer of a real server, by its name in fixtures/answers.json. */
export function real(name: string): Answer {
  const answer = recorded[name];
  assert.ok(answer, `no fixture "${name}"`);
  return structuredClone(answer);
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, json: value };
}

export function html(status: number, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, text: '<!doctype html><title>Sign in</title>' };
}

/** One row of a list, as pages come. */
export function page(results: unknown[], more: { count?: number; next?: string | null; all?: number[] } = {}): Answer {
  return json({ count: results.length, next: null, previous: null, results, ...more });
}

export interface SentRequest extends TransportRequest {
  bytes: Buffer;
  /** The body as JSON; undefined without one. */
  sent: unknown;
  query: URLSearchParams;
}

export interface Scripted extends Transport {
  requests: SentRequest[];
  closed: boolean;
}

export function respond(answer: Answer): TransportResponse & { discarded: boolean } {
  const bytes = Buffer.from(answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json)));
  const response = {
    status: answer.status,
    headers: answer.headers,
    discarded: false,
    body: (async function* () {
      await Promise.resolve();
      if (bytes.length > 0) yield bytes as Uint8Array;
    })(),
    discard: () => {
      response.discarded = true;
      return Promise.resolve();
    },
  };
  return response;
}

/** A transport in memory that answers by a function, or with the next of a list. */
export function scripted(script: Answer[] | ((request: SentRequest, number: number) => Answer)): Scripted {
  const requests: SentRequest[] = [];
  return {
    requests,
    closed: false,
    async send(request) {
      const chunks: Uint8Array[] = [];
      if (request.body !== undefined) for await (const chunk of request.body.open()) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const isJson = request.headers['content-type'] === 'application/json';
      const sent: SentRequest = {
        ...request,
        bytes,
        sent: isJson ? (JSON.parse(bytes.toString('utf8')) as unknown) : undefined,
        query: new URLSearchParams(request.path.split('?')[1] ?? ''),
      };
      const number = requests.push(sent) - 1;
      const answer = typeof script === 'function' ? script(sent, number) : script[number];
      assert.ok(answer, `request ${number + 1} wasn't expected: ${request.method} ${request.path}`);
      return respond(answer);
    },
    close() {
      this.closed = true;
      return Promise.resolve();
    },
  };
}

export const token = '0123456789abcdef0123456789abcdef01234567';
export const address = { name: 'replica-a', url: 'https://paperless.example.org/sub', token };

/** Awaits a PaperlessError, checks its class (and code), that it tells what to do, and that it keeps the token to itself. */
export async function fails(work: Promise<unknown> | (() => unknown), errorClass: ErrorClass, code?: string): Promise<PaperlessError> {
  let error: unknown;
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (caught) {
    error = caught;
  }
  assert.ok(isPaperlessError(error), `expected a PaperlessError, got ${String(error)}`);
  assert.equal(`${error.class} ${code === undefined ? '' : error.code}`.trim(), `${errorClass} ${code ?? ''}`.trim(), error.message);
  assert.ok(error.message.length > 10 && error.nextStep.length > 10);
  assert.ok(!`${error.message} ${error.nextStep} ${error.request ?? ''}`.includes(token));
  return error;
}

/** A file to upload that is in memory. */
export function file(text: string, fileName = 'a.pdf') {
  const bytes = Buffer.from(text);
  return {
    fileName,
    mimeType: 'application/pdf',
    length: bytes.length,
    open: async function* () {
      await Promise.resolve();
      yield bytes as Uint8Array;
    },
  };
}

/** A fake with a real clock's shape that only moves when told. */
export function fakeClock() {
  let now = 0;
  return { now: () => now, advance: (ms: number) => (now += ms) };
}
