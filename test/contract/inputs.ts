/** The files that the recorder made, made again: the same bytes for the same label. */
import { createHash } from 'node:crypto';

export interface MadeFile {
  name: string;
  type: string;
  bytes: Uint8Array;
}

function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A small valid PDF, one text per page. */
export function makePdf(pages: string[], title: string): Uint8Array {
  const objects = new Map<number, string>([
    [1, '<< /Type /Catalog /Pages 2 0 R >>'],
    [3, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>'],
  ]);
  const kids: string[] = [];
  let number = 4;
  for (const page of pages) {
    const lines = page.split('\n').map((line, index) => `BT /F1 14 Tf 60 ${760 - 22 * index} Td (${line.replace(/[\\()]/g, '\\$&')}) Tj ET`);
    const stream = lines.join('\n');
    objects.set(number, `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${number + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`);
    objects.set(number + 1, `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`);
    kids.push(`${number} 0 R`);
    number += 2;
  }
  objects.set(2, `<< /Type /Pages /Count ${kids.length} /Kids [${kids.join(' ')}] >>`);
  objects.set(number, `<< /Producer (contract recorder) /Title (${title}) >>`);
  const offsets: number[] = [];
  let out = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n';
  for (const [key, body] of [...objects].sort(([a], [b]) => a - b)) {
    offsets.push(out.length);
    out += `${key} 0 obj\n${body}\nendobj\n`;
  }
  const start = out.length;
  out += `xref\n0 ${number + 1}\n0000000000 65535 f \n${offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')}`;
  const digest = createHash('md5').update(latin(out)).digest('hex');
  out += `trailer\n<< /Size ${number + 1} /Root 1 0 R /Info ${number} 0 R /ID [<${digest}> <${digest}>] >>\nstartxref\n${start}\n%%EOF\n`;
  return latin(out);
}

/** The recorder's file number `n` of a scenario, e.g. `patch patched 1`; API 10 adds ` v10` to every label. */
export function makeFile(label: string, name: string, text?: string): MadeFile {
  const words = text ?? `Contract recording ${label}.\nInvoice for twelve brass lamps, delivered in good order.`;
  if (name.endsWith('.txt')) return { name, type: 'text/plain', bytes: Buffer.from(`${words}\n`) };
  return { name, type: 'application/pdf', bytes: makePdf([words], label) };
}
