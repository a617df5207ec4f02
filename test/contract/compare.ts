/** Compares an answer with its recording, by value but for the closed list of shapes. */
import { createHash } from 'node:crypto';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parseJson, type RecordedBytes, type RecordedResponse } from './recording';
import { byPath, rotatedSums, unordered, type ShapeName } from './shapes';
import { standInDigests } from './stand-in';
import type { Vocabulary } from './vocabulary';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

export interface Difference {
  where: string;
  recorded: unknown;
  ours: unknown;
}

/** The headers that recordings keep: one that isn't recorded wasn't sent. */
const kept =
  'content-type content-length content-encoding content-disposition content-language transfer-encoding etag last-modified cache-control location x-api-version x-version www-authenticate retry-after vary allow accept-ranges content-range'.split(
    ' ',
  );

/** What is compared by shape and yet always as long as it was recorded. */
const sameLength = new Set<ShapeName>(['time', 'httpDate', 'uuid', 'token', 'set', 'option']);

const throttled = /^Request was throttled\. Expected available in \d+ seconds?\.$/;

export class Comparison {
  readonly differences: Difference[] = [];
  /** Shapes that stood in for values in this answer. */
  readonly used = new Set<ShapeName>();

  constructor(
    readonly vocabulary: Vocabulary,
    readonly recorded: RecordedResponse,
    readonly answer: Answer,
  ) {
    this.#equal('status', recorded.status, answer.status);
    this.#body();
    for (const name of kept) this.#header(name, recorded.headers[name], answer.headers[name]);
  }

  #differ(where: string, recorded: unknown, ours: unknown): void {
    this.differences.push({ where, recorded, ours });
  }

  #equal(where: string, recorded: unknown, ours: unknown): void {
    if (recorded !== ours) this.#differ(where, recorded, ours);
  }

  #body(): void {
    const { recorded, answer } = this;
    if ('json' in recorded) this.#jsonBody(recorded.json);
    else if (recorded.text !== undefined) this.#text(recorded.text, Buffer.from(answer.body).toString('utf8'));
    else if (recorded.bytes) this.#bytes(recorded.bytes);
    else if (answer.body.length > 0) this.#differ('body', '(none)', Buffer.from(answer.body).toString('utf8').slice(0, 200));
  }

  #jsonBody(recorded: unknown): void {
    const text = Buffer.from(plain(this.answer)).toString('utf8');
    if (text === '') {
      this.#equal('body', recorded, null);
      return;
    }
    let ours: unknown;
    try {
      ours = parseJson(text);
    } catch {
      this.#differ('body', recorded, text.slice(0, 200));
      return;
    }
    this.#json('', recorded, ours);
  }

  #json(path: string, recorded: unknown, ours: unknown): void {
    const shape = byPath.find(([pattern]) => pattern.test(path.replace(/\[\d+\]/g, '')))?.[1];
    if (shape) {
      this.used.add(shape);
      if (shape !== 'machine' && kindOf(recorded) !== kindOf(ours)) this.#differ(path, recorded, ours);
    } else if (typeof recorded === 'string') this.#string(path, recorded, ours);
    else if (Array.isArray(recorded)) this.#list(path, recorded as unknown[], ours);
    else if (isRaw(recorded)) this.#equal(path, recorded.rawJSON, isRaw(ours) ? ours.rawJSON : ours);
    else if (typeof recorded === 'object' && recorded !== null) this.#object(path, recorded as Record<string, unknown>, ours);
    else this.#equal(path, recorded, ours);
  }

  #string(path: string, recorded: string, ours: unknown): void {
    if (recorded === ours && !this.vocabulary.isTime(recorded)) return;
    if (rotatedSums.has(recorded))
      this.#shaped(
        'rotated',
        path,
        typeof ours === 'string' && ours.length === recorded.length && this.vocabulary.matchNames(recorded, ours),
        recorded,
        ours,
      );
    else if (throttled.test(recorded)) this.#shaped('throttle', path, typeof ours === 'string' && throttled.test(ours), recorded, ours);
    else if (/^<task:\d+>$/.test(recorded)) this.#shaped('uuid', path, this.vocabulary.matchTask(recorded, ours), recorded, ours);
    else if (recorded === '<token>') this.#shaped('token', path, typeof ours === 'string' && /^[0-9a-f]{40}$/.test(ours), recorded, ours);
    else if (this.vocabulary.isTime(recorded))
      this.#shaped('time', path, typeof ours === 'string' && this.vocabulary.matchTimes(recorded, ours), recorded, ours);
    else if (/select_options\[\d+\]\.id$/.test(path) && /^[A-Za-z0-9]{16}$/.test(recorded)) {
      const word = typeof ours === 'string' && /^[A-Za-z0-9]{16}$/.test(ours);
      this.#shaped('option', path, word && this.vocabulary.matchNames(recorded, ours), recorded, ours);
    } else this.#equal(path, this.vocabulary.speak(recorded), ours);
  }

  #shaped(shape: ShapeName, path: string, good: boolean, recorded: unknown, ours: unknown): void {
    this.used.add(shape);
    if (!good) this.#differ(path, recorded, ours);
  }

  #list(path: string, recorded: unknown[], ours: unknown): void {
    if (!Array.isArray(ours)) {
      this.#differ(path, recorded, ours);
      return;
    }
    const last = recorded.at(-1);
    const cut = typeof last === 'string' ? /^<cut: (\d+) results in all>$/.exec(last) : null;
    const wanted = cut ? recorded.slice(0, -1) : recorded;
    // Of a list without an envelope the recorder counted what it kept, not what was there.
    const total = cut ? Number(cut[1]) : wanted.length;
    const uncounted = cut !== null && path === '';
    if (uncounted ? ours.length < wanted.length : ours.length !== total) this.#differ(`${path}.length`, total, ours.length);
    if (unordered.test(path) && wanted.every((item) => typeof item !== 'object')) {
      const same = JSON.stringify(wanted.map(String).sort()) === JSON.stringify((ours as unknown[]).map(String).sort());
      if (JSON.stringify(wanted) !== JSON.stringify(ours)) this.#shaped('set', path, same, wanted, ours);
      return;
    }
    wanted.forEach((item, index) => this.#json(`${path}[${index}]`, item, (ours as unknown[])[index]));
  }

  #object(path: string, recorded: Record<string, unknown>, ours: unknown): void {
    if (typeof ours !== 'object' || ours === null || Array.isArray(ours)) {
      this.#differ(path, recorded, ours);
      return;
    }
    const theirs = Object.keys(recorded).join(' ');
    const own = Object.keys(ours).join(' ');
    if (theirs !== own) this.#differ(`${path} keys`, theirs, own);
    for (const [key, value] of Object.entries(recorded)) {
      if (key === 'original_size' && rotatedSums.has(String(recorded.original_checksum))) continue;
      if (Object.hasOwn(ours, key)) this.#json(path === '' ? key : `${path}.${key}`, value, (ours as Record<string, unknown>)[key]);
    }
  }

  #text(recorded: string, ours: string): void {
    const page = /^<html: \d+ characters, title "([^"]*)"/.exec(recorded);
    if (!page) {
      this.#equal('text', recorded, ours);
      return;
    }
    const title = /<title>(.*?)<\/title>/s.exec(ours)?.[1]?.trim();
    this.#shaped('html', 'title', title === page[1], page[1], title);
  }

  #bytes(recorded: RecordedBytes): void {
    const { answer } = this;
    if (this.recorded.headers['content-type'] === 'image/webp') return void this.used.add('thumbnail');
    const body = plain(answer);
    if (body !== answer.body) this.used.add('compressed');
    if (Buffer.from(body).includes('Archive of ')) return void this.used.add('archive');
    const ours = standInDigests(body) ?? { size: body.length, sha256: createHash('sha256').update(body).digest('hex') };
    const wanted = recorded.decoded ?? recorded;
    if (answer.headers['content-encoding'] !== undefined && !recorded.decoded) return;
    this.#equal('bytes.size', wanted.size, ours.size);
    if (wanted.sha256 !== undefined) this.#equal('bytes.sha256', wanted.sha256, ours.sha256);
  }

  #header(name: string, recorded: string | undefined, ours: string | undefined): void {
    if (recorded === undefined || ours === undefined) {
      this.#equal(name, recorded, ours);
      return;
    }
    if (name === 'last-modified')
      this.#shaped('httpDate', name, !Number.isNaN(Date.parse(ours)) && this.vocabulary.matchNames(recorded, ours), recorded, ours);
    else if (name === 'etag') this.#etag(recorded, ours);
    else if (name === 'retry-after') this.#shaped('throttle', name, /^\d+$/.test(ours), recorded, ours);
    else if (name === 'content-length') this.#length(recorded, ours);
    else this.#equal(name, this.vocabulary.speak(recorded), ours);
  }

  #etag(recorded: string, ours: string): void {
    const parts = /^(.*:)(\d{4}-.*)"$/.exec(recorded);
    const own = /^(.*:)(\d{4}-.*)"$/.exec(ours);
    if (!parts || !own) {
      const same = recorded === ours || this.vocabulary.speak(recorded) === ours || rotatedSums.has(recorded.replaceAll('"', ''));
      const learned = this.used.has('archive') && /^(W\/)?"[0-9a-f]+"$/.test(ours) && this.vocabulary.matchNames(recorded, ours);
      this.#shaped('archive', 'etag', same || learned, recorded, ours);
      return;
    }
    const rotated = [...rotatedSums].some((sum) => parts[1]?.includes(sum));
    if (!rotated) this.#equal('etag', parts[1], own[1]);
    this.#shaped('time', 'etag', this.vocabulary.matchTimes(parts[2] ?? '', own[2] ?? ''), recorded, ours);
  }

  /** By value, unless the body holds something of another length; then it has to fit the body. */
  #length(recorded: string, ours: string): void {
    const shortened = /\{listener|<path>|<cut: /.test(JSON.stringify(this.recorded.json ?? ''));
    if (!shortened && [...this.used].every((shape) => sameLength.has(shape))) {
      this.#equal('content-length', recorded, ours);
      return;
    }
    this.used.add('length');
    const fits = this.answer.body.length === 0 || standInDigests(this.answer.body) !== undefined || Number(ours) === this.answer.body.length;
    if (!fits) this.#differ('content-length', this.answer.body.length, ours);
  }
}

function isRaw(value: unknown): value is { rawJSON: string } {
  return typeof value === 'object' && value !== null && 'rawJSON' in value;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isRaw(value)) return 'number';
  return Array.isArray(value) ? 'list' : typeof value;
}

function plain(answer: Answer): Uint8Array {
  const decoder = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }[answer.headers['content-encoding'] ?? ''];
  return decoder ? decoder(answer.body) : answer.body;
}
