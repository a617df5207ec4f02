import type { ByteCache, FileKind } from './files/file.js';
import { GeneratedFile } from './files/file.js';
import type { Subject } from './files/subject.js';
import { letter, reference } from './files/subject.js';
import { Random } from './random.js';
import type { LibraryDocument } from './types.js';
import type { Kind } from './words/languages.js';
import { word } from './words/languages.js';
import { notes, remarks, specialTitles } from './words/special.js';
import { correspondents, customFields, documentTypes, inboxTag, looseTags, storagePaths, tags, tagsOfKind } from './words/taxonomy.js';

const day = 86_400_000;
/** The library ends here, whenever it is made. */
const end = Date.UTC(2026, 9, 30, 18);
const oldDates = ['1899-12-31', '1965-05-17', '1987-02-28', '2000-01-01', '2012-12-12', '2024-02-29'];
const titleMarks = ['', '', '', '', '🧾 ', '⚡ ', '📌 ', '★ '];
const kindsOfFile: FileKind[] = ['pdf', 'pdf', 'pdf', 'pdf', 'pdf', 'pdf', 'jpeg', 'png', 'txt', 'csv', 'txt', 'pdf'];
const extension: Record<FileKind, string> = { pdf: 'pdf', png: 'png', jpeg: 'jpg', txt: 'txt', csv: 'csv' };
const parents = new Map(tags.map((tag) => [tag.name, tag.parent]));

/** A tag list as paperless keeps it: with every tag stand its ancestors. */
export function closed(names: Iterable<string>): string[] {
  const all = new Set<string>();
  for (const name of names) for (let at: string | undefined = name; at !== undefined; at = parents.get(at)) all.add(at);
  return tags.map((tag) => tag.name).filter((name) => all.has(name));
}

/** A big file each hundred documents, the first as number 37: three PDFs, then a photograph. */
export function isBig(key: number): boolean {
  return key % 100 === 37;
}

function fileKind(key: number, random: Random): FileKind {
  if (!isBig(key)) return random.pick(kindsOfFile);
  return Math.floor(key / 100) % 4 === 3 ? 'jpeg' : 'pdf';
}

function titleOf(key: number, kind: Kind, from: (typeof correspondents)[number], created: string, random: Random): string {
  if (key % 9 === 4) {
    const index = (key - 4) / 9;
    const round = Math.floor(index / specialTitles.length);
    return `${specialTitles[index % specialTitles.length] ?? 'Dokument'}${round > 0 ? ` (${round + 1})` : ''}`;
  }
  const name = word(from.language, kind);
  const period = random.pick([
    created.slice(0, 7),
    `Q${1 + Math.floor((Number(created.slice(5, 7)) - 1) / 3)} ${created.slice(0, 4)}`,
    created,
    `№ ${key}`,
  ]);
  return `${random.pick(titleMarks)}${name} ${random.pick([`${from.name} `, `${from.name} `, ''])}${period}`;
}

/** Names as scanners, phones, banks and people give them, in NFC, without what a file system refuses. */
function fileNameOf(key: number, kind: FileKind, title: string, created: string, random: Random): string {
  const digits = created.replaceAll('-', '');
  const tidy = title
    .normalize('NFC')
    .replace(/[\\/:*?"<>|]/gu, '_')
    .slice(0, 60)
    .trim();
  const device = kind === 'jpeg' ? `IMG_${digits}_${100_000 + key}` : `Scan_${created}_${String(key).padStart(5, '0')}`;
  const stem = random.pick([device, device, tidy, tidy, `${created} ${tidy}`]);
  return `${stem}.${extension[kind]}`.normalize('NFC');
}

function fieldValue(field: (typeof customFields)[number], key: number, created: string, random: Random): unknown {
  if (random.chance(6)) return null;
  switch (field.dataType) {
    case 'string':
      return random.pick([`V-${key}/${created.slice(0, 4)}`, `№ ${key} „Öko“`, `契約-${key}`]);
    case 'url':
      return `https://portal.example.org/kunden/${key}?lang=de&tab=belege`;
    case 'date':
      return new Date(Date.parse(created) + random.int(7, 60) * day).toISOString().slice(0, 10);
    case 'boolean':
      return random.chance(50);
    case 'integer':
      return random.pick([0, -1, key, random.int(1, 2_147_483_647), -2_147_483_648]);
    case 'float':
      return random.int(-5_000_000, 5_000_000) / 1000;
    case 'monetary':
      return `${random.pick(['EUR', 'USD', 'CHF', 'JPY', ''])}${random.pick(['', '-'])}${random.int(0, 99_999)}.${String(random.int(0, 99)).padStart(2, '0')}`;
    case 'select':
      return random.pick(field.options ?? []).id;
    case 'longtext':
      return random.pick(remarks);
    case 'documentlink':
      return [];
  }
}

/** When each document was added: in heaps, as a scanner delivers them; a heap shares one time to the microsecond. */
export function addedTimes(count: number, seed: number): string[] {
  const random = new Random(seed, 'added');
  const step = Math.min(day, Math.floor((7 * 365 * day) / (count + 1)));
  const times: string[] = [];
  let at = end - step * count;
  while (times.length < count) {
    const heap = random.chance(80) ? 1 : random.int(2, 8);
    const stamp = new Date(at + random.int(0, step - 1)).toISOString();
    for (let i = 0; i < heap && times.length < count; i += 1) times.push(stamp);
    at += heap * step;
  }
  return times;
}

export function makeDocument(key: number, seed: number, added: string, cache: ByteCache): LibraryDocument {
  const random = new Random(seed, key, 'document');
  const from = random.pick(correspondents);
  const kind = random.pick(from.kinds);
  const arrived = Date.parse(added);
  const created = random.chance(4) ? random.pick(oldDates) : new Date(arrived - random.int(0, 400) * day).toISOString().slice(0, 10);
  const title = titleOf(key, kind, from, created, random);
  const format = fileKind(key, random);
  const subject: Subject = {
    seed,
    key,
    kind,
    language: from.language,
    title,
    correspondent: from.name,
    created,
    pages: random.int(1, 5),
    big: isBig(key),
  };
  const fitting = random.some(tagsOfKind[kind], random.int(0, 3));
  const extra = [...random.some(looseTags, random.chance(25) ? 1 : 0), ...(random.chance(5) ? [inboxTag] : [])];
  const path = random.pick(storagePaths.filter((p) => p.kinds.includes(kind)));
  const fields = random.chance(55) ? random.some(customFields, random.int(1, 5)) : [];
  const remarked = random.chance(20) ? random.some(notes, random.int(1, 3)) : [];
  return {
    key,
    title,
    created,
    added,
    file: new GeneratedFile(fileNameOf(key, format, title, created, random), format, subject, cache),
    ...(random.chance(12) ? { content: `${letter(subject)}\n\n(Text geprüft, ${reference(subject)})` } : {}),
    ...(random.chance(90) ? { correspondent: from.name } : {}),
    ...(random.chance(88) ? { documentType: documentTypes[kind] } : {}),
    ...(random.chance(60) ? { storagePath: path.name } : {}),
    tags: closed([...fitting, ...extra]),
    ...(random.chance(35) ? { archiveSerialNumber: 1000 + key } : {}),
    customFields: fields.map((field) => ({ field: field.name, value: fieldValue(field, key, created, random) })),
    notes: remarked.map((text, index) => ({
      text,
      user: random.pick(['miriam', 'jonas']),
      created: new Date(arrived + (index + 1) * 3_600_000).toISOString(),
    })),
    owner: null,
  };
}
