import { Random } from '../random.js';
import { textFile } from '../files/plain-file.js';
import type { Library, LibraryDocument, LibraryTag } from '../types.js';
import { Deck } from './deck.js';
import { fileNames, rename, titles } from './names.js';
import { plantPeople } from './people.js';
import { link, plantShapes } from './shapes.js';
import { edgeDays, edgeValues, linkFields, nastyFields, oddCorrections, oddNotes, oddTexts } from './values.js';

export interface PlantOptions {
  seed: number;
  /** Of the master that it is for: what neither API nor time could have put there isn't planted. */
  major: 2 | 3;
}

/** How often each kind is planted: five times at least in a library of 120. */
function timesOf(documents: number): number {
  if (documents < 24) throw new RangeError(`A nasty library needs at least 24 documents, got ${documents}.`);
  return documents < 120 ? Math.floor(documents / 24) : Math.max(5, Math.floor(documents / 50));
}

/** What a library of any age holds now and then: versions, links, twins, owners; of each kind one in a hundred. */
export function plantUsual(library: Library, { seed, major }: PlantOptions): void {
  const times = Math.floor(library.documents.length / 100);
  library.customFields.push(...linkFields.slice(0, 2).map((name) => ({ name, dataType: 'documentlink' as const })));
  if (times === 0) return;
  const random = new Random(seed, 'usual');
  const deck = new Deck(library.documents, random);
  plantShapes(deck, random, major, times, [linkFields[0], linkFields[1]]);
  plantPeople(library, deck, times);
}

/** Everything that paperless can hold and a copy may get wrong, each kind `timesOf` times or more. */
export function plantNasty(library: Library, { seed, major }: PlantOptions): void {
  const times = timesOf(library.documents.length);
  const random = new Random(seed, 'nasty');
  const deck = new Deck(library.documents, random);
  library.customFields.push(
    ...linkFields.map((name) => ({ name, dataType: 'documentlink' as const })),
    ...nastyFields.map((field) => ({ ...field })),
  );

  const trashed = deck.take(['trash', 'fields', 'file', 'content', 'number'], times);
  for (const [index, document] of trashed.entries()) {
    document.trashed = true;
    document.archiveSerialNumber = 900_000 + index;
  }
  plantShapes(deck, random, major, times, [linkFields[0], linkFields[1]]);
  // Dangling: their target went to the trash. One of them names somebody who is there as well.
  const dangling = deck.take(['fields', 'trash'], times);
  for (const [index, document] of dangling.entries()) {
    const gone = trashed[index];
    if (gone) link(document, [gone], linkFields[2]);
    const other = dangling[index + 1];
    if (other !== undefined && index % 2 === 0) link(document, [other], linkFields[2]);
  }
  plantPeople(library, deck, times);
  plantTexts(deck, times);
  plantNames(deck, times, major);
  plantValues(library, deck, times);
  plantTaxonomies(library, deck, times);

  const days = edgeDays[major];
  for (const [index, document] of deck.take(['created'], days.length * times).entries()) document.created = days[index % days.length] ?? '';
  const numbers = deck.take(['number'], times);
  for (const [index, document] of numbers.entries()) document.archiveSerialNumber = [0, 4294967295, 1, 4294967294][index] ?? 2147483646 + index;
}

function plantNames(deck: Deck, times: number, major: 2 | 3): void {
  for (const make of Object.values(titles)) for (const document of deck.take(['title'], times)) document.title = make(document.key);
  for (const make of Object.values(fileNames)) for (const document of deck.take(['file name'], times)) rename(document, make, major);
}

function plantTexts(deck: Deck, times: number): void {
  for (const make of oddTexts) {
    for (const document of deck.take(['file', 'content'], times)) {
      document.file = textFile(document.file.originalFileName.replace(/\.[^.]*$/u, '.txt'), make(document.key));
      delete document.content;
    }
  }
  for (const make of oddCorrections) for (const document of deck.take(['content'], times)) document.content = make(document.key);
  for (const [index, document] of deck.take(['notes'], oddNotes.length * times).entries()) {
    const texts = oddNotes[index % oddNotes.length] ?? [];
    document.notes = texts.map((text, position) => ({
      text,
      user: 'miriam',
      created: new Date(Date.parse(document.added) + position * 1000).toISOString(),
    }));
  }
}

/** Every edge of every field once at least, several fields to a document. */
function plantValues(library: Library, deck: Deck, times: number): void {
  const known = new Set(library.customFields.map((field) => field.name));
  const most = Math.max(...Object.values(edgeValues).map((values) => values.length));
  for (const [index, document] of library.documents.slice(0, Math.min(library.documents.length, most * times)).entries()) {
    for (const [field, values] of Object.entries(edgeValues)) {
      if (!known.has(field) || (index + field.length) % 2 === 0) continue;
      document.customFields = document.customFields.filter((entry) => entry.field !== field);
      document.customFields.push({ field, value: values[Math.floor(index / 2) % values.length] ?? null });
    }
  }
}

const branches = ['Ebene 1', 'Ebene 2', 'Ebene 3', 'Ebene 4', 'Ebene 5'];
const looseNames = ['A/B', 'A\\B', 'groß', 'Groß', 'GROSS', '&amp;', '{{ tag }}', "'; --", 'x'.repeat(128), 'é'.normalize('NFD'), 'é', '0', 'null'];

/** Names that look alike, escape, or are as long as they may be; a tree as deep as it may be; owned ones. */
function plantTaxonomies(library: Library, deck: Deck, times: number): void {
  const tags: LibraryTag[] = [
    ...branches.map((name, index) => ({ name, color: '#000000', ...(index === 0 ? {} : { parent: branches[index - 1] ?? '' }) })),
    ...looseNames.map((name) => ({ name: `Tag ${name}`.slice(0, 128), color: '#FFFFFF' })),
    { name: 'Miriams', color: '#123456', owner: 'miriam' },
    { name: 'Externes', color: '#654321', owner: 'extern' },
  ];
  library.tags.push(...tags);
  const named = looseNames.map((name) => ({ name: name.slice(0, 128) }));
  library.correspondents.push(...named, { name: 'Miriams Bank', owner: 'miriam' }, { name: 'Externe Bank', owner: 'extern' });
  library.documentTypes.push(...named);
  library.storagePaths.push(
    { name: 'A/B', path: 'a/{{ created_year }}/{{ correspondent }}' },
    { name: '{{ path }}', path: '{{ created_year }}-{{ created_month }}/{{ title }}' },
    { name: 'x'.repeat(128), path: '{% if correspondent == "A/B" %}x{% else %}y{% endif %}/{{ doc_pk }}' },
  );
  const of = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;
  const roots: string[] = looseNames.map((name) => `Tag ${name}`.slice(0, 128));
  for (const [index, document] of deck.take(['tags'], looseNames.length * times).entries()) {
    const depth = index % 6;
    document.tags = [...branches.slice(0, depth), of(roots, index), ...(index % 7 === 0 ? ['Miriams', 'Externes'] : [])];
    document.correspondent = index % 5 === 0 ? of(['Miriams Bank', 'Externe Bank'], index / 5) : of(named, index).name;
    document.documentType = of(named, index + 1).name;
    if (shortTitle(document)) document.storagePath = of(library.storagePaths.slice(-3), index).name;
  }
}

/** A path with the title in it must stay a path that a file system takes: paperless gives up moving the file otherwise. */
function shortTitle(document: LibraryDocument): boolean {
  return Buffer.byteLength(document.title) < 120 && !/[\n{}]/u.test(document.title);
}
