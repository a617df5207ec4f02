/** Stand-ins for what paperless makes of a file: valid and the same on every run, but no copy of what OCR would give. */
import { generatedFile, memoryFile, type StoredFile } from '../state/files';

/** An "archive": a PDF of one page that names what it stands for, made when somebody asks for it. */
export function archiveOf(original: StoredFile): StoredFile {
  return generatedFile(() => archiveBytes(original.sha256));
}

function archiveBytes(sha256: string): Uint8Array {
  const stream = `BT /F1 10 Tf 40 800 Td (Archive of ${sha256}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Count 1 /Kids [3 0 R] >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.7\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const start = body.length;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  body += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(body, 'latin1');
}

/** A file with its pages turned: the same text, other bytes. */
export function rotated(original: StoredFile): StoredFile {
  const turned = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from('% rotated by 90\n')]);
  const body = original.read();
  // Of a big one another that stands for it; its archive is a file of its own.
  return body instanceof Uint8Array ? memoryFile(turned(body)) : generatedFile(() => archiveBytes(`${original.sha256} turned`));
}

const whitePixel = Buffer.from('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=', 'base64');

/** A white WebP of one pixel, filled up to the size of a small thumbnail. */
export const thumbnail: Uint8Array = Buffer.concat([whitePixel, Buffer.alloc(2048 - whitePixel.length)]);

/** A PDF with fewer letters than this counts as one without text. */
const littleText = 50;

/** Which files get an archive: 2.x (mode "skip") makes one of every PDF and picture, 3.x of pictures and of PDFs without much text. */
export function getsArchive(major: 2 | 3, mimeType: string, text: string): boolean {
  if (mimeType.startsWith('image/')) return true;
  return mimeType === 'application/pdf' && (major === 2 || text.length < littleText);
}
