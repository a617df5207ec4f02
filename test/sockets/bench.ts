import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { machineEnvironment } from '../../simulator/environment';
import { listen, type Running } from '../../simulator/http/server';
import { Instance } from '../../simulator/instance';
import type { SimulatedVersion } from '../../simulator/profile';
import type { PaperlessWriter, UploadFile } from '../../src/paperless/client';
import type { ErrorClass, PaperlessError } from '../../src/paperless/errors';
import { createWriter } from '../../src/paperless/http-client';
import type { RecordedExchange } from '../../src/paperless/record';
import { stack } from '../../src/paperless/stack';
import { createUndiciTransport } from '../../src/paperless/undici-transport';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { fails, file, token } from '../unit/paperless/support';
import { Proxy } from './proxy';

/** Bytes of document 1's file: more than the buffers of a connection hold at once would make the tests slow, fewer than one packet would make them blunt. */
export const FILE_BYTES = 300_000;

export interface BenchOptions {
  version?: SimulatedVersion;
  idleTimeoutMs?: number;
  answerTimeoutMs?: number;
  /** In place of the proxy's. */
  url?: string;
  /** Of the pool; 4 when left out. With one, a request uses the connection of the one before. */
  connections?: number;
  /** Further tries of a read; three when left out. */
  tries?: number;
}

/** One server, a proxy before it, and the real client with all its decorators behind that. Waits between tries are none. */
export class Bench {
  private constructor(
    readonly instance: Instance,
    private readonly server: Running,
    readonly proxy: Proxy,
    readonly client: PaperlessWriter,
    readonly exchanges: readonly RecordedExchange[],
  ) {}

  static async start(options: BenchOptions = {}): Promise<Bench> {
    const instance = new Instance({ version: options.version ?? '3.0.5', environment: machineEnvironment(1), token });
    instance.seed(smallLibrary([plainDocument(1, { file: textFile('All work and no play. '.repeat(FILE_BYTES / 22), 'one.txt') })]));
    const server = await listen((request) => instance.handle(request), 0);
    const proxy = await Proxy.start(server.port);
    const address = { name: 'replica-a', url: options.url ?? proxy.url, token };
    const idle = options.idleTimeoutMs ?? 10_000;
    const exchanges: RecordedExchange[] = [];
    const transport = stack(createUndiciTransport(address, { maxConnections: options.connections ?? 4 }), {
      now: () => performance.now(),
      random: () => 0.5,
      sleep: () => Promise.resolve(),
      delaysMs: Array.from({ length: options.tries ?? 3 }, () => 0),
      recorder: (exchange) => void exchanges.push(exchange),
    });
    const client = createWriter(address, transport, {
      version: instance.store.profile.version,
      idleTimeoutMs: idle,
      transferIdleTimeoutMs: idle,
      ...(options.answerTimeoutMs === undefined ? {} : { answerTimeoutMs: options.answerTimeoutMs }),
    });
    return new Bench(instance, server, proxy, client, exchanges);
  }

  /** Requests of one kind that reached the server, as `simulator/counters.ts` names them. */
  arrived(kind: string): number {
    return this.instance.counters.snapshot()[kind]?.requests ?? 0;
  }

  get documents(): number {
    return this.instance.store.documents.size;
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.proxy.close();
    await this.server.close();
    assert.deepEqual(this.proxy.troubles, []);
    assert.ok(!JSON.stringify(this.exchanges).includes(token), 'the token is in a record');
  }
}

/** What the client does in these tests. */
export const acts = {
  list: ({ client }: Bench) => client.document(1),
  download: async ({ client }: Bench) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of (await client.download(1, null)).chunks) parts.push(chunk);
    return Buffer.concat(parts);
  },
  patch: ({ client }: Bench) => client.patchDocument(1, { title: 'Another title' }),
  note: ({ client }: Bench) => client.addNote(1, 'A note'),
  trash: ({ client }: Bench) => client.trashDocument(1),
  upload: ({ client }: Bench) => client.upload(upload(), { title: 'New [pngx:0123456789]' }),
  uploadLarge: ({ client }: Bench) => client.upload(upload(20_000_000), { title: 'New [pngx:0123456789]' }),
} satisfies Record<string, (bench: Bench) => Promise<unknown>>;

export type Act = keyof typeof acts;

/** What is done by each act more than once by being sent twice, and where the server counts it. */
export const counted: Record<Act, string> = {
  list: 'GET document',
  download: 'GET download',
  patch: 'PATCH document',
  note: 'POST notes',
  trash: 'DELETE document',
  upload: 'POST upload',
  uploadLarge: 'POST upload',
};

function upload(bytes = 1000): UploadFile {
  return file('Something new. '.repeat(bytes / 15), 'new.txt');
}

/** As `fails`, and the token isn't in anything that hangs on the error either. */
export async function failsQuietly(work: Promise<unknown> | (() => unknown), errorClass: ErrorClass, code: string): Promise<PaperlessError> {
  const error = await fails(work, errorClass, code);
  assert.ok(!inspect(error, { depth: 12, showHidden: true }).includes(token), 'the token hangs on the error');
  return error;
}

const HANDLES = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'TLSWrap',
  'PipeWrap',
  'TCPConnectWrap',
  'FSReqCallback',
  'FSReqPromise',
  'FileHandle',
  'Timeout',
]);

function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => HANDLES.has(name))
    .sort();
}

/** For an outer suite: checks after each test, and after the inner suite's hooks, that nothing stayed open. */
export function leavesNothingOpen(): void {
  let before: string[] = [];
  beforeEach(async () => {
    // Mocha's own timer for a hook that waits is counted here and below.
    await new Promise((resolve) => setImmediate(resolve));
    before = handles();
  });
  afterEach('nothing is left open', async () => {
    // A socket takes some turns of the loop to close; one that is really left is there for ever.
    const patience = performance.now() + 3000;
    while (handles().length > before.length && performance.now() < patience) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(handles().length <= before.length, `left open: ${handles().join(' ')}, instead of ${before.join(' ')}`);
  });
}
