/** Files that a recording describes but doesn't hold: their kind's first bytes and a mark, believed to have the recorded sums. */
import type { FileStore, StoredFile } from '../../simulator/state/files';
import { memoryStore } from '../../simulator/state/files';
import type { RecordedFile } from './recording';

interface Sums {
  size: number;
  sha256: string;
  md5: string;
}

const heads: Record<string, Buffer> = {
  'image/png': Buffer.from('89504e470d0a1a0a', 'hex'),
  'application/pdf': Buffer.from('%PDF-1.4\n1 0 obj\n<< /Type /Page >>\nendobj\n'),
};

const mark = /STAND-IN (\{.*?\})/;

export function standInFile({ size, bytes_sha256, bytes_md5, type }: RecordedFile): Buffer {
  const sums: Sums = { size, sha256: bytes_sha256, md5: bytes_md5 };
  return Buffer.concat([heads[type] ?? Buffer.alloc(0), Buffer.from(`STAND-IN ${JSON.stringify(sums)}\n%%EOF\n`)]);
}

export function standInDigests(bytes: Uint8Array): Sums | undefined {
  const found = mark.exec(Buffer.from(bytes).toString('latin1'));
  return found ? (JSON.parse(found[1] ?? '{}') as Sums) : undefined;
}

/** Keeps files in memory and gives stand-ins the sums of what they stand for. */
export const standInStore: FileStore = {
  async write(chunks) {
    const file = await memoryStore.write(chunks);
    return withSums(file, standInDigests(file.read() as Uint8Array));
  },
};

function withSums(file: StoredFile, sums: Sums | undefined): StoredFile {
  return sums ? withTheseSums(file, sums) : file;
}

/** The same bytes, believed to have other sums. */
export function withTheseSums(file: StoredFile, sums: Sums): StoredFile {
  return { ...sums, read: () => file.read(), drop: () => file.drop() };
}
