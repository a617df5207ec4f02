/** A simulated paperless in a process of its own, for benchmarks: its library is given, its counters can be read. */
import { machineEnvironment } from '../simulator/environment';
import { listen } from '../simulator/http/server';
import { Instance } from '../simulator/instance';
import { generateLibrary } from '../simulator/library';
import type { SimulatedVersion } from '../simulator/profile';
import { DiskStore } from '../simulator/state/disk-files';
import { serve } from './process';

export interface ServerSetup {
  version: SimulatedVersion;
  token: string;
  documents: number;
  /** Small text files alone, or a library of several kinds of files. */
  plain: boolean;
  workers: number;
  /** The same documents, but added an hour later: what a copy of the library looks like, rather than the same instance. */
  copy: boolean;
  /** Milliseconds that a worker needs for a file. */
  delay: number;
}

export interface ServerStarted {
  url: string;
  /** What it holds outside the trash; files are all versions of all documents. */
  library: { documents: number; files: number; bytes: number };
}

export interface ServerCounters {
  /** By method and class of path. */
  paths: Record<string, { requests: number; bytesIn: number; bytesOut: number }>;
}

const disk = new DiskStore();
let instance: Instance | undefined;

function the(): Instance {
  if (instance === undefined) throw new Error('start comes first');
  return instance;
}

serve({
  async start(setup: ServerSetup) {
    const { version, token, workers, delay } = setup;
    instance = new Instance({ version, token, workers, delay, environment: machineEnvironment(1), files: disk });
    const library = generateLibrary({ documents: setup.documents, seed: 1, plain: setup.plain });
    const later = (time: string): string => new Date(Date.parse(time) + 3_600_000).toISOString();
    if (setup.copy) library.documents = library.documents.map((document) => ({ ...document, added: later(document.added) }));
    if (setup.documents > 0) instance.seed(library);
    const running = await listen((request) => the().handle(request), 0);
    const live = library.documents.filter((document) => document.trashed !== true);
    const originals = live.flatMap((document) => [document.file, ...(document.versions ?? [])]);
    return {
      url: running.url,
      library: { documents: live.length, files: originals.length, bytes: originals.reduce((sum, file) => sum + file.bytes().byteLength, 0) },
    } satisfies ServerStarted;
  },
  counters: (): ServerCounters => ({ paths: the().counters.snapshot() }),
  reset: () => {
    the().counters.reset();
  },
  documents: () => the().store.documents.size,
  queue: () => the().consumer.queue.length,
});

process.on('exit', () => disk.clear());
process.on('SIGTERM', () => process.exit(0));
