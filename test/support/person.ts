import assert from 'node:assert/strict';
import type { Instance } from '../../simulator/instance';
import type { VirtualTime } from './virtual-time';
import { bytesOf } from './faults';

/** Somebody at one server's web interface: what is done there goes through its API, with all that paperless makes of it, and is counted by nobody. */
export class Person {
  constructor(
    private readonly instance: Instance,
    private readonly token: string,
    private readonly time: Pick<VirtualTime, 'wait' | 'run'>,
  ) {}

  /** The answer's JSON; throws when the server refuses. */
  async ask(method: string, path: string, json?: unknown): Promise<unknown> {
    const body = json === undefined ? null : Buffer.from(JSON.stringify(json));
    return this.#send(method, path, body, 'application/json');
  }

  patch(id: number, change: Record<string, unknown>): Promise<unknown> {
    return this.ask('PATCH', `/api/documents/${id}/`, change);
  }

  note(id: number, text: string): Promise<unknown> {
    return this.ask('POST', `/api/documents/${id}/notes/`, { note: text });
  }

  deleteNote(id: number, noteId: number): Promise<unknown> {
    return this.ask('DELETE', `/api/documents/${id}/notes/?id=${noteId}`);
  }

  trash(id: number): Promise<unknown> {
    return this.ask('DELETE', `/api/documents/${id}/`);
  }

  emptyTrash(): Promise<unknown> {
    return this.ask('POST', '/api/trash/', { action: 'empty' });
  }

  /** The id of what was made. */
  async create(
    kind: 'tags' | 'correspondents' | 'document_types' | 'storage_paths' | 'custom_fields',
    fields: Record<string, unknown>,
  ): Promise<number> {
    return ((await this.ask('POST', `/api/${kind}/`, { matching_algorithm: 0, ...fields })) as { id: number }).id;
  }

  edit(
    kind: 'tags' | 'correspondents' | 'document_types' | 'storage_paths' | 'custom_fields',
    id: number,
    fields: Record<string, unknown>,
  ): Promise<unknown> {
    return this.ask('PATCH', `/api/${kind}/${id}/`, fields);
  }

  /** Uploads and waits for the worker; the document's id. */
  async upload(name: string, bytes: Uint8Array | string, fields: Record<string, string> = {}): Promise<number> {
    return this.#made(await this.submit(name, bytes, fields));
  }

  /** Uploads and doesn't wait; the task's UUID. */
  async submit(name: string, bytes: Uint8Array | string, fields: Record<string, string> = {}): Promise<string> {
    return (await this.#form('/api/documents/post_document/', name, bytes, fields)) as string;
  }

  /** 3.x: a further version of a document. */
  async uploadVersion(id: number, name: string, bytes: Uint8Array | string, label?: string): Promise<number> {
    return this.#made(await this.submitVersion(id, name, bytes, label));
  }

  async submitVersion(id: number, name: string, bytes: Uint8Array | string, label?: string): Promise<string> {
    const fields: Record<string, string> = label === undefined ? {} : { version_label: label };
    return (await this.#form(`/api/documents/${id}/update_version/`, name, bytes, fields)) as string;
  }

  async #made(taskId: string): Promise<number> {
    return this.time.run(
      (async () => {
        for (;;) {
          const task = this.instance.store.tasks.all().find((row) => row.taskId === taskId);
          assert.ok(task);
          if (task.outcome?.kind === 'document') return task.outcome.id;
          assert.equal(task.outcome, null, `upload failed: ${JSON.stringify(task.outcome)}`);
          await this.time.wait(50);
        }
      })(),
    );
  }

  #form(path: string, name: string, bytes: Uint8Array | string, fields: Record<string, string>): Promise<unknown> {
    const boundary = 'a-boundary-of-a-person';
    const part = (head: string): string => `--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n`;
    const body = Buffer.concat([
      Buffer.from(
        Object.entries(fields)
          .map(([key, value]) => `${part(`name="${key}"`)}\r\n${value}\r\n`)
          .join(''),
      ),
      Buffer.from(`${part(`name="document"; filename="${name}"`)}Content-Type: application/octet-stream\r\n\r\n`),
      Buffer.from(bytes),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]);
    return this.#send('POST', path, body, `multipart/form-data; boundary=${boundary}`);
  }

  async #send(method: string, path: string, body: Uint8Array | null, type: string): Promise<unknown> {
    const headers: Record<string, string> = { accept: 'application/json; version=9', authorization: `Token ${this.token}`, host: 'web.test' };
    if (body !== null) Object.assign(headers, { 'content-type': type, 'content-length': String(body.length) });
    const answer = await this.instance.handle({ method, path, headers, body });
    const text = (await bytesOf(answer)).toString('utf8');
    assert.ok(answer.status < 300, `${method} ${path} was answered ${answer.status}: ${text.slice(0, 300)}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  }
}
