import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { decode } from 'jpeg-js';
import { PNG } from 'pngjs';
import { generateLibrary } from '../../../simulator/library/index.js';
import { peopleOf } from '../../../simulator/library/nasty/people.js';
import { plantedLimits, plantedWithheld } from '../../../simulator/library/planted.js';
import type { Library, LibraryDocument } from '../../../simulator/library/types.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('the generated library', function () {
  this.timeout(20_000);
  let library: Library;
  let hashes: Map<number, string>;
  const ofType = (mimeType: string): LibraryDocument[] => library.documents.filter((d) => d.file.mimeType === mimeType);

  before(() => {
    library = generateLibrary({ documents: 400, seed: 1 });
    hashes = new Map(library.documents.map((d) => [d.key, sha256(d.file.bytes())]));
  });

  it('is the same for the same seed, metadata and bytes', () => {
    const again = generateLibrary({ documents: 400, seed: 1 });
    assert.deepEqual(JSON.parse(JSON.stringify(again.documents)), JSON.parse(JSON.stringify(library.documents)));
    for (const document of again.documents.slice(0, 150))
      assert.equal(sha256(document.file.bytes()), hashes.get(document.key), `bytes of ${document.key}`);
  });

  it('makes the same bytes again after the cache has let them go', () => {
    const first = library.documents[36]!;
    const before = first.file.bytes();
    for (const document of library.documents) document.file.bytes();
    for (const document of ofType('application/pdf')) document.file.bytes();
    assert.equal(sha256(first.file.bytes()), sha256(before));
  });

  it('is another for another seed', () => {
    const other = generateLibrary({ documents: 20, seed: 2 });
    assert.notDeepEqual(
      other.documents.map((d) => d.title),
      library.documents.slice(0, 20).map((d) => d.title),
    );
    for (const document of other.documents) assert.notEqual(sha256(document.file.bytes()), hashes.get(document.key));
  });

  it('has no two files alike but for the twins that it counts', () => {
    const limits = plantedLimits(library, 2);
    const twins = limits['identical bytes'] ?? 0;
    assert.ok(twins > 4 && (limits['older versions'] ?? 0) > 8);
    const newest = library.documents.map((d) => sha256((d.versions?.at(-1) ?? d.file).bytes()));
    assert.equal(new Set(newest).size, 400 - twins);
    assert.deepEqual(plantedLimits(library, 3), {});
    assert.equal(new Set(generateLibrary({ documents: 90, seed: 1 }).documents.map((d) => sha256(d.file.bytes()))).size, 90);
  });

  it('has versions, links on both sides, owners and people whom replicas miss', () => {
    assert.ok(library.documents.some((d) => (d.versions?.length ?? 0) > 1));
    const links = new Set(library.customFields.filter((f) => f.dataType === 'documentlink').map((f) => f.name));
    const of = (key: number, field: string): number[] =>
      (library.documents[key - 1]!.customFields.find((entry) => entry.field === field)?.value ?? []) as number[];
    let named = 0;
    for (const { key, customFields } of library.documents) {
      for (const { field } of customFields.filter((entry) => links.has(entry.field))) {
        for (const target of of(key, field)) assert.ok(of(target, field).includes(key), `${target} names ${key} back`);
        named += of(key, field).length;
      }
    }
    assert.ok(named > 20);
    assert.equal(plantedWithheld(library), 8);
    assert.deepEqual(
      peopleOf(library).users.map((user) => user.username),
      ['admin', 'miriam', 'jonas'],
    );
  });

  it('has at least three files of several megabytes', () => {
    const big = library.documents.filter((d) => d.file.bytes().length > 2_000_000);
    assert.ok(big.length >= 3 && big.length <= 8, `${big.length} big files`);
    assert.ok(big.some((d) => d.file.mimeType === 'image/jpeg'));
  });

  it('has valid PDFs with as many pages as it says, and an own id', () => {
    const pdfs = ofType('application/pdf');
    assert.ok(pdfs.length > 100);
    for (const { file, key } of pdfs) {
      const text = Buffer.from(file.bytes()).toString('latin1');
      assert.ok(text.startsWith('%PDF-'), `start of ${key}`);
      assert.match(text.slice(-16), /%%EOF\s*$/u);
      assert.equal(text.match(/\/Type \/Page\b(?!s)/gu)?.length, file.pageCount, `pages of ${key}`);
      const table = Number(/startxref\s+(\d+)/u.exec(text.slice(-64))?.[1]);
      assert.equal(text.slice(table, table + 4), 'xref', `cross reference of ${key}`);
      assert.ok(file.text.length > 80);
    }
  });

  it('has pictures that decode', () => {
    const pngs = ofType('image/png');
    const jpegs = ofType('image/jpeg').filter((d) => d.file.bytes().length < 1_000_000);
    assert.ok(pngs.length > 10 && jpegs.length > 10);
    for (const { file } of pngs) assert.ok(PNG.sync.read(Buffer.from(file.bytes())).width > 100);
    for (const { file } of jpegs) assert.ok(decode(file.bytes(), { useTArray: true }).height > 50);
  });

  it('has texts in UTF-8 and tables whose lines have equally many commas', () => {
    const utf8 = new TextDecoder('utf-8', { fatal: true });
    assert.ok(ofType('text/plain').length > 20 && ofType('text/csv').length > 10);
    for (const { file } of ofType('text/plain')) assert.equal(utf8.decode(file.bytes()).replaceAll('\r\n', '\n'), file.text);
    for (const { file } of ofType('text/csv')) {
      const lines = utf8.decode(file.bytes()).trimEnd().split('\n');
      assert.ok(lines.length > 10);
      assert.deepEqual(new Set(lines.map((line) => line.split(',').length)), new Set([5]));
    }
  });

  it('keeps tag lists closed over three levels, parents first', () => {
    const seen = new Map<string, number>();
    for (const tag of library.tags) {
      if (tag.parent !== undefined) assert.ok(seen.has(tag.parent), `${tag.parent} stands before ${tag.name}`);
      assert.ok(!seen.has(tag.name), `${tag.name} stands once`);
      seen.set(tag.name, tag.parent === undefined ? 1 : seen.get(tag.parent)! + 1);
    }
    assert.equal(Math.max(...seen.values()), 3);
    const parent = new Map(library.tags.map((tag) => [tag.name, tag.parent]));
    for (const document of library.documents) {
      for (const name of document.tags) {
        assert.ok(parent.has(name), name);
        const above = parent.get(name);
        assert.ok(above === undefined || document.tags.includes(above), `${document.key}: ${name} without ${above}`);
      }
    }
    assert.ok(library.documents.some((d) => d.tags.some((name) => seen.get(name) === 3)));
  });

  it('names only what it has', () => {
    const names = (list: { name: string }[]): Set<string> => new Set(list.map((item) => item.name));
    const [from, types, paths] = [names(library.correspondents), names(library.documentTypes), names(library.storagePaths)];
    const fields = new Map(library.customFields.map((field) => [field.name, field]));
    const used = new Set<string>();
    for (const d of library.documents) {
      assert.ok(d.correspondent === undefined || from.has(d.correspondent));
      assert.ok(d.documentType === undefined || types.has(d.documentType));
      assert.ok(d.storagePath === undefined || paths.has(d.storagePath));
      for (const { field, value } of d.customFields) {
        const definition = fields.get(field);
        assert.ok(definition, field);
        used.add(definition.dataType);
        if (definition.dataType === 'select' && value !== null) assert.ok(definition.options?.some((o) => o.id === value));
        if (definition.dataType === 'monetary' && value !== null) assert.match(value as string, /^([A-Z]{3})?-?\d{1,10}\.\d{2}$/u);
      }
    }
    assert.equal(used.size, 10);
    const numbers = library.documents.flatMap((d) => d.archiveSerialNumber ?? []);
    assert.ok(numbers.length > 50);
    assert.equal(new Set(numbers).size, numbers.length);
  });

  it('gives titles and file names that paperless keeps as they are', () => {
    for (const { title, file, key, created, added, content } of library.documents) {
      assert.equal(title, title.trim(), `title of ${key}`);
      assert.ok(Array.from(title).length <= 127);
      assert.doesNotMatch(title + file.originalFileName, /\p{Surrogate}/u, `names of ${key}`);
      assert.ok(!/\{\{|\{%|\{#/u.test(title));
      assert.equal(file.originalFileName, file.originalFileName.normalize('NFC'));
      assert.doesNotMatch(file.originalFileName, /[/\\\0]/u);
      assert.ok(Buffer.byteLength(file.originalFileName) <= 253);
      assert.match(file.originalFileName, /^[^.].*\.(pdf|png|jpg|txt|csv)$/u);
      assert.ok(created <= added.slice(0, 10));
      if (content !== undefined) assert.equal(content, content.trim());
    }
    assert.ok(library.documents.some((d) => d.title !== d.title.normalize('NFC')));
    assert.ok(library.documents.some((d) => /[\u0590-\u06ff]/u.test(d.file.originalFileName)));
    assert.ok(library.documents.some((d) => /\p{Extended_Pictographic}/u.test(d.title)));
  });

  it('has notes, corrected texts, and heaps added at one time', () => {
    assert.ok(library.documents.some((d) => d.notes.length > 1));
    assert.ok(library.documents.some((d) => d.content !== undefined));
    assert.ok(new Set(library.documents.map((d) => d.added)).size < 400);
  });

  it('lists ten thousand documents without making a file, and takes none', () => {
    const large = generateLibrary({ documents: 10_000, seed: 3 });
    assert.equal(large.documents.length, 10_000);
    assert.equal(new Set(large.documents.map((d) => d.key)).size, 10_000);
    assert.equal(generateLibrary({ documents: 0, seed: 3 }).documents.length, 0);
  });

  it('has a plain form of small ASCII texts', () => {
    const plain = generateLibrary({ documents: 50, seed: 4, plain: true });
    assert.equal(new Set(plain.documents.map((d) => sha256(d.file.bytes()))).size, 50);
    assert.match(JSON.stringify(plain), /^[\u0020-\u007e]*$/u);
  });

  it('says what is wrong with its options', () => {
    assert.throws(() => generateLibrary({ documents: -1, seed: 1 }), /documents must be 0 or more/u);
    assert.throws(() => generateLibrary({ documents: 1, seed: 0.5 }), /seed must be a whole number/u);
  });
});
