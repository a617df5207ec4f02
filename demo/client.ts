import type { LibraryFile } from '../simulator/library/types.js';
import type { Connection } from './compare/http.js';

/** What a server refused, or did with a request that it shouldn't have. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError';

  constructor(
    message: string,
    /** HTTP status; 0 when it isn't about one answer. */
    readonly status = 0,
  ) {
    super(message);
  }
}

export interface Answer {
  status: number;
  body: unknown;
}

/** A paperless over HTTP as a person's client uses it, by the version of the API that 2.16 to 3.0 all speak. Shares nothing with the product. */
export class Client {
  readonly url: string;

  constructor(private readonly connection: Connection) {
    this.url = connection.url.replace(/\/+$/u, '');
  }

  async request(method: string, path: string, body?: object): Promise<Answer> {
    const form = body instanceof FormData;
    const headers: Record<string, string> = { authorization: `Token ${this.connection.token}`, accept: 'application/json; version=9' };
    if (body !== undefined && !form) headers['content-type'] = 'application/json';
    const content = body === undefined ? {} : { body: form ? body : JSON.stringify(body) };
    const response = await fetch(this.url + path, { method, headers, redirect: 'manual', ...content });
    const text = await response.text();
    const json = (response.headers.get('content-type') ?? '').startsWith('application/json');
    return { status: response.status, body: json && text !== '' ? (JSON.parse(text) as unknown) : text };
  }

  /** @throws ClientError when it isn't answered with 2xx */
  async must(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await this.request(method, path, body);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    const said = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    throw new ClientError(`${method} ${path} answered ${answer.status}: ${said.slice(0, 300)}`, answer.status);
  }

  async bytes(path: string): Promise<Uint8Array> {
    const headers = { authorization: `Token ${this.connection.token}`, accept: '*/*', 'accept-encoding': 'identity' };
    const response = await fetch(this.url + path, { headers, redirect: 'manual' });
    if (response.status !== 200) throw new ClientError(`GET ${path} answered ${response.status}.`, response.status);
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Everything of a collection, as the server orders it. */
  async all<T>(path: string): Promise<T[]> {
    return ((await this.must('GET', `/api/${path}/?page_size=100000`)) as { results: T[] }).results;
  }

  async documentIds(): Promise<number[]> {
    const { all = [] } = (await this.must('GET', '/api/documents/?page_size=1&fields=id&ordering=id')) as { all?: number[] };
    return all;
  }

  /** A file for a form. paperless unescapes HTML in the names of uploads, and forms can't carry a quote otherwise. */
  static form(file: LibraryFile, fields: Record<string, string | string[]> = {}): FormData {
    const form = new FormData();
    const name = file.originalFileName.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
    form.set('document', new File([Buffer.from(file.bytes())], name, { type: file.mimeType }));
    for (const [key, value] of Object.entries(fields)) for (const one of [value].flat()) form.append(key, one);
    return form;
  }

  /** Waits for a consumption. Resolves to the id that the task tells: a new document's, or a new version's. */
  async consumed(task: string, what: string): Promise<number> {
    const end = Date.now() + 600_000;
    for (let wait = 20; Date.now() < end; wait = Math.min(2000, wait * 1.5)) {
      const [row] = (await this.must('GET', `/api/tasks/?task_id=${task}`)) as {
        status: string;
        result: string | null;
        related_document: string | number | null;
      }[];
      if (row?.status === 'FAILURE') throw new ClientError(`"${what}" wasn't consumed: ${row.result ?? 'no reason given'}`);
      if (row?.status === 'SUCCESS' && row.related_document !== null) return Number(row.related_document);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
    throw new ClientError(`"${what}" wasn't consumed in ten minutes. Does the instance's worker run?`);
  }
}
