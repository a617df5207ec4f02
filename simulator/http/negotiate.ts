/** Accept and Authorization headers, judged in the server's order: media type, API version, then who is asking. */
import type { Store } from '../state/store';
import type { UserRow } from '../state/rows';
import { ApiError } from './errors';

export interface Negotiated {
  api: number;
  html: boolean;
}

interface Media {
  type: string;
  params: Record<string, string>;
  q: number;
}

function parseAccept(header: string): Media[] {
  return header.split(',').map((entry) => {
    const [type, ...rest] = entry.split(';').map((part) => part.trim());
    const params = Object.fromEntries(rest.map((part) => part.split('=').map((side) => side.trim()) as [string, string]));
    return { type: type ?? '', params, q: Number(params.q ?? 1) };
  });
}

function precedence(media: Media): number {
  if (media.type === '*/*') return 0;
  if (media.type.endsWith('/*')) return 1;
  return Object.keys(media.params).some((name) => name !== 'q') || Object.keys(media.params).length > 0 ? 3 : 2;
}

/** @throws ApiError 406 */
export function negotiate(store: Store, accept: string | undefined): Negotiated {
  const asked = parseAccept(accept === undefined || accept === '' ? '*/*' : accept);
  for (const level of [3, 2, 1, 0]) {
    for (const renderer of ['application/json', 'text/html']) {
      const found = asked.find((media) => precedence(media) === level && covers(media.type, renderer));
      if (found) return { api: versionOf(store, found.params.version), html: renderer === 'text/html' };
    }
  }
  throw new ApiError(406, { detail: 'Could not satisfy the request Accept header.' });
}

function covers(asked: string, offered: string): boolean {
  return asked === '*/*' || asked === offered || (asked.endsWith('/*') && offered.startsWith(asked.slice(0, -1)));
}

function versionOf(store: Store, asked: string | undefined): number {
  if (asked === undefined) return store.profile.defaultApi;
  const found = store.profile.apiVersions.find((version) => String(version) === asked);
  if (found === undefined) throw new ApiError(406, { detail: 'Invalid version in "Accept" header.' });
  return found;
}

/** Undefined for a request without credentials that this server understands. @throws ApiError 401 for bad ones. */
export function authenticate(store: Store, header: string | undefined): UserRow | undefined {
  const [scheme, credentials, ...rest] = (header ?? '').trim().split(/\s+/);
  const kind = scheme?.toLowerCase();
  if (kind === 'basic') return byPassword(store, credentials);
  if (kind !== 'token') return undefined;
  if (credentials === undefined) throw unauthorized('Invalid token header. No credentials provided.');
  if (rest.length > 0) throw unauthorized('Invalid token header. Token string should not contain spaces.');
  const user = store.users.all().find((row) => row.token === credentials);
  if (!user) throw unauthorized('Invalid token.');
  if (!user.isActive) throw unauthorized('User inactive or deleted.');
  return user;
}

function byPassword(store: Store, credentials: string | undefined): UserRow {
  const [name, ...password] = Buffer.from(credentials ?? '', 'base64')
    .toString('utf8')
    .split(':');
  const user = store.users.all().find((row) => row.username === name && row.password === password.join(':') && row.isActive);
  if (!user) throw unauthorized('Invalid username/password.', 'Basic realm="api"');
  return user;
}

export function unauthorized(detail: string, scheme = 'Token'): ApiError {
  return new ApiError(401, { detail }, { 'www-authenticate': scheme });
}
