import type { CallOptions, PaperlessReader } from '../paperless';
import type { LogLevel, Store } from '../state';
import { readPrincipals, readTaxonomies, recordCollections } from './collections';
import type { Environment } from './environment';
import { failing } from './instance-failure';
import { MasterView } from './master-view';
import type { EngineSettings } from './settings';

export type Log = (level: LogLevel, message: string, about?: { replicaId?: number; docId?: number }) => void;

export interface RunInit {
  env: Environment;
  store: Store;
  master: PaperlessReader;
  settings: EngineSettings;
  epoch: number;
  /** When it ends wherever it is, in ms. */
  deadline: number;
  /** Fires at the deadline, on cancel and on shutdown. */
  signal: AbortSignal;
  log: Log;
  /** The registry is taken as it is: the master was read, and a plan compared with it, just before. */
  asRead?: boolean;
}

/** What every stage of a run works with: the world, the registry, the master, and its names as they were last read. */
export class RunContext {
  readonly env: Environment;
  readonly store: Store;
  readonly master: PaperlessReader;
  readonly settings: EngineSettings;
  readonly epoch: number;
  /** In ms. */
  readonly begun: number;
  readonly deadline: number;
  readonly signal: AbortSignal;
  readonly log: Log;
  private view: MasterView | undefined;

  constructor(init: RunInit) {
    this.env = init.env;
    this.store = init.store;
    this.master = init.master;
    this.settings = init.settings;
    this.epoch = init.epoch;
    this.begun = init.env.now();
    this.deadline = init.deadline;
    this.signal = init.signal;
    this.log = init.log;
  }

  get call(): CallOptions {
    return { signal: this.signal };
  }

  masterView(): MasterView {
    this.view ??= new MasterView(this.store.entities, this.settings);
    return this.view;
  }

  /** Reads the master's collections, users and groups only when asked for. True when they differ from what was recorded before. */
  async refreshCollections(principals: boolean): Promise<boolean> {
    const taxonomies = await readTaxonomies(this.master, this.call);
    const people = principals ? await this.principals() : {};
    const changed = this.store.fenced(this.epoch, () => recordCollections(this.store.entities, { ...taxonomies, ...people }));
    if (changed) this.view = undefined;
    return changed;
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
