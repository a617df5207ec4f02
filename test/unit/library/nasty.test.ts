import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { generateLibrary } from '../../../simulator/library/index.js';
import { plantedLimits, plantedWithheld } from '../../../simulator/library/planted.js';
import type { Library, LibraryDocument } from '../../../simulator/library/types.js';

type Holds = (document: LibraryDocument, library: Library) => boolean;

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const valuesOf = (document: LibraryDocument, library: Library, type: string): unknown[] => {
  const names = new Set(library.customFields.filter((field) => field.dataType === type).map((field) => field.name));
  return document.customFields.filter((entry) => names.has(entry.field)).map((entry) => entry.value);
};
const links = (document: LibraryDocument, library: Library): number[][] => valuesOf(document, library, 'documentlink') as number[][];
const characters = (text: string): number => Array.from(text).length;
const name = (document: LibraryDocument): string => document.file.originalFileName;
const text = (document: LibraryDocument): string => document.content ?? document.file.text;

/** Looked for in what came out, not in what was planted. */
const kinds: Record<string, Holds> = {
  'a title in double braces': (d) => /\{\{.*\}\}/u.test(d.title),
  'a title with a statement': (d) => d.title.includes('{%'),
  'a title with an open placeholder': (d) => /\{\{[^}]*$/u.test(d.title),
  'a title with an open comment': (d) => d.title.includes('{#'),
  'a title in single braces': (d) => /(^|[^{])\{[^{%#]*\}/u.test(d.title),
  'a title of 127 characters': (d) => characters(d.title) === 127,
  'a title of 128 characters': (d) => characters(d.title) === 128,
  'a title of more than 255 bytes': (d) => Buffer.byteLength(d.title) > 255,
  'a title with entities': (d) => d.title.includes('&lt;'),
  'a title with line ends': (d) => d.title.includes('\n'),
  'no title': (d) => d.title === '',
  'a file name with entities': (d) => name(d).includes('&amp;'),
  'a file name with quotes': (d) => name(d).includes('"'),
  'a file name without an extension': (d) => !name(d).includes('.'),
  'a file name of 253 bytes': (d) => Buffer.byteLength(name(d)) === 253,
  'a text with white space around it': (d) => text(d) !== text(d).trim(),
  'a text with Windows line ends': (d) => text(d).includes('\r\n'),
  'a long text': (d) => text(d).length > 100_000,
  'no text': (d) => text(d) === '',
  'an empty note': (d) => d.notes.some((note) => note.text === ''),
  'a note of blanks': (d) => d.notes.some((note) => /^ +$/u.test(note.text)),
  'notes that are alike': (d) => new Set(d.notes.map((note) => note.text)).size < d.notes.length,
  'a long note': (d) => d.notes.some((note) => note.text.length > 10_000),
  'one document linked': (d, l) => links(d, l).some((value) => value.length === 1),
  'several documents linked': (d, l) => links(d, l).some((value) => value.length > 2),
  'a link to itself': (d, l) => links(d, l).some((value) => value.includes(d.key)),
  'no link in a link field': (d, l) => links(d, l).some((value) => value.length === 0),
  'a link to what is in the trash': (d, l) =>
    d.trashed !== true &&
    links(d, l)
      .flat()
      .some((key) => l.documents[key - 1]?.trashed === true),
  'an owner': (d) => d.owner === 'miriam',
  'an owner whom replicas miss': (d) => d.owner === 'extern',
  'a grant to a group': (d) => (d.permissions?.viewGroups?.length ?? 0) > 0,
  'a grant to somebody whom replicas miss': (d) => d.owner !== 'extern' && d.permissions?.viewUsers?.includes('extern') === true,
  'a place in the trash': (d) => d.trashed === true,
  'a number at an edge': (d) => d.archiveSerialNumber !== undefined && (d.archiveSerialNumber < 2 || d.archiveSerialNumber > 2147483645),
  'tags five levels deep': (d) => d.tags.includes('Ebene 5'),
};

const typed: Record<string, Holds> = Object.fromEntries(
  ['string', 'url', 'date', 'boolean', 'integer', 'float', 'monetary', 'select', 'longtext'].flatMap((type): [string, Holds][] => [
    [`a value of type ${type}`, (d, l) => valuesOf(d, l, type).some((value) => value !== null)],
    [`an empty field of type ${type}`, (d, l) => valuesOf(d, l, type).includes(null)],
  ]),
);

const ofMaster: Record<2 | 3, Record<string, Holds>> = {
  3: {
    'two versions': (d) => d.versions?.length === 1,
    'three versions': (d) => d.versions?.length === 2,
    'a labelled version': (d) => d.versions?.some((version) => version.label !== undefined) === true,
    'the first file as the newest again': (d) =>
      (d.versions?.length ?? 0) > 1 && md5(d.versions?.at(-1)?.bytes() ?? Buffer.alloc(0)) === md5(d.file.bytes()),
    'the oldest day there is': (d) => d.created === '1678-01-01',
    'the latest day there is': (d) => d.created === '2261-12-31',
  },
  2: {
    'a file name in NFD': (d) => name(d) !== name(d).normalize('NFC'),
    'a day before the year 1000': (d) => d.created < '1000',
    'the last day of 9999': (d) => d.created === '9999-12-31',
  },
};

for (const major of [3, 2] as const) {
  describe(`the nasty library for ${major}.x`, () => {
    const library = generateLibrary({ documents: 300, seed: 1, nasty: true, major });

    for (const [kind, holds] of Object.entries({ ...kinds, ...typed, ...ofMaster[major] })) {
      it(`has ${kind}, five times or more`, () => {
        const found = library.documents.filter((document) => holds(document, library)).length;
        assert.ok(found >= 5, `${found} times`);
      });
    }

    it('names on both sides of every link the other one', () => {
      const linkFields = library.customFields.filter((field) => field.dataType === 'documentlink').map((field) => field.name);
      for (const { key, customFields } of library.documents) {
        for (const { field, value } of customFields.filter((entry) => linkFields.includes(entry.field))) {
          for (const target of value as number[]) {
            const back = library.documents[target - 1]?.customFields.find((entry) => entry.field === field)?.value;
            assert.ok(Array.isArray(back) && back.includes(key), `${target} names ${key} back`);
          }
        }
      }
    });

    it('counts what a replica cannot hold', () => {
      const live = library.documents.filter((d) => d.trashed !== true);
      const newest = live.map((d) => md5((d.versions?.at(-1) ?? d.file).bytes()));
      const two = plantedLimits(library, 2);
      assert.equal(two['identical bytes'] ?? 0, newest.length - new Set(newest).size);
      assert.ok(major === 2 || ((two['identical bytes'] ?? 0) > 10 && (two['older versions'] ?? 0) > 20));
      assert.ok((two['dangling link'] ?? 0) >= 5);
      assert.equal(two['created out of range'], undefined);
      assert.equal((plantedLimits(library, 3)['created out of range'] ?? 0) > 0, major === 2);
      assert.equal(plantedWithheld(library), live.filter((d) => d.owner === 'extern').length);
    });
  });
}

describe('the nasty library', () => {
  it('is the same for the same seed, and says when there are too few documents', () => {
    const make = (): unknown => JSON.parse(JSON.stringify(generateLibrary({ documents: 120, seed: 4, nasty: true })));
    assert.deepEqual(make(), make());
    assert.throws(() => generateLibrary({ documents: 10, seed: 4, nasty: true }), /at least 24 documents/u);
    for (const seed of [1, 2, 3, 4, 5, 6]) for (const documents of [24, 72, 119, 120, 333]) generateLibrary({ documents, seed, nasty: true });
  });
});
