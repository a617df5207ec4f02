import { createHash, type Hash } from 'node:crypto';

/** The bytes of one file and what identifies them. Bytes are read when asked for, so that they can lie on disk or be made anew. */
export interface StoredFile {
  size: number;
  sha256: string;
  md5: string;
  read(): Uint8Array | AsyncIterable<Uint8Array>;
  /** Lets go of the bytes; reading is an error afterwards. */
  drop(): void;
}

/** Where uploaded bytes go. */
export interface FileStore {
  write(chunks: AsyncIterable<Uint8Array>): Promise<StoredFile>;
}

export class Digests {
  readonly #sha256: Hash = createHash('sha256');
  readonly #md5: Hash = createHash('md5');
  size = 0;

  add(chunk: Uint8Array): void {
    this.#sha256.update(chunk);
    this.#md5.update(chunk);
    this.size += chunk.length;
  }

  end(): { size: number; sha256: string; md5: string } {
    return { size: this.size, sha256: this.#sha256.digest('hex'), md5: this.#md5.digest('hex') };
  }
}

/** A file whose bytes are made by a function, the same on every call; its sums are taken when somebody asks for them. */
class GeneratedFile implements StoredFile {
  #sums: { size: number; sha256: string; md5: string } | undefined;

  constructor(readonly read: () => Uint8Array) {}

  #known() {
    if (!this.#sums) {
      const digests = new Digests();
      digests.add(this.read());
      this.#sums = digests.end();
    }
    return this.#sums;
  }

  get size(): number {
    return this.#known().size;
  }

  get sha256(): string {
    return this.#known().sha256;
  }

  get md5(): string {
    return this.#known().md5;
  }

  drop(): void {
    return;
  }
}

export function generatedFile(bytes: () => Uint8Array): StoredFile {
  return new GeneratedFile(bytes);
}

/** A file that is held in memory. */
export function memoryFile(bytes: Uint8Array): StoredFile {
  return generatedFile(() => bytes);
}

/** Keeps uploads in memory: for runs in one process, with small files. */
export const memoryStore: FileStore = {
  async write(chunks) {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    return memoryFile(Buffer.concat(parts));
  },
};

/** All bytes of a file at once: for parsers of small files. */
export async function allBytes(file: StoredFile): Promise<Uint8Array> {
  const body = file.read();
  if (body instanceof Uint8Array) return body;
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}
