import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareReplica, newSecretKey, type Comparison, type CompareOptions } from '../../../src/api';
import { acquireController } from '../../../src/controller';
import { openStore, type Store } from '../../../src/state';
import { machineEnvironment } from '../../../simulator/environment';
import { listen } from '../../../simulator/http/server';
import { Instance } from '../../../simulator/instance';
import type { Library, LibraryDocument, LibraryFile } from '../../../simulator/library/types';
import type { SimulatedVersion } from '../../../simulator/profile';
import { generatedFile } from '../../../simulator/state/files';
import type { DocumentRow } from '../../../simulator/state/rows';

/** A simulated server on a loopback port. */
export interface Server {
  url: string;
  token: string;
  instance: Instance;
}

export function file(text: string, originalFileName = 'a.txt'): LibraryFile {
  return { originalFileName, mimeType: 'text/plain', bytes: () => Buffer.from(text), text, pageCount: null };
}

export function document(key: number, more: Partial<LibraryDocument> = {}): LibraryDocument {
  return {
    key,
    title: `Document ${key}`,
    created: '2024-03-01',
    added: `2024-03-01T10:00:${String(key % 60).padStart(2, '0')}.000000Z`,
    file: file(`Text ${key}`, `document-${key}.txt`),
    tags: [],
    customFields: [],
    notes: [],
    owner: null,
    ...more,
  };
}

export function library(documents: LibraryDocument[], more: Partial<Library> = {}): Library {
  return { users: [], groups: [], tags: [], correspondents: [], documentTypes: [], storagePaths: [], customFields: [], documents, ...more };
}

/** Master and replica, simulated, and a database between them. */
export class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'pngx-compare-'));
  readonly database = join(this.folder, 'db.sqlite3');
  readonly secretKey = newSecretKey();
  private readonly ending: (() => Promise<unknown>)[] = [];
  master!: Server;
  replica!: Server;
  replicaId = 0;

  static async start(master: SimulatedVersion, replica: SimulatedVersion, library: Library, onReplica: Library | null = null): Promise<Bench> {
    const bench = new Bench();
    bench.master = await bench.server(master, library);
    bench.replica = await bench.server(replica, onReplica);
    return bench;
  }

  private async server(version: SimulatedVersion, library: Library | null): Promise<Server> {
    const instance = new Instance({ version, environment: machineEnvironment(1), token: 'secret', workers: 4 });
    if (library !== null) instance.seed(library);
    const running = await listen((request) => instance.handle(request), 0);
    this.ending.push(() => running.close());
    return { url: running.url, token: 'secret', instance };
  }

  /** Makes the database, and syncs until all is settled; or leaves it with the two addresses alone. */
  async introduce(options: { sync: boolean }): Promise<void> {
    const handle = await acquireController({ databasePath: this.database, secretKey: this.secretKey, logToStdout: false });
    try {
      const { controller } = handle;
      await controller.setMaster({ url: this.master.url, token: this.master.token }, 'test');
      this.replicaId = (await controller.addReplica({ name: 'copy', url: this.replica.url, token: this.replica.token }, 'test')).id;
      if (options.sync) await controller.runUntilSettled({ timeoutMs: 60_000, trigger: 'cli' });
    } finally {
      await handle.release();
    }
  }

  store<T>(work: (store: Store) => T, readonly = false): T {
    const store = openStore({
      path: this.database,
      secretKey: this.secretKey,
      readonly,
      now: () => Date.now(),
      randomBytes: (n) => randomBytes(n),
    });
    try {
      return work(store);
    } finally {
      store.close();
    }
  }

  async compare(options: Partial<CompareOptions> = {}): Promise<Comparison> {
    const store = openStore({
      path: this.database,
      secretKey: this.secretKey,
      readonly: true,
      now: () => Date.now(),
      randomBytes: (n) => randomBytes(n),
    });
    try {
      return await compareReplica(store, this.replicaId, { allBytes: false, ...options });
    } finally {
      store.close();
    }
  }

  /** The replica's id of a master document, by the map. */
  copyOf(masterId: number): number {
    return this.store((store) => store.registry.pairsAfter(this.replicaId, masterId - 1, 1)[0]?.replicaDocId ?? 0, true);
  }

  /** Row of a copy, to be changed behind everybody's back. */
  copy(masterId: number): DocumentRow {
    const row = this.replica.instance.store.documents.get(this.copyOf(masterId));
    if (row === undefined) throw new Error(`no copy of ${masterId}`);
    return row;
  }

  /** Requests that either server got, but for reads. */
  writes(): number {
    return [this.master, this.replica]
      .flatMap(({ instance }) => Object.entries(instance.counters.methods()))
      .reduce((sum, [method, n]) => sum + (method === 'GET' ? 0 : n), 0);
  }

  async close(): Promise<void> {
    for (const end of this.ending.reverse()) await end();
    rmSync(this.folder, { recursive: true });
  }
}

export function replaceBytes(row: DocumentRow, text: string): void {
  row.original = generatedFile(() => Buffer.from(text));
}

/** What a comparison says of one field. */
export function field(comparison: Comparison, name: string): Comparison['fields'][number] {
  const row = comparison.fields.find((f) => f.field === name);
  if (row === undefined) throw new Error(`no field ${name}`);
  return row;
}

/** Names of the fields in which anything differs. */
export function differing(comparison: Comparison): string[] {
  return comparison.fields.filter((f) => f.different > 0).map((f) => f.field);
}
