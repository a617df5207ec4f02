import { randomBytes } from 'node:crypto';
import type { UploadFile } from './client';
import { escapeFileName } from './file-names';
import type { RequestBody } from './transport';

export interface Multipart {
  contentType: string;
  body: RequestBody;
}

/**
 * A form with one file, streamed, its length known beforehand: paperless answers "No file was submitted." to a chunked body (§5).
 * File names go as raw UTF-8. paperless HTML-unescapes them, so everything that would end the quoted string or be unescaped goes as an entity:
 * what is stored is the name itself.
 */
export function multipart(fields: readonly (readonly [name: string, value: string])[], fileField: string, file: UploadFile): Multipart {
  const boundary = `----pngx${randomBytes(18).toString('hex')}`;
  const head = Buffer.from(
    fields.map(([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`).join('') +
      `--${boundary}\r\nContent-Disposition: form-data; name="${fileField}"; filename="${escapeFileName(file.fileName)}"\r\n` +
      `Content-Type: ${headerSafe(file.mimeType)}\r\n\r\n`,
    'utf8',
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, 'utf8');
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    body: {
      length: head.byteLength + file.length + tail.byteLength,
      open: async function* () {
        yield head;
        let size = 0;
        for await (const chunk of file.open()) {
          size += chunk.byteLength;
          yield chunk;
        }
        // Bytes too few or too many would shift the closing boundary and be stored as part of the file, or cut it.
        if (size !== file.length) throw new Error(`the file has ${size} bytes, ${file.length} were announced`);
        yield tail;
      },
    },
  };
}

function headerSafe(mimeType: string): string {
  return /^[\w.+-]+\/[\w.+-]+$/.test(mimeType) ? mimeType : 'application/octet-stream';
}
