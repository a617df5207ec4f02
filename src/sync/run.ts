import { isPaperlessError, type CallOptions, type PaperlessError, type PaperlessReader } from '../paperless';
import type { LogLevel, Store } from '../state';
import { readPrincipals, readTaxonomies, recordCollections } from './collections';
import { ContentShare } from './content-share';
import type { Environment } from './environment';
import { FileShare } from './file-share';
import { ingest, type IngestReport } from './ingest';
import { MasterView } from './master-view';
import type { EngineSettings } from './settings';
import { isDue, sweep } from './sweep';

/** An instance failed as a whole; which one decides whom it counts against. */
export class InstanceFailure extends Error {
  constructor(
    readonly side: 'master' | 'replica',
    readonly instance: string,
    readonly error: PaperlessError,
  ) {
    super(`${instance}: ${error.message}`, { cause: error });
    this.name = 'InstanceFailure';
  }
}

export type Log = (level: LogLevel, message: string, about?: { replicaId?: number; docId?: number }) => void;

export interface RunInit {
  env: Environment;
  store: Store;
  master: PaperlessReader;
  settings: EngineSettings;
  epoch: number;
  /** Fires at the deadline, on cancel and on shutdown. */
  signal: AbortSignal;
  log: Log;
}

/** What the lanes of one run share: the master is read once for all of them. */
export class Run {
  readonly env: Environment;
  readonly store: Store;
  readonly master: PaperlessReader;
  readonly settings: EngineSettings;
  readonly epoch: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly contents: ContentShare;
  readonly files: FileShare;
  /** By replica with a lane: whether it takes a document's older versions too. */
  readonly holdsVersions = new Map<number, boolean>();
  private collectionsRead: Promise<boolean> | undefined;
  private ingested: Promise<IngestReport> | undefined;
  private view: MasterView | undefined;

  constructor(init: RunInit) {
    this.env = init.env;
    this.store = init.store;
    this.master = init.master;
    this.settings = init.settings;
    this.epoch = init.epoch;
    this.signal = init.signal;
    this.log = init.log;
    this.contents = new ContentShare(init.master, this.call);
    this.files = new FileShare(this);
  }

  get call(): CallOptions {
    return { signal: this.signal };
  }

  /** Reads the master's collections, once a run. True when they differ from what was recorded before. */
  readCollections(): Promise<boolean> {
    this.collectionsRead ??= this.onMaster(async () => {
      const taxonomies = await readTaxonomies(this.master, this.call);
      // Users and groups change rarely: read at first, with every walk over the documents, and when one of those names somebody unknown.
      const principals = isDue(this, 'documents') || this.store.settings.fact('principals-read') === null ? await this.principals() : {};
      const changed = this.store.fenced(this.epoch, () => recordCollections(this.store.entities, { ...taxonomies, ...principals }));
      if (changed) this.view = undefined;
      return changed;
    });
    return this.collectionsRead;
  }

  /** Brings the registry up to the master, once a run; further lanes wait for the first. */
  ingest(): Promise<IngestReport> {
    this.ingested ??= this.onMaster(async () => {
      await this.readCollections();
      const report = await ingest(this);
      const swept = await sweep(this);
      if (swept.done.length > 0) {
        this.log(
          'info',
          `Looked at all of the master (${swept.done.join(', ')}): ${swept.changed} changes that its times didn't show, ${swept.gone} documents gone.`,
        );
      }
      return { ...report, changed: report.changed + swept.changed };
    });
    return this.ingested;
  }

  /** The collections again, because a document holds an id that they don't know. */
  async refreshCollections(principals: boolean): Promise<void> {
    const taxonomies = await readTaxonomies(this.master, this.call);
    const people = principals ? await this.principals() : {};
    if (this.store.fenced(this.epoch, () => recordCollections(this.store.entities, { ...taxonomies, ...people }))) this.view = undefined;
  }

  masterView(): MasterView {
    this.view ??= new MasterView(this.store.entities);
    return this.view;
  }

  async onMaster<T>(work: () => Promise<T>): Promise<T> {
    return failing('master', this.master.name, work);
  }

  private async principals(): Promise<Awaited<ReturnType<typeof readPrincipals>>> {
    const read = await readPrincipals(this.master, this.call);
    this.store.settings.setFact('principals-read', new Date(this.env.now()).toISOString());
    return read;
  }
}

/** Errors that are about the instance rather than a document leave as InstanceFailure; an abort stays one. */
export async function failing<T>(side: 'master' | 'replica', instance: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isPaperlessError(error) && error.class !== 'aborted') throw new InstanceFailure(side, instance, error);
    throw error;
  }
}
