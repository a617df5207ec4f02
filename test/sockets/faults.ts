import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, Fault, Wire } from './proxy';

async function whole(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

/** The answer's head with another header in place of its own; null takes it out. */
function withHeader({ head }: Answer, name: string, value: string | null): string {
  const lines = head.raw.toString('latin1').trimEnd().split('\r\n');
  const kept = lines.filter((line) => !line.toLowerCase().startsWith(`${name}:`));
  return `${[...kept, ...(value === null ? [] : [`${name}: ${value}`])].join('\r\n')}\r\n\r\n`;
}

/** The server never hears of it. */
export const resetBeforeServer: Fault = (wire) => {
  wire.reset();
  return Promise.resolve();
};

/** Half of the request's body reaches the server. */
export const resetInUpload: Fault = async (wire) => {
  await wire.begin(Math.floor(Number(wire.head.headers.get('content-length') ?? 0) / 2));
  wire.reset();
};

/** The server did what was asked; nobody is told. */
export const resetAfterServer: Fault = async (wire) => {
  await wire.ask();
  wire.reset();
};

/** Closed in good order the moment that it is used. */
export const endBeforeServer: Fault = (wire) => wire.end();

/** As resetAfterServer, by an orderly end. */
export const endAfterServer: Fault = async (wire) => {
  await wire.ask();
  await wire.end();
};

export const resetInHead: Fault = async (wire) => {
  const { head } = await wire.ask();
  await wire.give(head.raw.subarray(0, Math.floor(head.raw.length / 2)));
  wire.reset();
};

export const resetInBody: Fault = async (wire) => {
  await giveHalf(wire, await wire.ask());
  wire.reset();
};

export const endInBody: Fault = async (wire) => {
  await giveHalf(wire, await wire.ask());
  await wire.end();
};

async function giveHalf(wire: Wire, answer: Answer): Promise<void> {
  const bytes = await whole(answer.body);
  await wire.give(answer.head.raw);
  await wire.give(bytes.subarray(0, bytes.length >> 1));
}

/** As a proxy that buffers nothing sends it on: chunk by chunk, and the last ones are missing. */
export const endInChunks: Fault = async (wire) => {
  const answer = await wire.ask();
  const bytes = await whole(answer.body);
  const half = bytes.subarray(0, bytes.length >> 1);
  await wire.give(withHeader(answer, 'content-length', null).replace('\r\n\r\n', '\r\ntransfer-encoding: chunked\r\n\r\n'));
  await wire.give(`${half.length.toString(16)}\r\n`);
  await wire.give(half);
  await wire.give('\r\nff\r\n');
  await wire.end();
};

/** Without a length only the end of the connection tells where the body ends: half of it looks whole. */
export const endWithoutLength: Fault = async (wire) => {
  const answer = await wire.ask();
  const bytes = await whole(answer.body);
  await wire.give(
    withHeader(answer, 'content-length', null)
      .replace(/^connection:.*\r\n/imu, '')
      .replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'),
  );
  await wire.give(bytes.subarray(0, bytes.length >> 1));
  await wire.end();
};

/** Says half of the true length: what looks whole isn't, and the rest is no answer to anything. */
export const lengthTooShort: Fault = async (wire) => {
  const answer = await wire.ask();
  const bytes = await whole(answer.body);
  await wire.give(withHeader(answer, 'content-length', String(bytes.length >> 1)));
  await wire.give(bytes);
};

/** Says more than the true length, and then nothing follows. */
export const lengthTooLong: Fault = async (wire) => {
  const answer = await wire.ask();
  const bytes = await whole(answer.body);
  await wire.give(withHeader(answer, 'content-length', String(bytes.length + 1)));
  await wire.give(bytes);
  await wire.end();
};

/** One bit of the answer's body arrives as another. */
export const flipAnswer: Fault = async (wire) => {
  const { head, body } = await wire.ask();
  await wire.give(head.raw);
  await wire.give(flipped(await whole(body)));
};

/** One bit of the last chunk of an upload arrives as another: in the file, before the form's closing line. */
export const flipUpload: Fault = async (wire) => {
  const bytes = await whole(wire.body());
  const at = bytes.lastIndexOf('\r\n', bytes.length - 3) - 2;
  const { head, body } = await wire.ask(one(flipped(bytes, at)));
  await wire.give(head.raw);
  for await (const part of body) await wire.give(part);
};

function flipped(bytes: Buffer, at = bytes.length >> 1): Buffer {
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

// eslint-disable-next-line @typescript-eslint/require-await -- an async iterable is what is asked for; there is nothing to wait for
async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** The other side vanished: it takes whatever is sent and never says a word, not even goodbye. */
export const vanishBefore: Fault = (wire) => wire.gone();

export const vanishAfter: Fault = async (wire) => {
  await wire.ask();
  await wire.gone();
};

export const vanishInBody: Fault = async (wire) => {
  await giveHalf(wire, await wire.ask());
  await wire.gone();
};

/** Takes the head and not one byte of the body. */
export const neverRead: Fault = async (wire) => {
  wire.client.pause();
  await new Promise((resolve) => wire.client.once('close', resolve));
};

/** A byte at a time, for ever: the head, which never ends. */
export function dripHead(everyMs: number): Fault {
  return async (wire) => {
    const { head } = await wire.ask();
    await wire.give(head.raw.subarray(0, head.raw.indexOf('\r\n') + 2));
    await drip(wire, everyMs, 'x-drip: drip\r\n');
  };
}

/** A byte at a time, for ever: the body, whose length is beyond all patience. */
export function dripBody(everyMs: number, length = 1_000_000_000): Fault {
  return async (wire) => {
    await wire.give(withHeader(await wire.ask(), 'content-length', String(length)));
    await drip(wire, everyMs, ' ');
  };
}

async function drip(wire: Wire, everyMs: number, drop: string): Promise<void> {
  while (!wire.client.destroyed) {
    await wire.give(drop);
    await delay(everyMs);
  }
}

/** The server's answer to every request comes twice: the second copy is there before the next request. */
export const answerTwice: Fault = async (wire) => {
  const { head, body } = await wire.ask();
  const answer = Buffer.concat([head.raw, await whole(body)]);
  await wire.give(Buffer.concat([answer, answer]));
};

/** As some proxies end a connection that was idle: with an answer that nobody asked for, which crosses the next request. */
export const timeoutNotice: Fault = async (wire) => {
  await wire.give('HTTP/1.1 408 Request Time-out\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  await wire.end();
};

/** A page of somebody else's, in the server's place. */
export function page(status: number, text = '<!doctype html><title>Sign in</title>', headers = ''): Fault {
  return async (wire) => {
    await whole(wire.body());
    await wire.give(`HTTP/1.1 ${status} X\r\ncontent-type: text/html\r\n${headers}content-length: ${text.length}\r\n\r\n${text}`);
  };
}

/** Refuses before the body has come, and reads on for a while, as nginx does. */
export const refuseEarly: Fault = async (wire) => {
  const text = '<html>413 Request Entity Too Large</html>';
  await wire.give(`HTTP/1.1 413 X\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
  await whole(wire.body());
  await wire.end();
};
