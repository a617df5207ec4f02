import { renamedFile, textFile } from '../files/plain-file.js';
import type { Random } from '../random.js';
import type { LibraryDocument, LibraryFile } from '../types.js';
import type { Deck } from './deck.js';
import { labels } from './values.js';

const minute = 60_000;

/** How a document came to its newest file. Each step names a file by what is in it. */
export type Chain = 'two' | 'three' | 'back to the first' | 'another kind';

function later(document: LibraryDocument, step: number): string {
  return new Date(Date.parse(document.added) + step * minute).toISOString();
}

function revised(document: LibraryDocument, step: number): LibraryFile {
  const stem = document.file.originalFileName.replace(/\.[^.]*$/u, '').slice(0, 40);
  return textFile(`${stem} v${step}.txt`, `Fassung ${step} von Dokument ${document.key}\n\n${document.title}\n`);
}

/** Gives a document further versions. The newest one's text is the document's. */
export function addVersions(document: LibraryDocument, chain: Chain, random: Random): void {
  const { file } = document;
  const files: Record<Chain, () => LibraryFile[]> = {
    two: () => [revised(document, 2)],
    three: () => [revised(document, 2), revised(document, 3)],
    'back to the first': () => [revised(document, 2), renamedFile(file, `zurück ${document.key}${file.originalFileName.slice(-4)}`)],
    'another kind': () => [{ ...textFile(`tabelle-${document.key}.csv`, table(document.key)), mimeType: 'text/csv' }],
  };
  delete document.content;
  document.versions = files[chain]().map((version, index) => {
    const label = random.pick(labels);
    return Object.defineProperties({} as LibraryFile & { label?: string; added: string }, {
      ...Object.getOwnPropertyDescriptors(version),
      ...Object.getOwnPropertyDescriptors({ added: later(document, index + 1), ...(label === null ? {} : { label }) }),
    });
  });
}

function table(key: number): string {
  return Array.from({ length: 12 }, (_, row) => `${key},${row},${(row * 7919) % 100},EUR\n`).join('');
}

/** Documents with the bytes of the first one, under names of their own. */
export function makeTwins(documents: readonly LibraryDocument[], alike: boolean): void {
  const [first, ...others] = documents;
  if (first === undefined) return;
  for (const document of others) {
    const extension = /\.[^.]*$/u.exec(first.file.originalFileName)?.[0] ?? '';
    document.file = renamedFile(first.file, alike ? first.file.originalFileName : `Kopie ${document.key}${extension}`);
    delete document.content;
    if (!alike) continue;
    document.title = first.title;
    document.created = first.created;
    delete document.archiveSerialNumber;
  }
  if (alike) delete first.archiveSerialNumber;
}

/** Two documents whose files differ and whose second versions are the same bytes. */
export function makeVersionTwins(first: LibraryDocument, second: LibraryDocument): void {
  const shared = textFile(`gemeinsam ${first.key}.txt`, `Dieselbe neue Fassung von ${first.key} und ${second.key}\n`);
  for (const document of [first, second]) {
    delete document.content;
    document.versions = [{ ...shared, added: later(document, 1) }];
  }
}

/** Links from one document to others as paperless keeps them: each target names it back. A target that is trashed later stays as a dangling id. */
export function link(from: LibraryDocument, to: readonly LibraryDocument[], field: string): void {
  const add = (document: LibraryDocument, key: number): void => {
    const entry = document.customFields.find((candidate) => candidate.field === field);
    if (entry === undefined) document.customFields.push({ field, value: [key] });
    else if (!(entry.value as number[]).includes(key)) entry.value = [...(entry.value as number[]), key];
  };
  for (const target of to) add(from, target.key);
  for (const target of to) add(target, from.key);
}

export function linkNothing(document: LibraryDocument, field: string): void {
  document.customFields.push({ field, value: [] });
}

/** Which of some twins a 2.x replica holds is chance: nothing whose expected count would depend on it is planted on them. */
const structured = ['file', 'fields', 'trash', 'owner'] as const;

/** Plants twins, versions and links that any library may have; `times` each. */
export function plantShapes(deck: Deck, random: Random, major: 2 | 3, times: number, fields: readonly [string, string]): void {
  const live = (document: LibraryDocument): boolean => document.trashed !== true;
  const few = Math.ceil(times / 2);
  if (major === 3) {
    for (const chain of ['two', 'three', 'back to the first', 'another kind'] as const) {
      for (const document of deck.take(['file', 'content'], times, live)) addVersions(document, chain, random);
    }
    for (let n = 0; n < times; n += 1)
      makeTwins(deck.take([...structured, 'file name', 'content', 'title', 'created', 'number'], 2, live), n % 2 === 1);
    for (let n = 0; n < few; n += 1) makeTwins(deck.take([...structured, 'file name', 'content', 'title'], 3, live), false);
    for (let n = 0; n < few; n += 1) makeVersionTwins(...(deck.take([...structured, 'content'], 2, live) as [LibraryDocument, LibraryDocument]));
  }
  const [see, enclosed] = fields;
  const linked = ['fields', 'trash'] as const;
  for (let n = 0; n < times; n += 1) {
    const [a, b, c, hub, x, y, z, own, none] = deck.take(linked, 9, live) as [
      LibraryDocument, LibraryDocument, LibraryDocument, LibraryDocument, LibraryDocument, LibraryDocument, LibraryDocument, LibraryDocument, LibraryDocument,
    ]; // prettier-ignore
    link(a, [b], see);
    link(b, [c], see);
    link(hub, [x, y, z], enclosed);
    link(own, [own], see);
    linkNothing(none, enclosed);
  }
}
