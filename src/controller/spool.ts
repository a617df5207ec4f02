import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { SpoolFullError, type Spool, type SpooledFile } from '../sync';
import { bodyPassed } from './used-buffers';

async function* readAgain(path: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    yield chunk;
    bodyPassed(chunk.length);
  }
}

/** Free space that is always left to everybody else on the disk. */
const RESERVE_BYTES = 256 * 1024 * 1024;

/**
 * A folder for bodies under way. Emptied when it is opened: what a killed process left there belongs to rows that will fetch it again.
 * @param maxBytes cap over all files in it, read at every file
 */
export async function openSpool(folder: string, maxBytes: () => number): Promise<Spool> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
  let used = 0;

  const claim = async (bytes: number): Promise<void> => {
    if (used + bytes > maxBytes()) {
      throw new SpoolFullError(
        `The spool is full: ${bytes} more bytes would go over its cap of ${maxBytes()}.`,
        'Raise spool_max_bytes, or wait: files leave the spool as soon as every replica has them.',
      );
    }
    const disk = await statfs(folder);
    if (disk.bavail * disk.bsize < bytes + RESERVE_BYTES) {
      throw new SpoolFullError(
        `The disk of the spool (${folder}) has no room for ${bytes} more bytes.`,
        'Free space on that disk; the document is fetched again.',
      );
    }
    used += bytes;
  };

  return {
    async receive(chunks, { expectedSize, signal }): Promise<SpooledFile> {
      let claimed = expectedSize ?? 0;
      await claim(claimed);
      const path = join(folder, randomUUID());
      const sha256 = createHash('sha256');
      const md5 = createHash('md5');
      let size = 0;
      try {
        const file = await open(path, 'wx', 0o600);
        try {
          for await (const chunk of chunks) {
            signal?.throwIfAborted();
            if (size + chunk.length > claimed) {
              const more = Math.max(chunk.length, 1024 * 1024);
              await claim(more);
              claimed += more;
            }
            sha256.update(chunk);
            md5.update(chunk);
            await file.writeFile(chunk);
            size += chunk.length;
            bodyPassed(chunk.length);
          }
        } finally {
          await file.close();
        }
      } catch (error) {
        used -= claimed;
        await rm(path, { force: true });
        throw error;
      }
      used -= claimed - size;
      let removed = false;
      return {
        size,
        sha256: sha256.digest('hex'),
        md5: md5.digest('hex'),
        open: () => readAgain(path),
        remove: async () => {
          if (removed) return;
          removed = true;
          used -= size;
          await rm(path, { force: true });
        },
      };
    },
  };
}
