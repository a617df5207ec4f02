import { renamedFile } from '../files/plain-file.js';
import type { LibraryDocument } from '../types.js';

const long = (text: string, characters: number): string => Array.from(text.repeat(characters)).slice(0, characters).join('');

/** Titles that templates, forms, columns and people's eyes trip over. `key` makes a title one of its own. */
export const titles: Record<string, (key: number) => string> = {
  'double braces': (key) => `{{ correspondent }} – {{ title }} ${key}`,
  'a statement': (key) => `{% if asn %}${key}{% endif %}`,
  'an open statement': (key) => `100 {% Rabatt auf ${key}`,
  'an open placeholder': (key) => `Vorlage {{ ${key}`,
  'an open comment': (key) => `{# Nr. ${key}`,
  'single braces': (key) => `{created_year}/{0} {} ${key}`,
  '127 characters': (key) => long(`Betreff ${key} `, 126) + '.',
  '128 characters': (key) => long(`Betreff ${key} `, 127) + '.',
  '128 characters of several bytes': (key) => `№${key}` + long('ä漢🧾', 128 - 1 - String(key).length),
  'entities and markup': (key) => `&lt;b&gt;${key}&lt;/b&gt; &amp;amp; <i>x</i> &#39;`,
  'a byte order mark in front': (key) => `\ufeffRechnung ${key}`,
  'invisible characters at its ends': (key) => `\u200b${key} Vertrag\u2060`,
  'right to left marks': (key) => `\u202eegnuhceR\u202c ${key}`,
  'line ends within': (key) => `Zeile 1 von ${key}\nZeile 2\tSpalte`,
  'what looks like our own mark': (key) => `Vertrag ${key} [pngx:0123456789]`,
  nothing: () => '',
};

const bytes = (text: string): number => Buffer.byteLength(text);

/** As many bytes as a file system leaves for a name when paperless puts `._` before it. */
function longest(stem: string, filler: string, extension: string): string {
  let name = stem;
  while (bytes(name + filler + extension) <= 253) name += filler;
  while (bytes(name + extension) < 253) name += 'x';
  return name + extension;
}

/** File names that uploads carry; `extension` with its dot. NFD only where paperless keeps it (2.x). */
export const fileNames: Record<string, (key: number, extension: string, major: 2 | 3) => string> = {
  'entities as such': (key, extension) => `A&amp;B &lt;${key}&gt; &quot;x&quot;${extension}`,
  ampersands: (key, extension) => `R&D & Söhne &copy ${key}${extension}`,
  quotes: (key, extension) => `"Rechnung" 'Nr. ${key}' „so“${extension}`,
  'percent signs and semicolons': (key, extension) => `100%25 %2e%2e; filename=x${key}${extension}`,
  'no extension': (key) => `LIESMICH-${key}`,
  'a dot in front': (key, extension) => `.versteckt-${key}${extension}`,
  'dots and spaces at the end': (key) => `Scan ${key}. .`,
  'another extension than its kind': (key) => `setup-${key}.exe`,
  'what Windows refuses': (key, extension) => `a:b*c?d<${key}>|${extension}`,
  '253 bytes': (key, extension) => longest(`lang-${key}-`, 'abcdefghi ', extension),
  '253 bytes of Kanji': (key, extension) => longest(`長い-${key}-`, '名', extension),
  'decomposed letters': (key, extension, major) => `Cafe\u0301 Zo\u0308e ${key}${extension}`.normalize(major === 3 ? 'NFC' : 'NFD'),
  'signs beyond the first plane': (key, extension) => `🧾𠮷𝔉 ${key}${extension}`,
  'right to left': (key, extension) => `חוזה ${key} عقد${extension}`,
};

export function retitle(document: LibraryDocument, title: string): void {
  document.title = title;
}

export function rename(document: LibraryDocument, make: (key: number, extension: string, major: 2 | 3) => string, major: 2 | 3): void {
  const dot = document.file.originalFileName.lastIndexOf('.');
  document.file = renamedFile(document.file, make(document.key, document.file.originalFileName.slice(dot), major));
}
