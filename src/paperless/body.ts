import type { RequestBody, TransportResponse } from './transport';

/** A body that is in memory already: JSON, mostly. */
export function bytesBody(bytes: Uint8Array): RequestBody {
  return {
    length: bytes.byteLength,
    // eslint-disable-next-line @typescript-eslint/require-await -- an async iterable is the contract; there is nothing to wait for
    open: async function* () {
      yield bytes;
    },
  };
}

export class BodyTooLarge extends Error {}

/** The whole body in memory; ends with BodyTooLarge beyond `limit` bytes. */
export async function readWhole(response: TransportResponse, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > limit) throw new BodyTooLarge(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size);
}

/** The first `limit` bytes of a body, as text; what follows is discarded. For error pages. */
export async function readStart(response: TransportResponse, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= limit) break;
  }
  return Buffer.concat(chunks, size).subarray(0, limit).toString('utf8');
}

export interface BodyWatcher {
  onChunk?(chunk: Uint8Array): void;
  /** Called exactly once: at the end, at an error (then with it), when the reader stops early or discards. */
  onEnd(error?: unknown): void;
}

/** The same response, with someone told when its body is over: what a decorator needs to count, or to give back its slot. */
export function watchBody(response: TransportResponse, watcher: BodyWatcher): TransportResponse {
  let over = false;
  const end = (error?: unknown) => {
    if (over) return;
    over = true;
    watcher.onEnd(error);
  };
  async function* read() {
    try {
      for await (const chunk of response.body) {
        watcher.onChunk?.(chunk);
        yield chunk;
      }
    } catch (error) {
      end(error);
      throw error;
    } finally {
      end();
    }
  }
  return {
    status: response.status,
    headers: response.headers,
    body: read(),
    discard: async () => {
      try {
        await response.discard();
      } finally {
        end();
      }
    },
  };
}
