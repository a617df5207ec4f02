/** The instance that a scenario is replayed on, with what a fixture needs to set it up and to reach into it between exchanges. */
import type { DocumentRow } from '../../simulator/state/rows';
import { VirtualEnvironment } from '../../simulator/environment';
import { Instance } from '../../simulator/instance';
import type { Answer } from './compare';
import { makeFile, type MadeFile } from './inputs';
import type { Exchange, Recording } from './recording';
import { standInStore } from './stand-in';
import { Vocabulary } from './vocabulary';

export const boundary = 'contract-boundary-7d1f0c';
// No whole second, since such a time is written shorter.
const start = Date.parse('2026-11-21T08:28:00.123+01:00');
/** Milliseconds that pass between two exchanges, and that a file takes. */
const pause = 250;

export interface Form {
  fields: Record<string, string | string[]>;
  file?: { field: string; disposition: string; type: string; bytes: Uint8Array };
}

export class Stage {
  readonly environment = new VirtualEnvironment(1, start);
  readonly vocabulary = new Vocabulary('127.0.0.1:8000');
  readonly instance: Instance;
  /** Credentials that stand behind `<token>`, by exchange; the superuser's where nothing is said. */
  readonly credentials = new Map<number, string>();

  constructor(readonly recording: Recording) {
    this.instance = new Instance({
      version: recording.server,
      environment: this.environment,
      token: 'f'.repeat(40),
      files: standInStore,
      delay: 100,
      workers: 2,
      duplicatesRefused: recording.variant === 'duplicates-refused',
    });
  }

  get store() {
    return this.instance.store;
  }

  get major(): 2 | 3 {
    return this.store.profile.major;
  }

  exchange(index: number): Exchange {
    const found = this.recording.exchanges[index];
    if (!found) throw new Error(`${this.recording.name} has no exchange ${index}`);
    return found;
  }

  /** A number in a recorded path, e.g. a document's id: the first, or the nth. */
  idInPath(index: number, nth = 0): number {
    return Number([...(this.exchange(index).request?.path ?? '').matchAll(/\d+/g)][nth]?.[0]);
  }

  /** The JSON that was sent. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the fixture says what its recording holds
  sent<T>(index: number): T {
    return this.exchange(index).request?.json as T;
  }

  /** The JSON that was answered. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the fixture says what its recording holds
  answered<T>(index: number): T {
    return this.exchange(index).response?.json as T;
  }

  /** Lets the clock and the workers go on: everything that waits is done afterwards. */
  async settle(): Promise<void> {
    await this.environment.advance(Infinity);
    this.environment.pass(pause);
  }

  async send(method: string, path: string, headers: Record<string, string>, body: Uint8Array | null): Promise<Answer> {
    const length: Record<string, string> = ['POST', 'PUT', 'PATCH'].includes(method) || body ? { 'content-length': String(body?.length ?? 0) } : {};
    const response = await this.instance.handle({ method, path, headers: { host: this.vocabulary.host, ...headers, ...length }, body });
    const parts: Uint8Array[] = [];
    if (response.body instanceof Uint8Array) parts.push(response.body);
    else for await (const part of response.body) parts.push(part);
    return { status: response.status, headers: response.headers, body: Buffer.concat(parts) };
  }

  /** A request of the fixture's own; what it makes is done when this returns. */
  async quiet(method: string, path: string, json?: unknown): Promise<unknown> {
    const headers = { accept: 'application/json; version=9', authorization: `Token ${'f'.repeat(40)}`, 'content-type': 'application/json' };
    const answer = await this.send(method, path, headers, json === undefined ? null : Buffer.from(JSON.stringify(json)));
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${Buffer.from(answer.body).toString().slice(0, 300)}`);
    await this.settle();
    return answer.body.length === 0 ? undefined : JSON.parse(Buffer.from(answer.body).toString());
  }

  /** Makes an object under a given id. */
  async make(collection: string, id: number, json: Record<string, unknown>): Promise<number> {
    this.nextId(collection, id);
    await this.quiet('POST', `/api/${collection}/`, json);
    return id;
  }

  /** The id that the next object of a collection gets; collections that aren't simulated are passed over. */
  nextId(collection: string, id: number): void {
    const { store } = this;
    const tables: Record<string, { nextId: number }> = {
      tags: store.tags,
      correspondents: store.correspondents,
      document_types: store.documentTypes,
      storage_paths: store.storagePaths,
      custom_fields: store.customFields,
      users: store.users,
      groups: store.groups,
      workflows: store.workflows,
    };
    const table = tables[collection];
    if (table) table.nextId = id;
  }

  /** Uploads one of the recorder's files and gives the document the id it had there. */
  async add(
    id: number,
    stem: string,
    n: number,
    more: { fields?: Form['fields']; name?: string; text?: string; scenario?: string } = {},
  ): Promise<DocumentRow> {
    const name = more.name ?? `${stem}.pdf`;
    return this.addFile(id, makeFile(this.label(stem, n, more.scenario), name, more.text), more.fields);
  }

  async addFile(id: number, file: MadeFile, fields: Form['fields'] = {}): Promise<DocumentRow> {
    this.store.documents.nextId = id;
    const answer = await this.upload('/api/documents/post_document/', {
      fields,
      file: { field: 'document', disposition: `filename="${file.name}"`, type: file.type, bytes: file.bytes },
    });
    const row = this.store.documents.get(id);
    if (!row) throw new Error(`The fixture's ${file.name} became no document: ${Buffer.from(answer.body).toString()}`);
    return row;
  }

  /** Sends a form as the superuser and waits until it is consumed. */
  async upload(path: string, form: Form): Promise<Answer> {
    const answer = await this.post(path, form);
    await this.settle();
    return answer;
  }

  /** Sends a form as the superuser; the workers stay where they are. */
  post(path: string, form: Form): Promise<Answer> {
    const headers = { authorization: `Token ${'f'.repeat(40)}`, 'content-type': `multipart/form-data; boundary=${boundary}` };
    return this.send('POST', path, headers, multipart(form));
  }

  /** The bytes of one of the recorder's PDFs. */
  file(stem: string, n: number): Uint8Array {
    return makeFile(this.label(stem, n), `${stem}.pdf`).bytes;
  }

  label(stem: string, n: number, scenario = this.recording.scenario): string {
    return `${scenario} ${stem} ${n}${this.recording.api === 10 ? ' v10' : ''}`;
  }
}

export function multipart(form: Form): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries(form.fields)) {
    for (const one of Array.isArray(value) ? value : [value])
      parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${one}\r\n`));
  }
  if (form.file) {
    const { field, disposition, type, bytes } = form.file;
    parts.push(
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${field}"; ${disposition}\r\nContent-Type: ${type}\r\n\r\n`),
      Buffer.from(bytes),
      Buffer.from('\r\n'),
    );
  }
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}
