/** What can happen to stored files behind paperless's back: its database goes on saying what they were. */
import type { StoredFile } from './files';
import type { DocumentRow } from './rows';
import type { Store } from './store';

/** `damaged`: one byte is another one. `missing`: no such file. `locked`: the server may not read it. */
export type Harm = 'damaged' | 'missing' | 'locked';

/** A file that is not what was stored; its size and sums stay those of the database. */
interface HarmedFile extends StoredFile {
  readonly harm: Harm;
  readonly whole: StoredFile;
  /** Somebody wants the bytes. */
  ask(): void;
}

export class Disk {
  /** How often a harmed file was asked for. */
  readonly asked: Record<Harm, number> = { damaged: 0, missing: 0, locked: 0 };

  constructor(private readonly store: Store) {}

  /** `id` is a document's, or on 3.x a version's. */
  harm(id: number, harm: Harm): void {
    const row = this.#row(id);
    const whole = wholeOf(row.original);
    const { size, sha256, md5 } = whole;
    const file: HarmedFile = {
      ...{ harm, whole, size, sha256, md5 },
      ask: () => void (this.asked[harm] += 1),
      read: () => flipped(whole),
      drop: () => whole.drop(),
    };
    row.original = file;
  }

  /** The file was put back from a backup. */
  mend(id: number): void {
    const row = this.#row(id);
    row.original = wholeOf(row.original);
  }

  #row(id: number): DocumentRow {
    const row = this.store.documents.get(id);
    if (row === undefined) throw new Error(`There is no document ${id} on this instance.`);
    return row;
  }
}

/** What became of a file on the disk; null: nothing. Counts as a look at it. */
export function harmOf(file: StoredFile): Harm | null {
  if (!isHarmed(file)) return null;
  file.ask();
  return file.harm;
}

/** Whether the disk has a file of that name. */
export function isThere(file: StoredFile): boolean {
  return !isHarmed(file) || file.harm !== 'missing';
}

function isHarmed(file: StoredFile): file is HarmedFile {
  return 'harm' in file;
}

function wholeOf(file: StoredFile): StoredFile {
  return isHarmed(file) ? file.whole : file;
}

async function* flipped(file: StoredFile): AsyncGenerator<Uint8Array> {
  const body = file.read();
  const middle = file.size >> 1;
  let at = 0;
  for await (const part of body instanceof Uint8Array ? [body] : body) {
    const chunk = Uint8Array.from(part);
    if (middle >= at && middle < at + chunk.length) chunk[middle - at] = (chunk[middle - at] ?? 0) ^ 1;
    at += chunk.length;
    yield chunk;
  }
}
