import type { SimulatorResponse } from '../../simulator/http/messages';
import type { TransportRequest } from '../../src/paperless/transport';
import type { Life } from './life';
import type { Site } from './site';

/** One request on its way, as a fault sees it. */
export interface Passage {
  site: Site;
  request: TransportRequest;
  /** The request's body; empty without one. */
  bytes: Uint8Array;
  /** Lets the server answer; with `bytes`, as if that had been the body. */
  serve: (bytes?: Uint8Array) => Promise<SimulatorResponse>;
  wait: (ms: number) => Promise<void>;
  /** The process of the engine ends here. */
  crash: () => void;
  /** Of the process that asks. */
  life: Life;
}

/** What happens to a request instead of its plain answer. Throws Broken when the connection breaks. */
export type Fault = (passage: Passage) => Promise<SimulatorResponse>;

/** `not-sent`: surely nothing arrived. `no-answer`: nobody can tell. `in-body`: the answer broke off. */
export class Broken extends Error {
  constructor(
    readonly where: 'not-sent' | 'no-answer' | 'in-body',
    readonly code: string,
    /** As a wrong certificate is: trying again changes nothing. */
    readonly lasting = false,
  ) {
    super(code);
  }
}

export const refuse: Fault = () => Promise.reject(new Broken('not-sent', 'connection-refused'));

/** The server never saw it, which the client can't know. */
export const loseRequest: Fault = () => Promise.reject(new Broken('no-answer', 'connection-lost'));

export const loseReply: Fault = async ({ serve }) => {
  await serve();
  throw new Broken('no-answer', 'connection-lost');
};

export const silence: Fault = async ({ request, wait }) => {
  await wait(request.idleTimeoutMs);
  throw new Broken('no-answer', 'idle-timeout');
};

export const errorBefore: Fault = () => Promise.resolve(page(500, '<h1>Server Error (500)</h1>'));

export const errorAfter: Fault = async ({ serve }) => {
  await serve();
  return page(500, '<h1>Server Error (500)</h1>');
};

/** A PATCH of which the first half of the keys was written before the database was locked. */
export const halfWritten: Fault = async ({ serve, bytes }) => {
  const body = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
  const keys = Object.entries(body);
  await serve(Buffer.from(JSON.stringify(Object.fromEntries(keys.slice(0, Math.ceil(keys.length / 2))))));
  return page(500, '<h1>Server Error (500)</h1>');
};

export const loginPage: Fault = () => Promise.resolve(page(302, '', { location: '/accounts/login/?next=/api/' }));

/** The answer's length is announced, half of it comes. */
export const truncate: Fault = async ({ serve }) => {
  const answer = await serve();
  const whole = await bytesOf(answer);
  return { ...answer, headers: { ...answer.headers, 'content-length': String(whole.length) }, body: whole.subarray(0, Math.floor(whole.length / 2)) };
};

/** One byte arrives as another; the length is right. */
export const flipByte: Fault = async ({ serve }) => {
  const answer = await serve();
  const whole = await bytesOf(answer);
  const at = whole.length >> 1;
  whole[at] = (whole[at] ?? 0) ^ 1;
  return { ...answer, body: whole };
};

/** Half of the body, announced as all of it. */
export const halve: Fault = async ({ serve }) => {
  const answer = await serve();
  const body = await bytesOf(answer).then((whole) => whole.subarray(0, whole.length >> 1));
  return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
};

/** A list as if nothing were in it. */
export const withoutRows: Fault = async ({ serve }) => {
  const list = JSON.parse(Buffer.from(await bytesOf(await serve())).toString('utf8')) as Record<string, unknown>;
  return json({ ...list, count: 0, results: [], next: null });
};

/** The process dies with the request unsent, or with its answer unread. */
export const crashBefore: Fault = ({ crash }) => {
  crash();
  return never();
};

export const crashAfter: Fault = async ({ serve, crash }) => {
  await serve();
  crash();
  return never();
};

/** Answered 200 with a task's id, but the task's row was never written. With `made` the worker gets the file all the same. */
export function noTaskRow(made: boolean): Fault {
  return async ({ serve, site }) => {
    const { store } = site.instance;
    if (!made) return json(store.uuid());
    const before = new Set(store.tasks.all().map((task) => task.id));
    const answer = await serve();
    for (const task of store.tasks.all()) if (!before.has(task.id)) store.tasks.delete(task.id);
    return answer;
  };
}

/** Taken twice: by a proxy that sends it again, or a worker that is given its task again. The second answer is the one that comes back. */
export const takenTwice: Fault = async ({ serve }) => {
  await serve();
  return serve();
};

function json(value: unknown): SimulatorResponse {
  const body = Buffer.from(JSON.stringify(value));
  return { status: 200, headers: { 'content-type': 'application/json', 'content-length': String(body.length) }, body };
}

export function page(status: number, text: string, headers: Record<string, string> = {}): SimulatorResponse {
  const body = Buffer.from(text);
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', 'content-length': String(body.length), ...headers }, body };
}

export async function bytesOf({ body }: SimulatorResponse): Promise<Buffer> {
  if (body instanceof Uint8Array) return Buffer.from(body);
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

/** Which requests a fault is for. All that is left out fits everything. */
export interface Where {
  on?: string;
  /** As counters name it: `documents.upload`, `documents.patch`, `tasks.open`, … */
  operation?: string | RegExp;
  method?: string;
  when?: (request: TransportRequest) => boolean;
  /** Fitting requests that pass unharmed first. */
  skip?: number;
  /** Requests that it strikes; 1. */
  times?: number;
}

/** A fault that was set; `hits` tells whether it ever struck. */
export class SetFault {
  hits = 0;
  #seen = 0;

  constructor(
    readonly where: Where,
    readonly fault: Fault,
  ) {}

  take(site: Site, request: TransportRequest): boolean {
    const { on, operation, method, when, skip = 0, times = 1 } = this.where;
    if (on !== undefined && on !== site.name) return false;
    if (typeof operation === 'string' && operation !== request.operation) return false;
    if (operation instanceof RegExp && !operation.test(request.operation)) return false;
    if (method !== undefined && method !== request.method) return false;
    if (when?.(request) === false) return false;
    this.#seen += 1;
    if (this.#seen <= skip || this.hits >= times) return false;
    this.hits += 1;
    return true;
  }

  /** No more of it. */
  lift(): void {
    this.where.times = this.hits;
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
