import pLimit, { type LimitFunction } from 'p-limit';
import { type CallOptions, type PaperlessWriter } from '../paperless';
import type { Intent } from '../state';
import { readPrincipals, readTaxonomies } from './collections';
import { bringToParity, type ParityInput, type ParityReport } from './parity';
import { ReplicaView } from './replica-view';
import { untold } from './kept-looks';
import { isReserved } from './reserve';
import type { Run } from './run';
import type { PlannedLane } from './plan/planned';
import { parityLooked } from './parity-due';
import { storedOption } from './stored-option';
import { TaskWatch } from './task-watch';

export interface LaneInit {
  run: Run;
  replicaId: number;
  replica: string;
  writer: PaperlessWriter;
  /** The user that we are on the replica. */
  selfId: number;
  /** Ids of the lanes that go on, this one included. */
  activeLanes(): readonly number[];
  /** Fires when the run ends or this lane is interrupted. */
  signal: AbortSignal;
  /** Whether the replica has just been looked at as one that may not be what it was: at the start of a process, on a schedule, and after a failure. */
  doubted?: boolean;
  /** What it is limited to; all that is due when left out. */
  planned?: PlannedLane | undefined;
}

/** One replica's part of a run. */
export class Lane {
  readonly run: Run;
  readonly replicaId: number;
  readonly replica: string;
  readonly writer: PaperlessWriter;
  readonly activeLanes: () => readonly number[];
  readonly signal: AbortSignal;
  readonly planned: PlannedLane | null;
  /** Copies that gave up their ASN for another's while somebody may have been at work on them. */
  readonly numberTaken = new Set<number>();
  readonly tasks: TaskWatch;
  /** Documents under way: each holds a slot from its start until it is settled or parked. */
  readonly slots: LimitFunction;
  readonly uploads: LimitFunction;
  /** While a replica consumes, its PATCHes go one at a time: parallel ones lock its SQLite and are slower. */
  readonly writes: LimitFunction;
  /** Writes that give or take serial numbers go one at a time also where others don't: each number has one holder. */
  private readonly serials: LimitFunction = pLimit(1);
  /** Hashes whose upload is under way: two at once of the same bytes have no defined outcome on either version. */
  readonly uploading = new Map<string, Promise<unknown>>();
  /** By row, what was sent for a copy that came of an upload in this run, as the upload's own task says. */
  readonly made = new Map<number, Intent>();
  /** Its time was over before its work was: no further document was begun. */
  cutShort = false;
  readonly doubted: boolean;
  /** Copies that the database knew before it was restored from a backup, by their newest file; read when first asked for. */
  pastCopies: Promise<ReadonlyMap<string, number>> | undefined;
  /** What lies in the trash of that for which the replica refused a file; read when first asked for. */
  refusedFor: Promise<ReadonlySet<number>> | undefined;
  /** The user that we are there. */
  readonly selfId: number;
  private viewing: Promise<ReplicaView> | undefined;
  private parity: ParityReport | undefined;

  constructor(init: LaneInit) {
    this.run = init.run;
    this.replicaId = init.replicaId;
    this.replica = init.replica;
    this.writer = init.writer;
    this.selfId = init.selfId;
    this.activeLanes = () => init.activeLanes();
    this.signal = init.signal;
    this.doubted = init.doubted ?? false;
    this.planned = init.planned ?? null;
    this.tasks = new TaskWatch(this);
    init.run.holdsVersions.set(init.replicaId, init.writer.capabilities.versions);
    const { settings } = init.run;
    this.slots = pLimit(settings.consumeWindow + 2);
    this.uploads = pLimit(settings.uploadConcurrency);
    this.writes = pLimit(settings.patchConcurrency);
  }

  get call(): CallOptions {
    return { signal: this.signal };
  }

  serialWrites<T>(work: () => Promise<T>): Promise<T> {
    return this.serials(() => this.writes(work));
  }

  /** Whether no further document is begun in this run. Asked where there is something to push. */
  pushesOver(): boolean {
    const over = isReserved(this.run, this.replicaId);
    if (over) this.cutShort = true;
    return over;
  }

  /** The replica's collections, read when first needed and brought to parity before anything refers to them. */
  view(): Promise<ReplicaView> {
    this.viewing ??= this.readView().catch((error: unknown) => {
      this.viewing = undefined;
      throw error;
    });
    return this.viewing;
  }

  /** What bringing the collections to parity did in this run; undefined while nothing needed it. */
  get parityReport(): ParityReport | undefined {
    return this.parity;
  }

  parityInput(view: ReplicaView): ParityInput {
    const { settings, store, epoch } = this.run;
    const { colors, matching, inboxFlag, taxonomyOwners: owners } = settings;
    const keepDrift = optionOfReplica(this, 'drift_policy') !== 'revert';
    const options = { colors, matching, inboxFlag, owners, keepDrift };
    return { store, epoch, replicaId: this.replicaId, writer: this.writer, view, options, call: this.call };
  }

  /** The replica's collections as they are. */
  async look(): Promise<ReplicaView> {
    await this.run.readCollections();
    const taxonomies = await readTaxonomies(this.writer, this.call);
    const principals = await readPrincipals(this.writer, this.call);
    return new ReplicaView({ ...taxonomies, ...principals }, this.selfId, this.writer.capabilities);
  }

  private async readView(): Promise<ReplicaView> {
    const view = await this.look();
    if (this.planned?.parity === false) return view;
    this.parity = await bringToParity(this.parityInput(view));
    this.planned?.named(this.parity);
    for (const block of this.parity.blocked) {
      this.run.log('warning', `${this.replica}: ${block.kind} "${block.name}" can't be made equal: ${block.because}.`, { replicaId: this.replicaId });
    }
    const told = (what: string, { kind, name, fields }: ParityReport['kept'][number]): void =>
      this.run.log('warning', `${this.replica}: ${kind} "${name}" was changed there (${fields.join(', ')}); ${what}.`, { replicaId: this.replicaId });
    for (const drift of this.parity.reverted) told('it is as on the master again', drift);
    for (const drift of untold(this.run, this.replicaId, this.parity.kept)) told('that is kept by drift_policy until the master changes it', drift);
    parityLooked(this.run, this.replicaId);
    return view;
  }
}

/** The replica's own choice where it has one, else the setting. */
export function optionOfReplica(lane: Lane, key: 'delete_policy' | 'drift_policy'): string {
  return storedOption(lane.run.store, lane.replicaId, key);
}
