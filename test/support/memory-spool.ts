import { createHash } from 'node:crypto';
import { SpoolFullError, type Spool, type SpooledFile } from '../../src/sync';

/** The spool without a disk; `held` tells what nobody has let go of. */
export class MemorySpool implements Spool {
  held = 0;

  constructor(
    public cap = Infinity,
    private readonly asked: () => void = () => undefined,
  ) {}

  async receive(
    chunks: AsyncIterable<Uint8Array>,
    { expectedSize, signal }: { expectedSize: number | null; signal?: AbortSignal },
  ): Promise<SpooledFile> {
    this.asked();
    // As the one on a disk does: refused before a byte is read.
    if (this.held + (expectedSize ?? 0) > this.cap) throw new SpoolFullError('The spool is full.', 'Wait.');
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      size += chunk.length;
      if (this.held + size > this.cap) throw new SpoolFullError('The spool is full.', 'Wait.');
      parts.push(chunk);
    }
    const bytes = Buffer.concat(parts);
    this.held += size;
    let removed = false;
    return {
      size,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      md5: createHash('md5').update(bytes).digest('hex'),
      // eslint-disable-next-line @typescript-eslint/require-await -- an async iterable is the contract; memory has nothing to wait for
      open: async function* () {
        yield bytes;
      },
      remove: () => {
        if (!removed) this.held -= size;
        removed = true;
        return Promise.resolve();
      },
    };
  }
}
