import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { PaperlessWriter } from '../../../src/paperless/client';
import { hashing } from '../../../src/paperless/hashing';
import { createWriter } from '../../../src/paperless/http-client';
import { stack } from '../../../src/paperless/stack';
import { createUndiciTransport } from '../../../src/paperless/undici-transport';
import type { WireTask } from '../../../src/paperless/wire';
import type { Library } from '../../../simulator/library/types';
import { fails, file } from './support';

/** A server to try the client on: an empty one that refuses duplicates, or one that was filled with a library. */
export interface Target {
  url: string;
  token: string;
  version: string;
  library: Library | null;
  /** Between two looks at a task. */
  pause(): Promise<unknown>;
  close(): Promise<void>;
}

async function collect(ids: AsyncIterable<number[]>): Promise<number[]> {
  const all: number[] = [];
  for await (const some of ids) all.push(...some);
  return all.sort((a, b) => a - b);
}

/** The same calls, whatever answers: reader and writer are only right when both the simulator and a real server take them. */
export function tryClient(title: string, three: boolean, start: () => Promise<Target>): void {
  describe(title, () => {
    let target: Target;
    let library: Library;
    let writer: PaperlessWriter;

    before(async () => {
      target = await start();
      library = target.library ?? {
        users: [],
        groups: [],
        tags: [],
        correspondents: [],
        documentTypes: [],
        storagePaths: [],
        customFields: [],
        documents: [],
      };
      const address = { name: 'target', url: target.url, token: target.token };
      const options = { now: () => performance.now(), random: () => 0, sleep: () => Promise.resolve() };
      writer = createWriter(address, stack(createUndiciTransport(address), options));
      await writer.identify();
    });

    after(async () => {
      await writer.close();
      await target.close();
    });

    async function settled(taskId: string): Promise<WireTask> {
      for (;;) {
        const task = await writer.task(taskId);
        if (task !== null && task.status !== 'pending' && task.status !== 'started') return task;
        await target.pause();
      }
    }

    async function made(text: string, name?: string, title = 'A title [pngx:4f2a9c01d3]'): Promise<number> {
      const task = await settled(await writer.upload(file(text, name), { title, created: '2024-05-06' }));
      assert.equal(task.status, 'success', task.message ?? '');
      assert.ok(task.documentId !== null);
      return task.documentId;
    }

    it('knows who it is', async () => {
      const identity = await writer.identify();
      assert.deepEqual([identity.version, identity.superuser], [target.version, true]);
      assert.equal((await writer.statistics()).documents, library.documents.length);
    });

    it('walks the library by time, by id and in chunks, the same documents each way', async () => {
      const ids = await collect(writer.documentIds());
      assert.equal(ids.length, library.documents.length);
      const byId = await writer.documentsByIds(ids);
      const byTime = await writer.modifiedDocuments({ pageSize: 1000 });
      assert.equal(byTime.more, false);
      const key = (list: { id: number }[]) => list.map((d) => d.id).sort((a, b) => a - b);
      assert.deepEqual([key(byId), key(byTime.results)], [ids, ids]);
      const stamps = byTime.results.map((d) => d.modified);
      const from = stamps[20];
      if (from === undefined) return;
      const later = await writer.modifiedDocuments({ from, pageSize: 1000 });
      assert.equal(later.results.length, stamps.filter((stamp) => Date.parse(stamp) >= Date.parse(from)).length);
    });

    it('reads originals whole and hashes them in flight', async () => {
      for (const { key, file: original } of library.documents.slice(0, 5)) {
        const download = await writer.download(key, null);
        const { chunks, result } = hashing(download.chunks);
        for await (const _ of chunks);
        const newest = three ? (library.documents[key - 1]!.versions?.at(-1) ?? original) : original;
        assert.equal(result().sha256, createHash('sha256').update(newest.bytes()).digest('hex'));
        assert.equal(download.length, result().size);
        const metadata = await writer.metadata(key);
        assert.equal(metadata?.originalChecksum, three ? result().sha256 : result().md5);
      }
    });

    it('uploads, patches, and reads back what it wrote', async () => {
      const tag = await writer.createTag({ name: 'Müll & Co', color: '#112233', matchingAlgorithm: 0 });
      const correspondent = await writer.createTaxon('correspondent', { name: 'Lamp Works+', matchingAlgorithm: 0 });
      const field = await writer.createCustomField({ name: 'Kind', dataType: 'select', selectOptions: [{ id: 'masterOptionId00', label: 'A' }] });
      assert.deepEqual([tag.owner, correspondent.owner, field.selectOptions[0]?.id], [null, null, 'masterOptionId00']);
      const id = await made('Some text of ours\n', 'A&T "x" Größe.txt');
      assert.deepEqual(
        (await writer.documentsByTitlePart('[pngx:4f2a9c01d3]')).map((d) => d.id),
        [id],
      );
      await writer.patchDocument(id, {
        title: 'The real {{ title }}',
        content: 'corrected',
        correspondent: correspondent.id,
        tags: [tag.id],
        archiveSerialNumber: 900_001,
        customFields: [{ field: field.id, value: 'masterOptionId00' }],
        owner: null,
      });
      await writer.addNote(id, 'first\nnote');
      const got = await writer.document(id);
      assert.ok(got);
      assert.deepEqual(
        [got.title, got.content, got.created, got.correspondent, got.tags, got.archiveSerialNumber, got.owner, got.originalFileName],
        ['The real {{ title }}', 'corrected', '2024-05-06', correspondent.id, [tag.id], 900_001, null, 'A&T "x" Größe.txt'],
      );
      assert.deepEqual(got.customFields, [{ field: field.id, value: 'masterOptionId00' }]);
      assert.deepEqual(
        got.notes.map((n) => n.note),
        ['first\nnote'],
      );
      assert.equal((await writer.deleteNote(id, got.notes[0]!.id)).length, 0);
      assert.deepEqual(
        (await writer.documentsByAsn(900_001)).map((d) => d.id),
        [id],
      );
      const sum = createHash(three ? 'sha256' : 'md5')
        .update('Some text of ours\n')
        .digest('hex');
      assert.deepEqual(
        (await writer.documentsByChecksum(sum)).map((d) => d.id),
        [id],
      );
    });

    it('learns which twin refused an upload', async () => {
      const id = await made('told twice');
      const again = await settled(await writer.upload(file('told twice', 'b.txt'), { title: 'again' }));
      assert.deepEqual([again.status, again.documentId, again.duplicateOf, again.duplicateInTrash], ['failure', null, id, false]);
      await writer.trashDocument(id);
      const third = await settled(await writer.upload(file('told twice', 'c.txt'), { title: 'again' }));
      assert.deepEqual([third.duplicateOf, third.duplicateInTrash], [id, true]);
      const open = await writer.openTasks(100);
      await writer.acknowledgeTasks(open.map((task) => task.id));
      assert.deepEqual(await writer.openTasks(100), []);
    });

    it('trashes and restores', async () => {
      const id = await made('soon gone');
      await writer.trashDocument(id);
      assert.equal(await writer.document(id), null);
      const row = (await writer.trash(1, 50)).results.find((d) => d.id === id);
      assert.ok(row?.deletedAt !== undefined);
      await writer.restoreDocument(id);
      assert.ok(await writer.document(id));
      await fails(writer.restoreDocument(id), 'document', 'refused');
    });

    it('is told what it may not have', async () => {
      const id = await made('wants too much');
      await fails(writer.patchDocument(id, { archiveSerialNumber: 900_001 }), 'document', 'asn-taken');
      await fails(writer.createTag({ name: 'Müll & Co' }), 'document', 'name-taken');
      await fails(writer.upload(file('PK\u0003\u0004zip', 'a.zip'), { title: 'zip' }), 'document', 'file-type-unsupported');
      const stranger = { name: 'stranger', url: target.url, token: target.token.replace(/^./, 'f') };
      const transport = createUndiciTransport(stranger);
      await fails(createWriter(stranger, transport).identify(), 'instance', 'token-refused');
      const elsewhere = { ...stranger, url: `${target.url}/nowhere`, token: target.token };
      const wrong = createUndiciTransport(elsewhere);
      await fails(createWriter(elsewhere, wrong).identify(), 'instance', 'login-page');
      await Promise.all([transport.close(), wrong.close()]);
    });

    it('has the collections that the library names', async () => {
      const tags = await writer.tags();
      for (const { name, parent } of library.tags) {
        const found = tags.find((tag) => tag.name === name);
        assert.equal(tags.find((tag) => tag.id === found?.parent)?.name, parent, name);
      }
      assert.ok((await writer.taxa('documentType')).length >= library.documentTypes.length);
      assert.ok((await writer.storagePaths()).every((path) => path.path !== ''));
      assert.ok((await writer.customFields()).length > library.customFields.length - 1);
      assert.ok((await writer.users()).some((user) => user.username === 'admin'));
      assert.equal((await writer.groups()).length, library.groups.length);
    });

    if (three)
      it('adds a version, whose task names its row', async () => {
        const id = await made('version one');
        const task = await settled(await writer.uploadVersion(id, file('version two', 'two.txt'), 'second'));
        const got = await writer.document(id);
        assert.deepEqual(
          got?.versions.map((v) => [v.id, v.isRoot, v.label]),
          [
            [id, true, null],
            [task.documentId, false, 'second'],
          ],
        );
        const bytes = async (versionId: number | null) => {
          const parts: Uint8Array[] = [];
          for await (const chunk of (await writer.download(id, versionId)).chunks) parts.push(chunk);
          return Buffer.concat(parts).toString();
        };
        assert.deepEqual([await bytes(id), await bytes(task.documentId), await bytes(null)], ['version one', 'version two', 'version two']);
      });
  });
}
