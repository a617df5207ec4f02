import type { SimulatorResponse } from '../../simulator/http/messages';
import { Broken, bytesOf, page, type Fault, type Passage } from '../support/faults';
import type { Chance } from './chance';
import type { Kind } from './kinds';

export type Asked = Pick<Passage, 'site' | 'request'>;

/** One way in which a request can go wrong. `null` from `strike`: it changed nothing, and counts for nothing. */
export interface Trouble {
  kind: Kind;
  weight: number;
  fits(passage: Asked): boolean;
  strike(passage: Passage, chance: Chance): Promise<SimulatorResponse | null>;
}

const any = (): boolean => true;
const reads = ({ request }: Asked): boolean => request.method === 'GET';
const writes = (passage: Asked): boolean => !reads(passage);
const method =
  (name: string) =>
  ({ request }: Asked): boolean =>
    request.method === name;
const operation =
  (name: RegExp) =>
  ({ request }: Asked): boolean =>
    name.test(request.operation);
export const isUpload = operation(/^documents\.upload/u);
export const isDownload = operation(/^documents\.download$/u);

const broken = (where: Broken['where'], code: string, lasting = false): Promise<never> => Promise.reject(new Broken(where, code, lasting));

/** What a server or a proxy says instead of an answer; writes don't get through to paperless. */
function says(
  kind: Kind,
  status: number,
  options: { json?: string; weight?: number; headers?: (chance: Chance) => Record<string, string> } = {},
): Trouble {
  return {
    kind,
    weight: options.weight ?? 1,
    fits: any,
    strike: (_passage, chance) => {
      const headers = options.headers?.(chance) ?? {};
      const text = options.json !== undefined && chance.is(0.5) ? options.json : `<h1>${status}</h1>`;
      if (text === options.json) headers['content-type'] = 'application/json';
      return Promise.resolve(page(status, text, headers));
    },
  };
}

/** The answer, with its body changed. */
function bent(kind: Kind, fits: Trouble['fits'], weight: number, bend: (whole: Buffer, headers: Record<string, string>) => Buffer | null): Trouble {
  return {
    kind,
    weight,
    fits,
    strike: async ({ serve }) => {
      const answer = await serve();
      const whole = await bytesOf(answer);
      const headers = { ...answer.headers, 'content-length': String(whole.length) };
      const body = whole.length < 2 ? null : bend(whole, headers);
      return body === null ? null : { ...answer, headers, body };
    },
  };
}

const NO_HEADERS = (): Record<string, string> => ({});

const half = (whole: Buffer): Buffer => whole.subarray(0, whole.length >> 1);

export const TROUBLES: readonly Trouble[] = [
  { kind: 'connect-refused', weight: 1, fits: any, strike: () => broken('not-sent', 'connection-refused') },
  { kind: 'name-not-found', weight: 1, fits: any, strike: () => broken('not-sent', 'host-unknown') },
  { kind: 'tls', weight: 1, fits: any, strike: () => broken('not-sent', 'tls-certificate', true) },
  { kind: 'reset-before-send', weight: 1, fits: any, strike: () => broken('no-answer', 'connection-lost') },
  { kind: 'reset-after-send', weight: 1, fits: (p) => reads(p) || method('DELETE')(p), strike: served(() => broken('no-answer', 'connection-lost')) },
  { kind: 'reset-in-headers', weight: 1, fits: any, strike: served(() => broken('no-answer', 'connection-lost')) },
  bent('reset-in-body', any, 1, half),
  {
    kind: 'slow-drip',
    weight: 1,
    fits: any,
    strike: async ({ serve, request, wait }) => {
      const answer = await serve();
      const whole = await bytesOf(answer);
      await wait(request.idleTimeoutMs);
      if (whole.length < 2) return broken('no-answer', 'idle-timeout');
      return { ...answer, headers: { ...answer.headers, 'content-length': String(whole.length) }, body: half(whole) };
    },
  },
  { kind: 'lost-reply-post', weight: 3, fits: method('POST'), strike: served(() => broken('no-answer', 'connection-lost')) },
  { kind: 'lost-reply-patch', weight: 3, fits: method('PATCH'), strike: served(() => broken('no-answer', 'connection-lost')) },
  bent('truncated-body', any, 1, (whole, headers) => {
    headers['content-length'] = String(half(whole).length);
    return half(whole);
  }),
  // In a file: what stands in JSON is TCP's and TLS's to keep whole, and a server that tells another title can't be told from one that has it.
  bent('flipped-byte', isDownload, 12, (whole) => {
    whole[whole.length >> 1] = (whole[whole.length >> 1] ?? 0) ^ 1;
    return whole;
  }),
  bent('wrong-length', any, 1, (whole, headers) => {
    headers['content-length'] = String(whole.length + 7);
    return whole;
  }),
  { kind: 'html-200', weight: 1, fits: any, strike: () => Promise.resolve(page(200, '<html>Log in</html>')) },
  { kind: 'login-redirect', weight: 1, fits: any, strike: () => Promise.resolve(page(302, '', { location: '/accounts/login/?next=/api/' })) },
  bent(
    'malformed-json',
    (p) => !isDownload(p),
    1,
    (whole, headers) => {
      if (!/json/u.test(headers['content-type'] ?? '')) return null;
      whole[0] = 0x23;
      return whole;
    },
  ),
  says('401', 401, { json: '{"detail":"Invalid token."}' }),
  says('403', 403, { json: '{"detail":"You do not have permission to perform this action."}' }),
  // A page: paperless's own 404 is the truth about a document, and a server that lies about those can't be caught at it.
  says('404', 404),
  says('406', 406, { json: '{"detail":"Invalid version in \\"Accept\\" header."}' }),
  says('409', 409),
  says('413', 413),
  says('429', 429, { headers: (chance) => ({ 'retry-after': String(chance.pick([1, 10, 90])) }) }),
  { kind: '500-not-done', weight: 1, fits: any, strike: () => Promise.resolve(page(500, '<h1>Server Error (500)</h1>')) },
  { kind: '500-done', weight: 4, fits: writes, strike: served(() => Promise.resolve(page(500, '<h1>Server Error (500)</h1>'))) },
  { kind: '500-half-done', weight: 5, fits: operation(/^documents\.patch$/u), strike: halfDone },
  says('502', 502),
  says('503', 503, { headers: (chance) => (chance.is(0.5) ? { 'retry-after': String(chance.pick([1, 30])) } : NO_HEADERS()) }),
  {
    kind: '504',
    weight: 1,
    fits: any,
    strike: async ({ serve, wait }, chance) => {
      if (chance.is(0.5)) await serve();
      await wait(20_000);
      return page(504, '<h1>Gateway Timeout</h1>');
    },
  },
];

interface List {
  count: number;
  next: string | null;
  all?: number[];
  results: { id: number }[];
}

/** A list with some of its rows, and with numbers that fit: as an index that is being built anew gives it, or rights that come and go. Null: nothing of it was to be left out. */
export async function lacking(answer: SimulatorResponse, hidden: (id: number) => boolean): Promise<SimulatorResponse | null> {
  const list = answer.status === 200 ? (JSON.parse((await bytesOf(answer)).toString('utf8')) as List) : null;
  if (list === null) return null;
  const results = list.results.filter(({ id }) => !hidden(id));
  const all = list.all?.filter((id) => !hidden(id));
  const fewer = Math.max(list.results.length - results.length, (list.all?.length ?? 0) - (all?.length ?? 0));
  if (fewer === 0) return null;
  const body = Buffer.from(JSON.stringify({ ...list, count: list.count - fewer, results, ...(all === undefined ? {} : { all }) }));
  return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
}

/** The server does what it is asked, and then the answer goes wrong. */
function served(after: () => Promise<SimulatorResponse>): Trouble['strike'] {
  return async ({ serve }) => {
    await serve();
    return after();
  };
}

/** Of a PATCH the first half of the keys is written before the database is locked. */
async function halfDone({ serve, bytes }: Passage): Promise<SimulatorResponse | null> {
  const keys = Object.entries(JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>);
  if (keys.length < 2) return null;
  await serve(Buffer.from(JSON.stringify(Object.fromEntries(keys.slice(0, keys.length >> 1)))));
  return page(500, '<h1>Server Error (500)</h1>');
}

/** As `Fault`, for one trouble: what it changed is told by `struck`. */
export function faultOf(trouble: Trouble, chance: Chance, struck: () => void): Fault {
  return async (passage) => {
    try {
      const answer = await trouble.strike(passage, chance);
      if (answer === null) return await passage.serve();
      struck();
      return answer;
    } catch (error) {
      if (error instanceof Broken) struck();
      throw error;
    }
  };
}
