/** From what a view gave back to an answer with all its headers. */
import type { Store } from '../state/store';
import type { Reply } from './context';
import type { Body, SimulatorResponse } from './messages';
import { compressStream, compressWhole, encodingFor, smallestToCompress } from './compress';
import { writeJson } from './json';

export interface Surroundings {
  store: Store;
  /** Whether somebody was recognised: only they are told the server's version. */
  known: boolean;
  /** The Allow header, for answers of API views. */
  allow?: string;
  /** Whether the answer varies by Accept. */
  negotiated: boolean;
  acceptEncoding: string | undefined;
}

const html = 'text/html; charset=utf-8';

/** Bytes, their type and whether the server sends them as a stream. */
function content(reply: Reply, major: 2 | 3): { body: Body; type?: string; size: number; streamed: boolean } | null {
  if ('json' in reply) {
    const body = writeJson(reply.json);
    return { body, type: 'application/json', size: body.length, streamed: false };
  }
  if ('text' in reply) {
    const body = Buffer.from(reply.text);
    return { body, type: html, size: body.length, streamed: false };
  }
  if (!('file' in reply)) return null;
  const { file, type } = reply;
  const streamed = major === 3;
  return file instanceof Uint8Array ? { body: file, type, size: file.length, streamed } : { body: file.read(), type, size: file.size, streamed };
}

export function respond(reply: Reply, around: Surroundings): SimulatorResponse {
  const found = content(reply, around.store.profile.major);
  const vary = [...(around.negotiated ? ['Accept'] : []), 'Accept-Language', 'origin', 'Cookie'];
  const headers: Record<string, string> = {
    ...reply.headers,
    'content-language': 'en-us',
    date: new Date(around.store.environment.clock.now()).toUTCString(),
  };
  if (found?.type !== undefined) headers['content-type'] = found.type;
  if (around.allow !== undefined) headers.allow = around.allow;
  if (around.known) {
    headers['x-api-version'] = String(around.store.profile.apiVersions.at(-1));
    headers['x-version'] = around.store.profile.version;
  }
  let body: Body = found?.body ?? new Uint8Array(0);
  if (found) headers['content-length'] = String(found.size);
  if (found && (found.streamed || found.size >= smallestToCompress)) {
    vary.push('Accept-Encoding');
    body = compress(found, headers, around.acceptEncoding);
  }
  if (reply.status === 302) headers['content-length'] = '0';
  headers.vary = vary.join(', ');
  return { status: reply.status, headers, body };
}

function compress(found: { body: Body; size: number; streamed: boolean }, headers: Record<string, string>, accept: string | undefined): Body {
  const encoding = encodingFor(accept);
  if (!encoding) return found.body;
  let body: Body;
  if (found.streamed || !(found.body instanceof Uint8Array)) {
    body = compressStream(found.body, encoding);
    delete headers['content-length'];
    headers['transfer-encoding'] = 'chunked';
  } else {
    body = compressWhole(found.body, encoding);
    if (body.length >= found.size) return found.body;
    headers['content-length'] = String(body.length);
  }
  headers['content-encoding'] = encoding;
  if (headers.etag) headers.etag = `W/${headers.etag}`;
  return body;
}
