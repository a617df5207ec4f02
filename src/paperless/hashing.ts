import { createHash } from 'node:crypto';

export interface Sums {
  /** Lower-case hex. */
  sha256: string;
  md5: string;
  /** Bytes. */
  size: number;
}

/** Passes chunks on and hashes them on the way: SHA-256 for 3.x, MD5 for 2.x. `result()` throws until the chunks have come to their end. */
export function hashing(source: AsyncIterable<Uint8Array>): { chunks: AsyncIterable<Uint8Array>; result: () => Sums } {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let size = 0;
  let sums: Sums | undefined;
  async function* pass() {
    for await (const chunk of source) {
      sha256.update(chunk);
      md5.update(chunk);
      size += chunk.byteLength;
      yield chunk;
    }
    sums = { sha256: sha256.digest('hex'), md5: md5.digest('hex'), size };
  }
  return {
    chunks: pass(),
    result() {
      if (sums === undefined) throw new Error('hashing: asked for sums before the last chunk was read');
      return sums;
    },
  };
}
