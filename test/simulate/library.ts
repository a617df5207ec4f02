import { fileNames, titles } from '../../simulator/library/nasty/names';
import { edgeDays, edgeValues, labels, nastyFields, oddNotes, oddTexts } from '../../simulator/library/nasty/values';
import type { Library, LibraryCustomField, LibraryDocument, LibraryFile } from '../../simulator/library/types';
import { textFile } from '../support/libraries';
import type { Chance } from './chance';

export const NAMES = ['A', 'B', 'C', 'a', 'Ünï & Söhne', '{{ x }}', 'Steuer/2025', '"q"'] as const;

const FIELDS: readonly LibraryCustomField[] = [
  ...nastyFields,
  { name: 'Betrag', dataType: 'monetary' },
  { name: 'Fällig am', dataType: 'date' },
  { name: 'Steuerrelevant', dataType: 'boolean' },
  { name: 'Zählerstand', dataType: 'integer' },
  { name: 'Verbrauch (m³)', dataType: 'float' },
  { name: 'Kundenportal', dataType: 'url' },
];

export const LINKS = 'Siehe auch';

/** Who may be named: the replicas have anna and the office, and nobody called bert. */
export const PEOPLE = { users: [{ username: 'anna' }, { username: 'bert' }], groups: ['office', 'cellar'] };
export const KNOWN = { users: [{ username: 'anna' }], groups: ['office'] };

export function randomTitle(chance: Chance, key: number): string {
  return chance.is(0.3) ? chance.pick(Object.values(titles))(key) : `Document ${key} ${chance.int(100)}`;
}

export function randomName(chance: Chance, key: number, major: 2 | 3): string {
  const name = chance.is(0.3) ? chance.pick(Object.values(fileNames))(key, '.txt', major) : `file-${key}.txt`;
  return major === 3 ? name.normalize('NFC') : name;
}

export function randomDay(chance: Chance, major: 2 | 3): string {
  return chance.is(0.1) ? chance.pick(edgeDays[major]) : `20${chance.between(10, 26)}-0${chance.between(1, 9)}-1${chance.int(10)}`;
}

export function randomNotes(chance: Chance): string[] {
  // A note that is long costs time and shows nothing more.
  return chance.is(0.2) ? chance.pick(oddNotes).map((note) => note.slice(0, 300)) : [`note ${chance.int(100)}`];
}

/** A value that a document of the library may have in this field; undefined where it is a link. */
export function randomValue(chance: Chance, field: { name: string; dataType: string }): unknown {
  return chance.pick(edgeValues[field.name] ?? ['x']);
}

/** Small and odd: a few documents in which much of what a copy can get wrong is there. */
export function randomLibrary(chance: Chance, major: 2 | 3): Library {
  const names = chance.shuffled(NAMES);
  const tags = names.slice(0, chance.between(1, 5)).map((name, n) => ({
    name,
    color: chance.pick(['#a6cee3', '#ff0000', '#00ff00']),
    ...(n > 0 && chance.is(0.4) ? { parent: names[chance.int(n)] } : {}),
    ...(chance.is(0.1) ? { owner: 'anna' } : {}),
  }));
  const taxa = (most: number): { name: string; owner?: string }[] =>
    chance
      .shuffled(NAMES)
      .slice(0, chance.between(1, most))
      .map((name) => ({ name, ...(chance.is(0.1) ? { owner: 'anna' } : {}) }));
  const correspondents = taxa(3);
  const documentTypes = taxa(2);
  const storagePaths = taxa(2).map((row, n) => ({ ...row, path: `p${n}/{{ title }}` }));
  const customFields: LibraryCustomField[] = [{ name: LINKS, dataType: 'documentlink' }, ...chance.shuffled(FIELDS).slice(0, chance.between(1, 4))];
  const count = chance.between(3, 8);
  const twins = major === 3 && chance.is(0.4);
  const documents: LibraryDocument[] = [];
  for (let key = 1; key <= count; key += 1) {
    const added = new Date(Date.UTC(2026, 9, 1) + key * 60_000).toISOString();
    const text = chance.is(0.2) ? chance.pick(oddTexts)(key) : `The text of document ${key}, with the word w${chance.int(50)}.\n`;
    const before = documents[chance.int(Math.max(1, documents.length))];
    const file: LibraryFile = twins && before !== undefined && chance.is(0.4) ? before.file : textFile(text, randomName(chance, key, major));
    const values = chance.some(customFields, 0.5).map((field) => ({
      field: field.name,
      value: field.dataType === 'documentlink' ? [] : randomValue(chance, field),
    }));
    documents.push({
      key,
      title: randomTitle(chance, key),
      created: randomDay(chance, major),
      added,
      file,
      tags: chance.some(
        tags.map(({ name }) => name),
        0.4,
      ),
      customFields: values,
      notes: chance.is(0.4) ? randomNotes(chance).map((note) => ({ text: note, created: added })) : [],
      owner: chance.weighted([
        [6, null],
        [1, 'anna'],
        [1, 'bert'],
      ]),
      ...(chance.is(0.6) ? { correspondent: chance.pick(correspondents).name } : {}),
      ...(chance.is(0.5) ? { documentType: chance.pick(documentTypes).name } : {}),
      ...(chance.is(0.4) ? { storagePath: chance.pick(storagePaths).name } : {}),
      ...(chance.is(0.5) ? { archiveSerialNumber: key } : {}),
      ...(chance.is(0.15) ? { permissions: { viewUsers: ['anna'], changeGroups: chance.some(['office', 'cellar']) } } : {}),
      ...(chance.is(0.1) ? { trashed: true } : {}),
      ...(major === 3 && chance.is(0.25) ? { versions: versionsOf(chance, key, added) } : {}),
    });
  }
  linkSome(chance, documents);
  return { ...PEOPLE, tags, correspondents, documentTypes, storagePaths, customFields, documents };
}

/** Links stand on both sides, as paperless keeps them. */
function linkSome(chance: Chance, documents: readonly LibraryDocument[]): void {
  const linksOf = (document: LibraryDocument): number[] | undefined =>
    document.customFields.find(({ field }) => field === LINKS)?.value as number[] | undefined;
  for (const document of documents) {
    const other = chance.pick(documents);
    const [here, there] = [linksOf(document), linksOf(other)];
    if (here === undefined || there === undefined || other === document || here.includes(other.key)) continue;
    here.push(other.key);
    there.push(document.key);
  }
}

function versionsOf(chance: Chance, key: number, added: string): LibraryDocument['versions'] {
  return range(chance.between(1, 2)).map((n) => {
    const label = chance.pick(labels);
    return { ...textFile(`Version ${n} of document ${key}.\n`, `v${n}-${key}.txt`), added, ...(label === null ? {} : { label }) };
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n + 1);
}

/** What every replica holds before the first sync: its own people. */
export function emptyLibrary(): Library {
  return { ...KNOWN, tags: [], correspondents: [], documentTypes: [], storagePaths: [], customFields: [], documents: [] };
}
