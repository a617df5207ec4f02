/** One request, from its URL to its answer, in the order in which the server's layers have their say. */
import type { Consumer } from '../consume/consumer';
import type { FileStore } from '../state/files';
import type { UserRow } from '../state/rows';
import type { Store } from '../state/store';
import type { Context, Handler, Method, Reply } from './context';
import { Refused } from './check';
import { ApiError, pages, ServerError, TextError } from './errors';
import type { SimulatorRequest, SimulatorResponse } from './messages';
import { chunksOf } from './multipart';
import type { Throttle } from './throttle';
import { authenticate, negotiate, unauthorized } from './negotiate';
import { respond, type Surroundings } from './respond';
import { allowed, routes, type Route } from './routes';

export interface Served {
  store: Store;
  consumer: Consumer;
  files: FileStore;
  throttle: Throttle;
}

const anonymous = {} as UserRow;

const renders = ['application/json', 'text/html'];
const parses = ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'];

export async function answer(served: Served, request: SimulatorRequest): Promise<SimulatorResponse> {
  const [path, query] = split(request.path);
  const around: Surroundings = { store: served.store, known: false, negotiated: false, acceptEncoding: request.headers['accept-encoding'] };
  const { major } = served.store.profile;
  for (const route of routes) {
    const match = route.only === undefined || route.only === major ? route.pattern.exec(decode(path)) : null;
    if (match) return view(served, route, match.slice(1), request, path, query, around);
  }
  for await (const _ of chunksOf(request.body));
  return respond(unmatched(request, path), around);
}

function split(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Wrong URLs end at the login page, or at the CSRF check when they would change something; a token doesn't help there. */
function unmatched(request: SimulatorRequest, path: string): Reply {
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return { status: 403, text: pages.csrf };
  if (path === '/api/') return { status: 302, text: '', headers: { location: 'schema/view/' } };
  const next = request.path.replace(/[?&=]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
  return { status: 302, text: '', headers: { location: `/accounts/login/?next=${next}` } };
}

async function view(
  served: Served,
  route: Route,
  params: string[],
  request: SimulatorRequest,
  path: string,
  query: string,
  around: Surroundings,
): Promise<SimulatorResponse> {
  around.allow = allowed(route);
  around.negotiated = !route.plain;
  try {
    const { api, html } = negotiate(served.store, request.headers.accept);
    if (route.throttled) served.throttle.admit();
    const user = route.open ? anonymous : authenticate(served.store, request.headers.authorization);
    if (!user) throw unauthorized('Authentication credentials were not provided.');
    around.known = !route.open;
    const base = `http://${request.headers.host ?? 'localhost'}`;
    const context: Context = { ...served, request, base, path, query: new URLSearchParams(query), params, api, user };
    const reply = await handlerOf(route, request.method)(context);
    const response = html && 'json' in reply ? browsable(route, reply, around) : respond(reply, around);
    return request.method === 'HEAD' ? { ...response, body: new Uint8Array(0) } : response;
  } catch (error) {
    return respond(failure(error, around), around);
  } finally {
    // What the view didn't read has to leave the socket all the same.
    for await (const _ of unread(request)) continue;
  }
}

/** The answer as a page for people, for who prefers HTML. */
function browsable(route: Route, reply: { status: number; json: unknown }, around: Surroundings): SimulatorResponse {
  const title = `${route.name ?? 'Api'} – Django REST framework`;
  const shown = JSON.stringify(reply.json, null, 4).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const response = respond(
    {
      status: reply.status,
      text: `<!DOCTYPE html>\n<html>\n<head><title>${title}</title></head>\n<body><pre>${shown}</pre>${' '.repeat(600)}</body>\n</html>\n`,
    },
    around,
  );
  return { ...response, headers: { ...response.headers, vary: 'Accept, Cookie, Accept-Language, origin, Accept-Encoding' } };
}

async function* unread(request: SimulatorRequest): AsyncIterable<Uint8Array> {
  if (request.body === null || request.body instanceof Uint8Array) return;
  try {
    yield* request.body;
  } catch {
    return;
  }
}

function handlerOf(route: Route, method: string): Handler {
  if (method === 'OPTIONS') return () => ({ status: 200, json: { name: route.name ?? '', description: '', renders, parses } });
  const handler = route.methods[(method === 'HEAD' ? 'GET' : method) as Method];
  if (!handler) throw new ApiError(405, { detail: `Method "${method}" not allowed.` });
  return handler;
}

/** @throws anything that is no answer: a fault of the simulator itself. */
function failure(error: unknown, around: Surroundings): Reply {
  if (error instanceof ApiError) return { status: error.status, json: error.body, headers: error.headers };
  if (error instanceof Refused) return { status: 400, json: error.detail };
  if (error instanceof TextError) return { status: error.status, text: error.text };
  if (!(error instanceof ServerError)) throw error;
  delete around.allow;
  around.negotiated = false;
  return { status: 500, text: pages.serverError };
}
