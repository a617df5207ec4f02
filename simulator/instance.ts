/** One simulated paperless-ngx: a database, workers, and a handler for requests from a socket or from memory. */
import { Consumer } from './consume/consumer';
import type { Parsed } from './consume/parse';
import { CounterBook, type Count } from './counters';
import type { Environment } from './environment';
import { answer } from './http/handler';
import type { Body, SimulatorRequest, SimulatorResponse } from './http/messages';
import { Throttle } from './http/throttle';
import type { Library } from './library/types';
import { profileOf, type SimulatedVersion } from './profile';
import { seed } from './seed';
import { Disk } from './state/disk';
import { memoryStore, type FileStore } from './state/files';
import { Store } from './state/store';

export interface InstanceOptions {
  version: SimulatedVersion;
  environment: Environment;
  /** The superuser's token: forty hex digits on a real server, but any text without spaces will do. */
  token: string;
  /** The superuser's name and password. */
  username?: string;
  password?: string;
  /** Where uploads are kept; in memory when left out. */
  files?: FileStore;
  /** The server's time zone. */
  zone?: string;
  /** How many files are consumed at once; 1. */
  workers?: number;
  /** Milliseconds that one file takes; 0. */
  delay?: number;
  /** 3.x: PAPERLESS_CONSUMER_DELETE_DUPLICATES. */
  duplicatesRefused?: boolean;
}

/** Faults: a hook may answer in the server's place, change an answer, or throw to break the connection. */
export interface Hooks {
  onRequest?(request: SimulatorRequest): SimulatorResponse | undefined | Promise<SimulatorResponse | undefined>;
  onResponse?(request: SimulatorRequest, response: SimulatorResponse): SimulatorResponse | Promise<SimulatorResponse>;
}

export class Instance {
  readonly store: Store;
  readonly consumer: Consumer;
  /** For tests: what happens to stored files behind the server's back. */
  readonly disk: Disk;
  readonly counters = new CounterBook();
  readonly hooks: Hooks = {};
  readonly #files: FileStore;
  readonly #known = new Map<string, Parsed>();
  readonly #throttle: Throttle;

  constructor(options: InstanceOptions) {
    this.store = new Store(profileOf(options.version), options.environment, options.zone ?? 'Europe/Berlin');
    this.disk = new Disk(this.store);
    this.#files = options.files ?? memoryStore;
    this.#throttle = new Throttle(options.environment.clock, this.store.profile.major === 3 ? 5 : 0);
    this.consumer = new Consumer(this.store, {
      workers: options.workers ?? 1,
      delay: options.delay ?? 0,
      duplicatesRefused: options.duplicatesRefused ?? false,
      known: this.#known,
    });
    // Real servers have users of their own before the first person's: one on 3.x, two on 2.x.
    this.store.users.nextId = this.store.profile.major === 3 ? 2 : 3;
    this.store.users.insert({
      username: options.username ?? 'admin',
      password: options.password ?? 'admin',
      email: 'root@localhost',
      firstName: '',
      lastName: '',
      isStaff: true,
      isActive: true,
      isSuperuser: true,
      joined: this.store.stamp(),
      groups: [],
      permissions: [],
      token: options.token,
    });
  }

  /** Fills an instance; on an empty one a document's id is its key. */
  seed(library: Library): void {
    seed(this.store, library);
  }

  /** Tells the workers what a parser finds in a file, by its SHA-256: for pictures, and for files that can't be parsed here. */
  know(sha256: string, parsed: Parsed): void {
    this.#known.set(sha256, parsed);
  }

  /** Answers one request. Rejects only when a hook breaks the connection or the simulator itself is at fault. */
  async handle(request: SimulatorRequest): Promise<SimulatorResponse> {
    const count = this.counters.of(request.method, request.path);
    count.requests++;
    const seen = { ...request, headers: withLength(request), body: counted(request.body, count, 'bytesIn') };
    const early = await this.hooks.onRequest?.(seen);
    const given = early ?? (await answer({ store: this.store, consumer: this.consumer, files: this.#files, throttle: this.#throttle }, seen));
    const response = (await this.hooks.onResponse?.(seen, given)) ?? given;
    return { ...response, body: counted(response.body, count, 'bytesOut') ?? new Uint8Array(0) };
  }
}

/** A body that is there as a whole has a length, whether or not the client said so; a stream has the one that was announced. */
function withLength(request: SimulatorRequest): Record<string, string> {
  if (!(request.body instanceof Uint8Array) || request.headers['content-length'] !== undefined) return request.headers;
  return { ...request.headers, 'content-length': String(request.body.length) };
}

function counted(body: Body | null, count: Count, side: 'bytesIn' | 'bytesOut'): Body | null {
  if (body === null) return null;
  if (body instanceof Uint8Array) {
    count[side] += body.length;
    return body;
  }
  return watch(body, count, side);
}

async function* watch(body: AsyncIterable<Uint8Array>, count: Count, side: 'bytesIn' | 'bytesOut'): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    count[side] += chunk.length;
    yield chunk;
  }
}
