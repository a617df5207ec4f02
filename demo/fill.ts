import { parseArgs } from 'node:util';
import { generateLibrary } from '../simulator/library/index.js';
import type { Library, LibraryDocument } from '../simulator/library/types.js';
import type { Connection } from './compare/http.js';
import { inParallel } from './compare/http.js';

/** What the instance refused, or did with a document that it shouldn't have. */
export class FillError extends Error {
  override readonly name = 'FillError';
}

type Ids = ReadonlyMap<string, number>;

interface Names {
  tags: Ids;
  correspondents: Ids;
  documentTypes: Ids;
  storagePaths: Ids;
  customFields: Ids;
}

export interface FillOptions {
  /** Set every document's text, not only those that a person corrected: OCR reads differently on each server. */
  texts: boolean;
  /** Uploads under way at once. */
  width: number;
  tell: (line: string) => void;
}

/** Puts a generated library into an empty instance, simulated or real, through its API as a person's client would. */
export class Filler {
  private writes: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly options: FillOptions,
  ) {}

  /** One write at a time: beside running consumption, paperless on SQLite answers parallel ones with 500. */
  private serially<T>(work: () => Promise<T>): Promise<T> {
    const done = this.writes.then(work, work);
    this.writes = done.catch(() => undefined);
    return done;
  }

  /** A PATCH that may be repeated: a 500 of a locked database says nothing about what was written. */
  private async patch(path: string, body: object): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.request('PATCH', path, body);
        return;
      } catch (error) {
        if (attempt === 5 || !(error instanceof FillError) || !error.message.includes('answered 500')) throw error;
      }
    }
  }

  private async note(id: number, text: string): Promise<void> {
    const path = `/api/documents/${id}/notes/`;
    const before = ((await this.request('GET', path)) as object[]).length;
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      // Errors come as 200 with an object, or as 500; either way the list tells.
      await this.request('POST', path, { note: text }).catch(() => undefined);
      if (((await this.request('GET', path)) as object[]).length > before) return;
    }
    throw new FillError(`A note on document ${id} wasn't kept.`);
  }

  private async request(method: string, path: string, body?: object): Promise<unknown> {
    const form = body instanceof FormData;
    const headers: Record<string, string> = { authorization: `Token ${this.connection.token}`, accept: 'application/json; version=9' };
    if (body !== undefined && !form) headers['content-type'] = 'application/json';
    const content = body === undefined ? {} : { body: form ? body : JSON.stringify(body) };
    const response = await fetch(this.connection.url + path, { method, headers, redirect: 'manual', ...content });
    const text = await response.text();
    if (!response.ok) throw new FillError(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  }

  /** Creates everything of a kind, in order, and tells the ids by name. */
  private async create(path: string, rows: readonly { name: string }[], body: (row: never, made: Ids) => object): Promise<Map<string, number>> {
    const made = new Map<string, number>();
    for (const row of rows) {
      const { id } = (await this.request('POST', `/api/${path}/`, body(row as never, made))) as { id: number };
      made.set(row.name, id);
    }
    return made;
  }

  private async names(library: Library): Promise<Names> {
    const named = ({ name }: { name: string }): object => ({ name, owner: null, matching_algorithm: 0 });
    return {
      tags: await this.create('tags', library.tags, (tag: Library['tags'][number], made) => {
        const parent = tag.parent === undefined ? null : made.get(tag.parent);
        // Without the inbox flag: it would put the tag on every upload.
        return { ...named(tag), color: tag.color, parent };
      }),
      correspondents: await this.create('correspondents', library.correspondents, named),
      documentTypes: await this.create('document_types', library.documentTypes, named),
      storagePaths: await this.create('storage_paths', library.storagePaths, (row: Library['storagePaths'][number]) => ({
        ...named(row),
        path: row.path,
      })),
      customFields: await this.create('custom_fields', library.customFields, (row: Library['customFields'][number]) => {
        const options = row.options ? { select_options: row.options } : {};
        const currency = row.defaultCurrency === undefined ? {} : { default_currency: row.defaultCurrency };
        return { name: row.name, data_type: row.dataType, extra_data: { ...options, ...currency } };
      }),
    };
  }

  /** Waits for a consumption; the new document's id. */
  private async consumed(task: string, title: string): Promise<number> {
    const end = Date.now() + 600_000;
    for (let wait = 100; Date.now() < end; wait = Math.min(2000, wait * 1.5)) {
      const [row] = (await this.request('GET', `/api/tasks/?task_id=${task}`)) as {
        status: string;
        result: string;
        related_document: string | number | null;
      }[];
      if (row?.status === 'FAILURE') throw new FillError(`"${title}" wasn't consumed: ${row.result}`);
      if (row?.status === 'SUCCESS' && row.related_document !== null) return Number(row.related_document);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    throw new FillError(`"${title}" wasn't consumed in ten minutes. Does the instance's worker run?`);
  }

  private async add(document: LibraryDocument, names: Names): Promise<void> {
    const { file, title } = document;
    const form = new FormData();
    // paperless unescapes HTML in the names of uploads.
    form.set('document', new File([Buffer.from(file.bytes())], file.originalFileName.replaceAll('&', '&amp;'), { type: file.mimeType }));
    form.set('created', document.created);
    const id = await this.consumed((await this.request('POST', '/api/documents/post_document/', form)) as string, title);
    const idOf = (ids: Ids, name: string | undefined): number | null => (name === undefined ? null : (ids.get(name) ?? null));
    const content = document.content ?? (this.options.texts ? file.text : undefined);
    const wanted = {
      title,
      created: document.created,
      correspondent: idOf(names.correspondents, document.correspondent),
      document_type: idOf(names.documentTypes, document.documentType),
      storage_path: idOf(names.storagePaths, document.storagePath),
      tags: document.tags.map((name) => idOf(names.tags, name)),
      archive_serial_number: document.archiveSerialNumber ?? null,
      custom_fields: document.customFields.map(({ field, value }) => ({ field: idOf(names.customFields, field), value })),
      owner: null,
      ...(content === undefined ? {} : { content }),
    };
    await this.serially(async () => {
      await this.patch(`/api/documents/${id}/`, wanted);
      for (const { text } of document.notes) await this.note(id, text);
    });
  }

  async fill(library: Library): Promise<void> {
    const { count } = (await this.request('GET', '/api/documents/?page_size=1&fields=id')) as { count: number };
    if (count > 0) throw new FillError(`${this.connection.url} holds ${count} documents already. Give an empty instance.`);
    const names = await this.names(library);
    let done = 0;
    await inParallel(library.documents, this.options.width, async (document) => {
      await this.add(document, names);
      done += 1;
      if (done % 10 === 0) this.options.tell(`${done} of ${library.documents.length} documents`);
    });
  }
}

const usage = `Fills an empty paperless, simulated or real, with a generated library, over its API.

  node dist/demo/fill.js --url URL --token T [--documents 100] [--seed 1] [--texts] [--width 2]

  --texts   set every document's text instead of leaving what the server read
  --width   uploads under way at once
`;

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const options = { url: text, token: text, documents: text, seed: text, width: text, texts: { type: 'boolean', default: false } } as const;
  const { values } = parseArgs({ options });
  if (values.url === undefined || values.token === undefined) throw new FillError(usage);
  const library = generateLibrary({ documents: Number(values.documents ?? 100), seed: Number(values.seed ?? 1) });
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  const filler = new Filler(
    { url: values.url.replace(/\/+$/u, ''), token: values.token },
    { texts: values.texts, width: Number(values.width ?? 2), tell },
  );
  await filler.fill(library);
  tell(`${library.documents.length} documents are there.`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
