import assert from 'node:assert/strict';
import type { Connection } from '../../demo/compare/http.js';
import { machineEnvironment } from '../../simulator/environment.js';
import { listen } from '../../simulator/http/server.js';
import { Instance } from '../../simulator/instance.js';
import type { Library } from '../../simulator/library/types.js';
import type { SimulatedVersion } from '../../simulator/profile.js';
import { generatedFile } from '../../simulator/state/files.js';

/** An instance on a loopback port. */
export class Server {
  private constructor(
    readonly connection: Connection,
    private readonly instance: Instance,
    private readonly shut: () => Promise<void>,
  ) {}

  static async start(version: SimulatedVersion, library: Library | null): Promise<Server> {
    const instance = new Instance({ version, environment: machineEnvironment(1), token: 'secret' });
    if (library) instance.seed(library);
    const running = await listen((request) => instance.handle(request), 0);
    return new Server({ url: running.url, token: 'secret' }, instance, () => running.close());
  }

  async request(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const form = body instanceof FormData;
    const headers: Record<string, string> = { authorization: 'Token secret', accept: 'application/json; version=9' };
    if (body && !form) headers['content-type'] = 'application/json';
    const content = body ? { body: form ? body : JSON.stringify(body) } : {};
    const response = await fetch(this.connection.url + path, { method, headers, ...content });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  }

  /** Changes something behind everybody's back; must work. */
  async must(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await this.request(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path} answered ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async results<T>(path: string): Promise<T[]> {
    return ((await this.must('GET', `/api/${path}/?page_size=1000`)) as { results: T[] }).results;
  }

  /** Other bytes in a document's place, as no API could put them there. */
  replaceFile(id: number, bytes: Uint8Array): void {
    const row = this.instance.store.documents.get(id);
    assert.ok(row);
    row.original = generatedFile(() => bytes);
  }

  /** Uploads a file and waits until it is consumed. */
  async upload(title: string, name: string, bytes: Uint8Array): Promise<void> {
    const form = new FormData();
    form.set('document', new File([Buffer.from(bytes)], name));
    form.set('title', title);
    const task = (await this.must('POST', '/api/documents/post_document/', form)) as string;
    for (;;) {
      const [row] = (await this.must('GET', `/api/tasks/?task_id=${task}`)) as { status: string; result: string }[];
      assert.notEqual(row?.status, 'FAILURE', row?.result);
      if (row?.status === 'SUCCESS') return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  methods(): Record<string, number> {
    return this.instance.counters.methods();
  }

  stop(): Promise<void> {
    return this.shut();
  }
}
