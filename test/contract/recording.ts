/** The recorded exchanges of real servers, as test/contract/recordings/ holds them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SimulatedVersion } from '../../simulator/profile';

export type JsonValue = unknown;

export interface RecordedFile {
  field: string;
  name: string;
  type: string;
  size: number;
  bytes_sha256: string;
  bytes_md5: string;
  /** Only for small files. */
  base64?: string;
  content_disposition_filename?: string;
}

export interface RecordedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  json?: JsonValue;
  form?: { fields: Record<string, string | string[]>; file?: RecordedFile };
  text?: string;
}

export interface RecordedBytes {
  size: number;
  sha256?: string;
  md5?: string;
  decoded?: { size: number; sha256: string };
}

export interface RecordedResponse {
  status: number;
  headers: Record<string, string>;
  json?: JsonValue;
  text?: string;
  bytes?: RecordedBytes;
}

export interface Exchange {
  request: RecordedRequest | null;
  response: RecordedResponse | null;
  note?: string;
  direction?: string;
}

export interface Recording {
  /** File name without its ending: `upload.v10`. */
  name: string;
  scenario: string;
  what: string;
  server: SimulatedVersion;
  api: number;
  variant?: string;
  exchanges: Exchange[];
}

/** Numbers that Python wrote as floats keep their source, so that `1.0` stays `1.0`. */
function keepFloats(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && /[.eE]/.test(context?.source ?? '') ? rawNumber(context?.source ?? '') : value;
}

const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

function rawNumber(source: string): unknown {
  return rawJSON(source);
}

export function parseJson(text: string): JsonValue {
  return JSON.parse(text, keepFloats as never) as JsonValue;
}

// The compiled tests lie in dist/test/contract, the recordings beside the sources.
const folder = join(__dirname, '..', '..', '..', 'test', 'contract', 'recordings');

export function recordings(version: SimulatedVersion): Recording[] {
  const files = readdirSync(join(folder, version)).filter((file) => file.endsWith('.json'));
  return files
    .sort()
    .map((file) => ({ ...(parseJson(readFileSync(join(folder, version, file), 'utf8')) as Recording), name: file.replace(/\.json$/, '') }));
}
