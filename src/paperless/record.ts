import { watchBody } from './body';
import type { Method, Transport } from './transport';

/** An exchange as it was, without the token. */
export interface RecordedExchange {
  operation: string;
  request: { method: Method; path: string; headers: Record<string, string>; body: RecordedBody | null };
  /** null when no answer came. */
  response: { status: number; headers: Record<string, string>; body: RecordedBody } | null;
  error: string | null;
}

/** Text of JSON and plain text up to the limit; of anything else just the size. */
export interface RecordedBody {
  bytes: number;
  text?: string;
}

const secretHeaders = new Set(['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-csrftoken']);

/** For tests and for looking into a problem: tells every exchange to `sink` when it is over. Texts are kept up to `limit` bytes each. */
export function withRecorder(inner: Transport, sink: (exchange: RecordedExchange) => void, limit = 65_536): Transport {
  return {
    async send(request) {
      const sent = new Keeper(request.headers['content-type'] ?? '', limit);
      const source = request.body;
      const body = source && {
        length: source.length,
        open: async function* () {
          for await (const chunk of source.open()) {
            sent.add(chunk);
            yield chunk;
          }
        },
      };
      const about = () => ({
        method: request.method,
        path: request.path,
        headers: withoutSecrets(request.headers),
        body: source === undefined ? null : sent.body(),
      });
      try {
        const response = await inner.send(body === undefined ? request : { ...request, body });
        const got = new Keeper(response.headers['content-type'] ?? '', limit);
        return watchBody(response, {
          onChunk: (chunk) => got.add(chunk),
          onEnd: (error) =>
            sink({
              operation: request.operation,
              request: about(),
              response: { status: response.status, headers: withoutSecrets(response.headers), body: got.body() },
              error: error === undefined ? null : describe(error),
            }),
        });
      } catch (error) {
        sink({ operation: request.operation, request: about(), response: null, error: describe(error) });
        throw error;
      }
    },
    close: () => inner.close(),
  };
}

class Keeper {
  #bytes = 0;
  readonly #chunks: Uint8Array[] = [];
  readonly #isText: boolean;

  constructor(
    contentType: string,
    private readonly limit: number,
  ) {
    this.#isText = /^(application\/json|text\/)/.test(contentType);
  }

  add(chunk: Uint8Array): void {
    if (this.#isText && this.#bytes < this.limit) this.#chunks.push(chunk.slice(0, this.limit - this.#bytes));
    this.#bytes += chunk.byteLength;
  }

  body(): RecordedBody {
    return this.#isText ? { bytes: this.#bytes, text: Buffer.concat(this.#chunks).toString('utf8') } : { bytes: this.#bytes };
  }
}

function withoutSecrets(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secretHeaders.has(name.toLowerCase()) ? '<secret>' : value]));
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
