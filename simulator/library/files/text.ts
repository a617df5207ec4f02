import { Random } from '../random.js';
import type { Subject } from './subject.js';
import { letter, reference } from './subject.js';

export function txt(subject: Subject): string {
  return `${letter(subject)}\n`;
}

/** Every line has the same number of commas: that is how libmagic tells CSV from text. */
export function csv(subject: Subject): string {
  const random = new Random(subject.seed, subject.key, 'csv');
  const rows = Array.from({ length: random.int(10, 60) }, (_, index) => {
    const day = String(1 + (index % 28)).padStart(2, '0');
    return `${reference(subject)},${subject.created.slice(0, 8)}${day},${subject.correspondent.replaceAll(',', ' ')},${random.int(-90000, 90000) / 100},EUR`;
  });
  return ['Referenz,Datum,Empfänger,Betrag,Währung', ...rows, ''].join('\n');
}
