import assert from 'node:assert/strict';
import { compareInstances, type Comparison } from '../../demo/compare/compare.js';
import { ReadError } from '../../demo/compare/http.js';
import { generateLibrary } from '../../simulator/library/index.js';
import type { Library } from '../../simulator/library/types.js';
import { Server } from './server.js';

const documents = 40;

interface Doc {
  id: number;
  title: string;
  tags: number[];
  custom_fields: { field: number; value: unknown }[];
  notes: { id: number }[];
  archive_serial_number: number | null;
  storage_path: number | null;
}

/** The same documents in another order, so that no id on the replica is the master's. */
function reversed(library: Library): Library {
  const documents = [...library.documents].reverse().map((document, index) => ({ ...document, key: index + 1 }));
  return {
    ...library,
    documents,
    tags: [...library.tags.filter((t) => t.parent === undefined), ...library.tags.filter((t) => t.parent !== undefined)],
  };
}

for (const version of ['3.0.5', '2.20.15'] as const) {
  describe(`the comparison of a 3.0.5 master with a ${version} replica`, function () {
    this.timeout(20_000);
    const library = generateLibrary({ documents, seed: 5 });
    let master: Server;
    let replica: Server;

    before(async () => (master = await Server.start('3.0.5', library)));
    after(() => master.stop());
    beforeEach(async () => (replica = await Server.start(version, reversed(library))));
    afterEach(() => replica.stop());

    const compare = async (options = {}): Promise<Comparison> => {
      const [result] = await compareInstances(master.connection, [replica.connection], options);
      assert.ok(result);
      return result;
    };
    const list = (): Promise<Doc[]> => replica.results<Doc>('documents');
    const first = async (fits: (document: Doc) => boolean = () => true): Promise<Doc> => {
      const found = (await list()).find(fits);
      assert.ok(found, 'the library has such a document');
      return found;
    };

    it('finds nothing in a clean pair, reading by GET alone', async () => {
      const result = await compare();
      assert.deepEqual([result.ok, result.paired, result.missing, result.doubled, result.different, result.own], [true, documents, 0, 0, 0, 0]);
      assert.deepEqual([result.limited, result.by_field], [{}, {}]);
      assert.ok(result.collections.tags.compared > 40 && result.collections.customFields.compared === 12);
      for (const name of ['file', 'title', 'content', 'created', 'tags', 'notes', 'custom_fields', 'original_file_name'])
        assert.ok(result.fields.includes(name));
      assert.deepEqual(Object.keys(master.methods()), ['GET']);
      assert.deepEqual(Object.keys(replica.methods()), ['GET']);
    });

    it('agrees when it takes the checksums that servers tell, and with owners', async () => {
      const result = await compare({ files: 'checksums', owners: true });
      assert.deepEqual([result.ok, result.paired], [true, documents]);
      assert.ok(result.fields.includes('permissions'));
    });

    it('counts a document that was taken away', async () => {
      const { id, title } = await first();
      await replica.must('DELETE', `/api/documents/${id}/`);
      const result = await compare();
      assert.deepEqual([result.ok, result.missing, result.doubled, result.different], [false, 1, 0, 0]);
      assert.equal(result.examples.missing[0]?.title, title);
    });

    it("leaves the replica's own document alone", async () => {
      await replica.upload('Own', 'own.txt', Buffer.from('nothing of the master'));
      const result = await compare();
      assert.deepEqual([result.ok, result.own], [true, 1]);
    });

    if (version === '3.0.5') {
      it('counts a document that is there twice', async () => {
        const { file, title } = library.documents[3]!;
        await replica.upload(title, file.originalFileName, file.bytes());
        const result = await compare();
        assert.deepEqual([result.ok, result.missing, result.doubled, result.different], [false, 0, 1, 0]);
      });
    } else {
      it('counts a twin on the master as limited', async () => {
        const { file } = library.documents[3]!;
        const twin = await Server.start('3.0.5', {
          ...library,
          documents: [...library.documents, { ...library.documents[4]!, key: 99, file, archiveSerialNumber: 7 }],
        });
        const [result] = await compareInstances(twin.connection, [replica.connection]);
        await twin.stop();
        assert.deepEqual([result?.ok, result?.limited, result?.missing], [true, { 'identical bytes': 1 }, 0]);
      });
    }

    it('calls a document with other bytes different', async () => {
      const { id } = await first();
      replica.replaceFile(id, Buffer.from('other bytes'));
      const result = await compare();
      assert.deepEqual([result.missing, result.doubled, result.different, result.own], [0, 0, 1, 0]);
      assert.ok((result.by_field['file'] ?? 0) === 1);
    });

    const changes: Record<string, (document: Doc) => Promise<unknown>> = {
      title: ({ id, title }) => replica.must('PATCH', `/api/documents/${id}/`, { title: `${title}!` }),
      content: ({ id }) => replica.must('PATCH', `/api/documents/${id}/`, { content: 'another text' }),
      created: ({ id }) => replica.must('PATCH', `/api/documents/${id}/`, { created: '1971-03-04' }),
      correspondent: async ({ id }) => {
        const made = (await replica.must('POST', '/api/correspondents/', { name: 'Nobody', owner: null })) as { id: number };
        await replica.must('PATCH', `/api/documents/${id}/`, { correspondent: made.id });
      },
      document_type: async ({ id }) => {
        const made = (await replica.must('POST', '/api/document_types/', { name: 'Nothing', owner: null })) as { id: number };
        await replica.must('PATCH', `/api/documents/${id}/`, { document_type: made.id });
      },
      storage_path: async ({ id, storage_path: now }) => {
        const other = (await replica.results<{ id: number }>('storage_paths')).find((path) => path.id !== now);
        await replica.must('PATCH', `/api/documents/${id}/`, { storage_path: other?.id });
      },
      tags: async ({ id, tags }) => {
        const other = (await replica.results<{ id: number; parent: number | null }>('tags')).find(
          (tag) => tag.parent === null && !tags.includes(tag.id),
        );
        await replica.must('PATCH', `/api/documents/${id}/`, { tags: [...tags, other?.id] });
      },
      archive_serial_number: ({ id }) => replica.must('PATCH', `/api/documents/${id}/`, { archive_serial_number: 4711 }),
      notes: ({ id }) => replica.must('POST', `/api/documents/${id}/notes/`, { note: 'one more' }),
    };
    for (const [field, change] of Object.entries(changes)) {
      it(`tells a changed ${field}, and nothing else`, async () => {
        await change(await first());
        const result = await compare();
        assert.deepEqual([result.ok, result.missing, result.doubled, result.different, result.by_field], [false, 0, 0, 1, { [field]: 1 }]);
        assert.equal(result.examples.different[0]?.differences[0]?.field, field);
      });
    }

    it('tells a note that is gone', async () => {
      const { id, notes } = await first((document) => document.notes.length > 0);
      await replica.must('DELETE', `/api/documents/${id}/notes/?id=${notes[0]!.id}`);
      assert.deepEqual((await compare()).by_field, { notes: 1 });
    });

    const values: Record<string, unknown> = {
      Vertragsnummer: 'changed',
      Kundenportal: 'https://example.org/other',
      'Fällig am': '2001-02-03',
      Steuerrelevant: null,
      Zählerstand: 12345,
      'Verbrauch (m³)': 0.125,
      Betrag: 'EUR0.01',
      Status: null,
      Bemerkung: 'changed\nover two lines',
    };
    for (const [name, value] of Object.entries(values)) {
      it(`tells a changed value, and a value that is gone, of ${name}`, async () => {
        const fields = await replica.results<{ id: number; name: string }>('custom_fields');
        const field = fields.find((f) => f.name === name)?.id;
        const has = (document: Doc): boolean => document.custom_fields.some((entry) => entry.field === field && entry.value !== null);
        const { id, custom_fields: now } = await first(has);
        const changed = now.map((entry) => (entry.field === field ? { field, value } : entry));
        await replica.must('PATCH', `/api/documents/${id}/`, { custom_fields: changed });
        const result = await compare();
        assert.deepEqual([result.different, result.by_field], [1, { custom_fields: 1 }]);
        assert.equal(result.examples.different[0]?.differences[0]?.field, `custom_fields: ${name}`);
        await replica.must('PATCH', `/api/documents/${id}/`, { custom_fields: now.filter((entry) => entry.field !== field) });
        assert.equal((await compare()).examples.different[0]?.differences[0]?.replica, 'not there');
      });
    }

    it('tells tags, paths and fields of the master that the replica lacks or has otherwise', async () => {
      const tags = await replica.results<{ id: number; name: string }>('tags');
      const paths = await replica.results<{ id: number; name: string }>('storage_paths');
      await replica.must('PATCH', `/api/tags/${tags.find((t) => t.name === 'wichtig')!.id}/`, { color: '#000000' });
      await replica.must('PATCH', `/api/storage_paths/${paths.find((p) => p.name === 'Finanzen')!.id}/`, { path: 'elsewhere/{{ title }}' });
      const result = await compare();
      assert.deepEqual([result.ok, result.different], [false, 0]);
      assert.deepEqual(result.collections.tags.different, ['wichtig']);
      assert.deepEqual(result.collections.storagePaths.different, ['Finanzen']);
      await replica.must('PATCH', `/api/tags/${tags.find((t) => t.name === 'erledigt ✓')!.id}/`, { name: 'renamed' });
      const renamed = await compare();
      assert.deepEqual(renamed.collections.tags.missing, ['erledigt ✓']);
      assert.ok((renamed.by_field['tags'] ?? 0) > 0);
    });

    it("says what to do when a token isn't a superuser's or isn't one at all", async () => {
      const wrong = { ...replica.connection, token: 'wrong' };
      await assert.rejects(
        compareInstances(master.connection, [wrong]),
        (error: Error) => error instanceof ReadError && /superuser/u.test(error.message),
      );
    });
  });
}
