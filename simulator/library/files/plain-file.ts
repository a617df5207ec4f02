import type { LibraryFile } from '../types.js';

/** A text file of exactly this text. */
export function textFile(originalFileName: string, text: string): LibraryFile {
  return { originalFileName, mimeType: 'text/plain', bytes: () => Buffer.from(text), text, pageCount: null };
}

/** The same bytes under another name. */
export function renamedFile(file: LibraryFile, originalFileName: string): LibraryFile {
  const { mimeType, pageCount } = file;
  return Object.defineProperty({ originalFileName, mimeType, pageCount, bytes: () => file.bytes() } as LibraryFile, 'text', { get: () => file.text });
}
