import type { LibraryFile } from '../types.js';
import { pdf, pdfText } from './pdf.js';
import { jpeg, png, receipt } from './picture.js';
import type { Subject } from './subject.js';
import { csv, txt } from './text.js';

export type FileKind = 'pdf' | 'png' | 'jpeg' | 'txt' | 'csv';

const makers: Record<FileKind, { mimeType: string; bytes: (subject: Subject) => Uint8Array; text: (subject: Subject) => string }> = {
  pdf: { mimeType: 'application/pdf', bytes: pdf, text: pdfText },
  png: { mimeType: 'image/png', bytes: png, text: (s) => receipt(s).join('\n') },
  jpeg: { mimeType: 'image/jpeg', bytes: jpeg, text: (s) => receipt(s).join('\n') },
  // Every fifth comes from Windows: the text that a parser finds has plain line ends all the same.
  txt: { mimeType: 'text/plain', bytes: (s) => Buffer.from(s.key % 5 === 0 ? txt(s).replaceAll('\n', '\r\n') : txt(s)), text: txt },
  csv: { mimeType: 'text/csv', bytes: (s) => Buffer.from(csv(s)), text: csv },
};

/** Keeps the files that were asked for last, up to a number of bytes. */
export class ByteCache {
  private readonly kept = new Map<number, Uint8Array>();
  private size = 0;

  constructor(private readonly limit: number) {}

  get(key: number, make: () => Uint8Array): Uint8Array {
    const found = this.kept.get(key);
    const bytes = found ?? make();
    if (found) this.kept.delete(key);
    else this.size += bytes.length;
    this.kept.set(key, bytes);
    for (const [oldest, old] of this.kept) {
      if (this.size <= this.limit || oldest === key) break;
      this.kept.delete(oldest);
      this.size -= old.length;
    }
    return bytes;
  }
}

/** A file of a library: nothing of it is made before it is asked for. */
export class GeneratedFile implements LibraryFile {
  readonly mimeType: string;
  readonly pageCount: number | null;

  // Private by #, so that a library prints and compares as the plain data that it is.
  readonly #kind: FileKind;
  readonly #subject: Subject;
  readonly #cache: ByteCache;

  constructor(
    readonly originalFileName: string,
    kind: FileKind,
    subject: Subject,
    cache: ByteCache,
  ) {
    this.#kind = kind;
    this.#subject = subject;
    this.#cache = cache;
    this.mimeType = makers[kind].mimeType;
    this.pageCount = kind === 'pdf' ? subject.pages : null;
  }

  get text(): string {
    return makers[this.#kind].text(this.#subject);
  }

  bytes(): Uint8Array {
    return this.#cache.get(this.#subject.key, () => makers[this.#kind].bytes(this.#subject));
  }
}
