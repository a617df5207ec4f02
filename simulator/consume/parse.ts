import { allBytes, type StoredFile } from '../state/files';
import { readPdf } from './pdf';

/** What a parser finds in a file. */
export interface Parsed {
  text: string;
  pageCount: number | null;
}

/** A file that can't be parsed; the message is what the task shows. */
export class ParseError extends Error {}

/** Beyond this a file is stored without reading its text: the simulator keeps no such file in memory. */
const largestToParse = 16 * 1024 * 1024;

export async function parse(file: StoredFile, mimeType: string, major: 2 | 3): Promise<Parsed> {
  if (mimeType === 'message/rfc822') throw new ParseError('Error while converting email to PDF: [Errno 111] Connection refused');
  if (mimeType.startsWith('image/')) return { text: '', pageCount: null };
  if (file.size > largestToParse) return { text: '', pageCount: mimeType === 'application/pdf' ? 1 : null };
  const bytes = await allBytes(file);
  if (mimeType !== 'application/pdf') return { text: decode(bytes, major), pageCount: null };
  const found = readPdf(bytes);
  if (!found) throw new ParseError('InputFileError: ');
  return { text: found.text, pageCount: found.pages };
}

/** 2.x keeps a byte order mark as a letter of the text, and makes every line end a plain one. */
function decode(bytes: Uint8Array, major: 2 | 3): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: major === 2 }).decode(bytes).replace(/\0/g, ' ');
  return major === 2 ? text.replace(/\r\n?/g, '\n') : text;
}
