import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { generateLibrary } from '../../../simulator/library';
import { withControl } from '../../../simulator/control';
import { ask, upload, virtual } from './helpers';

interface Document {
  id: number;
  title: string;
  tags: number[];
  custom_fields: { field: number; value: unknown }[];
  versions: { id: number; checksum: string }[];
}

describe('a seeded instance', () => {
  const plain = generateLibrary({ documents: 60, seed: 7 });
  const [fourth, fifth] = plain.documents.slice(3);
  assert.ok(fourth && fifth);
  const { originalFileName, mimeType, text, pageCount } = fifth.file;
  const second = { originalFileName, mimeType, text, pageCount, bytes: () => fifth.file.bytes(), label: 'second', added: fourth.added };
  const planted = plain.documents.map((document) => {
    if (document === fourth) return { ...document, versions: [second] };
    return document === fifth ? { ...document, trashed: true } : document;
  });
  const library = { ...plain, documents: planted };

  for (const version of ['3.0.5', '2.20.15'] as const) {
    it(`${version} holds the library: keys are ids, files come back byte by byte`, async () => {
      const { instance } = virtual({ version });
      instance.seed(library);
      const living = library.documents.filter((document) => !document.trashed);
      const page = (await ask(instance, 'GET', '/api/documents/?page_size=1000&ordering=id')).json<{ count: number; results: Document[] }>();
      assert.deepEqual(
        page.results.map((document) => [document.id, document.title]),
        living.map((document) => [document.key, document.title]),
      );
      for (const document of living.slice(0, 10)) {
        const root = version === '3.0.5' ? `&version=${document.key}` : '';
        const got = await ask(instance, 'GET', `/api/documents/${document.key}/download/?original=true${root}`);
        assert.equal(got.headers['content-type'], document.file.mimeType);
        assert.ok(Buffer.from(document.file.bytes()).equals(got.bytes), document.title);
      }
      const trash = (await ask(instance, 'GET', '/api/trash/')).json<{ count: number }>();
      assert.equal(trash.count, library.documents.length - living.length);
    });
  }

  it('shows versions on 3.x with their own ids and sums', async () => {
    const { instance } = virtual();
    instance.seed(library);
    const shown = (await ask(instance, 'GET', `/api/documents/${fourth.key}/`)).json<Document>();
    const sums = [fifth.file, fourth.file].map((file) => createHash('sha256').update(file.bytes()).digest('hex'));
    assert.deepEqual(
      shown.versions.map((version) => version.checksum),
      sums,
    );
    assert.deepEqual(
      shown.versions.map((version) => version.id),
      [library.documents.length + 1, fourth.key],
    );
  });

  it('says what the library forgot to define', () => {
    const { instance } = virtual();
    const [first] = library.documents;
    assert.ok(first);
    assert.throws(
      () => instance.seed({ ...library, documents: [{ ...first, tags: ['nowhere'] }] }),
      /names the tag "nowhere", but doesn't define it/,
    );
  });
});

describe('counters', () => {
  it('count requests and bytes, both ways, by method and class of path', async () => {
    const { environment, instance } = virtual();
    await upload(instance, 'a.txt', 'x'.repeat(1000));
    await environment.advance(Infinity);
    const list = await ask(instance, 'GET', '/api/documents/?page_size=1');
    await ask(instance, 'GET', '/api/documents/1/');
    const file = await ask(instance, 'GET', '/api/documents/1/download/');
    assert.equal(file.bytes.length, 1000);
    const counts = instance.counters.snapshot();
    assert.deepEqual(Object.keys(counts), ['POST upload', 'GET documents list', 'GET document', 'GET download']);
    assert.deepEqual(counts['GET download'], { requests: 1, bytesIn: 0, bytesOut: 1000 });
    assert.equal(counts['GET documents list']?.bytesOut, list.bytes.length);
    assert.ok((counts['POST upload']?.bytesIn ?? 0) > 1000);
    assert.deepEqual(instance.counters.methods(), { POST: 1, GET: 3 });
  });

  it('stand behind a door of their own, which is not counted and is shut by default', async () => {
    const { instance } = virtual();
    await ask(instance, 'GET', '/api/tags/');
    const request = { method: 'GET', path: '/_simulator/counters', headers: {}, body: null };
    const open = await withControl(instance)(request);
    assert.deepEqual((JSON.parse(Buffer.from(open.body as Uint8Array).toString()) as { methods: unknown }).methods, { GET: 1 });
    assert.equal((await instance.handle(request)).status, 302);
  });
});

describe('fault hooks', () => {
  it('answer in the server place, without touching its state', async () => {
    const { instance } = virtual();
    instance.hooks.onRequest = () => ({ status: 503, headers: { 'retry-after': '5' }, body: Buffer.from('busy') });
    assert.equal((await ask(instance, 'POST', '/api/tags/', { name: 'x' })).status, 503);
    delete instance.hooks.onRequest;
    assert.equal((await ask(instance, 'GET', '/api/tags/')).json<{ count: number }>().count, 0);
  });

  it('lose the answer of a write that happened', async () => {
    const { instance } = virtual();
    instance.hooks.onResponse = () => Promise.reject(new Error('reset'));
    await assert.rejects(ask(instance, 'POST', '/api/tags/', { name: 'x' }), /reset/);
    delete instance.hooks.onResponse;
    assert.equal((await ask(instance, 'GET', '/api/tags/')).json<{ count: number }>().count, 1);
  });
});
