import type { Kind, Language } from '../words/languages.js';
import { lines, sentences, word } from '../words/languages.js';
import { Random } from '../random.js';

/** What a file is about: enough to draw it again, the same, whenever its bytes are asked for. */
export interface Subject {
  seed: number;
  key: number;
  kind: Kind;
  language: Language;
  title: string;
  correspondent: string;
  /** YYYY-MM-DD */
  created: string;
  pages: number;
  big: boolean;
}

/** Stands in every file, so that no two files of a library are alike. */
export function reference(subject: Subject): string {
  return `${subject.seed}-${String(subject.key).padStart(6, '0')}`;
}

export interface Position {
  text: string;
  amount: string;
}

export function positions(subject: Subject): Position[] {
  const random = new Random(subject.seed, subject.key, 'positions');
  const goods = ['Grundpreis', 'Arbeitszeit', 'Material', 'Versand', 'Service fee', 'Forfait', 'Servicio', 'Reading', 'Gutschrift', 'Licence'];
  return Array.from({ length: random.int(2, 6) }, () => ({
    text: `${random.int(1, 12)} x ${random.pick(goods)}`,
    amount: `${random.int(1, 900)}.${String(random.int(0, 99)).padStart(2, '0')}`,
  }));
}

const latin = new Set<Language>(['de', 'en', 'fr', 'es', 'sv']);

/** Paragraphs in a language whose letters the standard fonts of PDF have; English for the others. */
export function paragraphs(subject: Subject, count: number): string[] {
  const random = new Random(subject.seed, subject.key, 'paragraphs');
  const language = latin.has(subject.language) ? (subject.language as keyof typeof sentences) : 'en';
  return Array.from({ length: count }, () => random.some(sentences[language], 3).join(' '));
}

/** The letter in its own language and script, as a text file or as a person who corrected the OCR would write it. */
export function letter(subject: Subject): string {
  const random = new Random(subject.seed, subject.key, 'letter');
  const own = lines[subject.language];
  const body = positions(subject).map((p) => `  - ${p.text}: ${p.amount} EUR`);
  const more = Array.from({ length: random.int(0, 6) }, () => lines[random.pick(Object.keys(lines) as Language[])]);
  return [
    subject.correspondent,
    `${word(subject.language, subject.kind)} · ${subject.created}`,
    `Ref. ${reference(subject)}`,
    '',
    subject.title,
    '',
    own,
    ...body,
    ...more,
    '',
    own,
  ].join('\n');
}
