import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Digests, type FileStore } from './files';

/** Keeps uploads in a folder of its own under the system's temp folder, so that files of any size need no memory. */
export class DiskStore implements FileStore {
  readonly folder = mkdtempSync(join(tmpdir(), 'paperless-simulator-'));
  #count = 0;

  async write(chunks: AsyncIterable<Uint8Array>) {
    const path = join(this.folder, String(++this.#count));
    const digests = new Digests();
    const out = createWriteStream(path);
    try {
      for await (const chunk of chunks) {
        digests.add(chunk);
        if (!out.write(chunk)) await once(out, 'drain');
      }
    } finally {
      out.end();
      await once(out, 'close');
    }
    return {
      ...digests.end(),
      read: () => createReadStream(path) as AsyncIterable<Uint8Array>,
      drop: () => rmSync(path, { force: true }),
    };
  }

  /** Removes the folder and everything in it. */
  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
