import PDFDocument from 'pdfkit';
import { Random } from '../random.js';
import { word } from '../words/languages.js';
import type { Subject } from './subject.js';
import { paragraphs, positions, reference } from './subject.js';

const width = 92;

/** The signs that the standard fonts of PDF have (Windows-1252). */
function encodable(text: string): boolean {
  return /^[\u0020-\u007e\u00a0-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*$/u.test(text);
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const part of text.split(' ')) {
    if (line !== '' && line.length + 1 + part.length > width) {
      lines.push(line);
      line = part;
    } else line = line === '' ? part : `${line} ${part}`;
  }
  return [...lines, line];
}

/** The lines of each page, the first one its heading. */
function pages(subject: Subject): string[][] {
  const title = subject.title.normalize('NFC');
  const kind = word('en', subject.kind);
  const first = [
    encodable(subject.correspondent) ? subject.correspondent : `${kind} (${subject.language})`,
    `${kind} no. ${reference(subject)}, ${subject.created}`,
    ...(encodable(title) ? wrap(title) : []),
    '',
    ...positions(subject).map((p) => `${p.text.padEnd(40, ' .')} ${p.amount} EUR`),
    '',
    ...paragraphs(subject, 2).flatMap(wrap),
  ];
  const rest = Array.from({ length: subject.pages - 1 }, (_, index) => [
    `${kind} ${reference(subject)}: page ${index + 2} of ${subject.pages}`,
    '',
    ...paragraphs({ ...subject, key: subject.key * 10 + index }, 4).flatMap((p) => [...wrap(p), '']),
  ]);
  return [first, ...rest];
}

export function pdfText(subject: Subject): string {
  return pages(subject)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** A scanned picture that doesn't compress: what makes a file several megabytes. */
function scan(doc: PDFKit.PDFDocument, subject: Subject): void {
  const random = new Random(subject.seed, subject.key, 'scan');
  const [columns, rows] = [1100, random.int(800, 1500)];
  const image = doc.ref({ Type: 'XObject', Subtype: 'Image', Width: columns, Height: rows, ColorSpace: 'DeviceRGB', BitsPerComponent: 8 });
  (image as unknown as { compress: boolean }).compress = false;
  image.end(Buffer.from(random.bytes(columns * rows * 3)));
  (doc.page as unknown as { xobjects: Record<string, unknown> }).xobjects['Scan'] = image;
  doc.addContent('q 220 0 0 220 60 60 cm /Scan Do Q');
}

/** The same bytes every time: PDFKit writes synchronously, and the file's dates and id come from the subject. */
export function pdf(subject: Subject): Uint8Array {
  const date = new Date(`${subject.created}T09:00:00Z`);
  const info = { Title: subject.title, Author: subject.correspondent, Producer: 'library', Creator: 'library', CreationDate: date, ModDate: date };
  const doc = new PDFDocument({ size: 'A4', autoFirstPage: false, info });
  for (const lines of pages(subject)) {
    doc.addPage({ margin: 0 });
    for (const [index, line] of lines.entries()) {
      if (line === '') continue;
      doc.font(index === 0 ? 'Helvetica-Bold' : 'Helvetica').fontSize(index === 0 ? 14 : 10);
      doc.text(line, 60, 60 + index * 15, { lineBreak: false });
    }
  }
  if (subject.big) scan(doc, subject);
  doc.end();
  const chunks: Buffer[] = [];
  for (let chunk = doc.read() as Buffer | null; chunk !== null; chunk = doc.read() as Buffer | null) chunks.push(chunk);
  return Buffer.concat(chunks);
}
