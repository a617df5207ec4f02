/** The compression middleware: which encoding an answer gets, and what that does to its headers. */
import { brotliCompressSync, createBrotliCompress, createGzip, createZstdCompress, gzipSync, zstdCompressSync } from 'node:zlib';
import { Readable } from 'node:stream';
import type { Body } from './messages';

type Encoding = 'zstd' | 'br' | 'gzip';

/** Shorter answers are left alone. */
export const smallestToCompress = 500;

export function encodingFor(accept: string | undefined): Encoding | undefined {
  const names = (accept ?? '').split(',').map((entry) => entry.split(';')[0]?.trim().toLowerCase());
  return (['zstd', 'br', 'gzip'] as const).find((name) => names.includes(name));
}

export function compressWhole(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  return { zstd: zstdCompressSync, br: brotliCompressSync, gzip: gzipSync }[encoding](bytes);
}

export function compressStream(body: Body, encoding: Encoding): AsyncIterable<Uint8Array> {
  const coder = { zstd: createZstdCompress, br: createBrotliCompress, gzip: createGzip }[encoding]();
  const source = body instanceof Uint8Array ? Readable.from([body]) : Readable.from(body);
  source.on('error', (error) => coder.destroy(error));
  return source.pipe(coder);
}
