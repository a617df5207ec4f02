import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { Server } from './server';

/** Gives a server a file as a person's client would, streamed: a file may be larger than memory should be. */
export async function upload(server: Server, name: string, length: number, chunks: () => Iterable<Uint8Array>): Promise<void> {
  const boundary = '----pngx-bench';
  const head = Buffer.from(
    `--${boundary}\r\nContent-Disposition: form-data; name="document"; filename="${name}"\r\nContent-Type: application/octet-stream\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const outgoing = request(`${server.url}/api/documents/post_document/`, {
    method: 'POST',
    headers: {
      authorization: `Token ${server.token}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.byteLength + length + tail.byteLength,
    },
  });
  const answered = new Promise<number>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
  });
  await pipeline(
    Readable.from(
      (function* () {
        yield head;
        yield* chunks();
        yield tail;
      })(),
    ),
    outgoing,
  );
  const status = await answered;
  if (status !== 200) throw new Error(`${server.name} answered ${status} to the upload of ${name}`);
}

/** Resolves when the server has consumed everything that it was given. */
export async function consumed(server: Server): Promise<void> {
  while ((await server.queue()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}
