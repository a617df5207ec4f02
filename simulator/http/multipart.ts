/** A streaming reader of multipart/form-data: fields are kept, the file goes on as a stream. */
import { printableName } from '../state/file-name';
import { letters } from '../state/letters';
import type { FileStore, StoredFile } from '../state/files';
import type { Body } from './messages';

export interface UploadedFile {
  field: string;
  filename: string;
  file: StoredFile;
  /** Its first bytes, for telling its kind. */
  head: Uint8Array;
}

export interface Form {
  fields: Record<string, string[]>;
  files: UploadedFile[];
}

const headLength = 8192;

export async function* chunksOf(body: Body | null): AsyncIterable<Uint8Array> {
  if (body === null) return;
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}

/** Hands out bytes up to the next boundary, without keeping more than one chunk and a boundary's length. */
class Parts {
  #buffer = Buffer.alloc(0);
  #ended = false;
  readonly #chunks: AsyncIterator<Uint8Array>;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const next = await this.#chunks.next();
    if (next.done) {
      this.#ended = true;
      return false;
    }
    this.#buffer = Buffer.concat([this.#buffer, next.value]);
    return true;
  }

  /** Yields everything before `mark` and swallows the mark; false from `found` when the body ended first. */
  async *until(mark: Buffer, result: { found: boolean }): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#buffer.indexOf(mark);
      if (at >= 0) {
        if (at > 0) yield this.#buffer.subarray(0, at);
        this.#buffer = this.#buffer.subarray(at + mark.length);
        result.found = true;
        return;
      }
      const safe = this.#buffer.length - mark.length;
      if (safe > 0) {
        yield this.#buffer.subarray(0, safe);
        this.#buffer = this.#buffer.subarray(safe);
      }
      if (!(await this.#more())) return;
    }
  }

  async text(mark: string): Promise<string | undefined> {
    const result = { found: false };
    const parts: Uint8Array[] = [];
    for await (const part of this.until(Buffer.from(mark), result)) parts.push(part);
    return result.found ? Buffer.concat(parts).toString('utf8') : undefined;
  }

  async peek(length: number): Promise<string> {
    while (this.#buffer.length < length && (await this.#more()));
    return this.#buffer.subarray(0, length).toString('latin1');
  }

  async drain(): Promise<void> {
    this.#buffer = Buffer.alloc(0);
    while (await this.#more()) this.#buffer = Buffer.alloc(0);
  }
}

export async function readForm(body: Body | null, boundary: string, store: FileStore): Promise<Form> {
  const form: Form = { fields: {}, files: [] };
  const parts = new Parts(chunksOf(body));
  if ((await parts.text(`--${boundary}`)) === undefined) return form;
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  while ((await parts.peek(2)) !== '--') {
    const head = await parts.text('\r\n\r\n');
    if (head === undefined) break;
    const disposition = parseDisposition(head);
    const result = { found: false };
    const content = parts.until(delimiter, result);
    if (disposition.name === undefined || (disposition.filename === '' && !disposition.nameless)) for await (const _ of content);
    else if (disposition.filename === undefined || disposition.nameless) await readField(form, disposition.name, content);
    else form.files.push(await readFile(disposition.name, disposition.filename, content, store));
    if (!result.found) break;
  }
  await parts.drain();
  return form;
}

async function readField(form: Form, name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content) chunks.push(Buffer.from(chunk));
  (form.fields[name] ??= []).push(Buffer.concat(chunks).toString('utf8'));
}

async function readFile(field: string, filename: string, content: AsyncIterable<Uint8Array>, store: FileStore): Promise<UploadedFile> {
  const heads: Uint8Array[] = [];
  let seen = 0;
  async function* watched() {
    for await (const chunk of content) {
      if (seen < headLength) heads.push(Buffer.from(chunk.subarray(0, headLength - seen)));
      seen += chunk.length;
      yield chunk;
    }
  }
  const file = await store.write(watched());
  return { field, filename, file, head: Buffer.concat(heads) };
}

/** Name and file name; the file name as Django takes it: unescaped, without folders, NULs and other unprintables, at most 255 letters. */
function parseDisposition(head: string): { name?: string; filename?: string; nameless: boolean } {
  const line = head.split('\r\n').find((text) => /^content-disposition:/i.test(text)) ?? '';
  const name = /;\s*name="((?:\\.|[^"\\])*)"/i.exec(line)?.[1];
  const star = /;\s*filename\*=UTF-8''([^;\s]*)/i.exec(line)?.[1];
  const plain = /;\s*filename="((?:\\.|[^"\\])*)"/i.exec(line)?.[1];
  const raw = star === undefined ? plain?.replace(/\\(["\\])/g, '$1') : decodeURIComponent(star);
  // An empty file name makes the part a plain field; one of which nothing is left makes it vanish.
  return { ...(name !== undefined && { name }), ...(raw !== undefined && { filename: sanitize(raw) }), nameless: raw === '' };
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

export function unescapeHtml(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, code: string) => {
    if (code.startsWith('#x') || code.startsWith('#X')) return String.fromCodePoint(parseInt(code.slice(2), 16));
    if (code.startsWith('#')) return String.fromCodePoint(Number(code.slice(1)));
    return entities[code] ?? whole;
  });
}

function sanitize(raw: string): string {
  const name = unescapeHtml(raw).split('/').pop()?.split('\\').pop() ?? '';
  const printable = printableName(name);
  if (printable === '.' || printable === '..') return '';
  if (letters(printable).length <= 255) return printable;
  const dot = printable.lastIndexOf('.');
  const extension = dot > 0 ? printable.slice(dot) : '';
  return (
    letters(printable)
      .slice(0, 255 - letters(extension).length)
      .join('') + extension
  );
}
