import { isPaperlessError, type PaperlessError, type WireDocumentWithContent } from '../paperless';
import { StaleEpochError, type SyncRow } from '../state';
import { apply } from './apply';
import type { HandedItem, PushItem } from './hand-out';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { documentError, passingError } from './outcome';
import { bringFiles } from './copy-file';
import { bringOlderTexts } from './older-texts';
import { chainFor } from './chain';
import { awaitTask, pushFile } from './push-file';
import { discardDamaged, finishReplacements } from './replace';
import { InstanceFailure } from './instance-failure';
import { demandSameCopy, isOurs } from './same-copy';
import { saidReasons } from './held';
import { fail, move } from './moves';
import { settleUnknown, type Fate } from './settle';
import { layToRest } from './tombstone';
import { trashedOf } from './trashed';
import { demandWholeView } from './whole-view';

export interface Settled {
  id: number;
  replicaDocId: number | null;
  outcome: 'ok' | 'error' | 'limited' | 'held' | 'quarantined' | 'linking' | 'parked';
  title: string;
  message: string | null;
  nextStep: string | null;
}

export interface PushHooks {
  /** Another batch fits: all items of this one are under way. */
  room(): void;
  settled(result: Settled): void;
}

/** Passing failures in a row, over documents, after which it is the replica and not the documents. */
const STRIKES = 5;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 8_000;
const CHUNK = 25;
const OPEN_TASKS = 100;

/** Makes the replica's documents be the wanted ones. Resolves when each item is settled or parked; rejects when an instance fails as a whole. */
export async function pushBatch(lane: Lane, items: readonly PushItem[], hooks: PushHooks): Promise<void> {
  const reads = new BatchReads(lane, items);
  let strikes = 0;
  let unstarted = items.length;
  let broken: Error | undefined;
  const work = items.map((item) =>
    lane.slots(async () => {
      unstarted -= 1;
      if (unstarted === 0) hooks.room();
      if (broken !== undefined) return;
      if (lane.pushesOver()) {
        hooks.settled(parked(item, 'The rest of this cycle is for looking at copies that are due; the document comes with the next.'));
        return;
      }
      try {
        const result = await pushOne(lane, item, reads);
        strikes = 0;
        hooks.settled(result);
      } catch (error) {
        if (lane.signal.aborted || (isPaperlessError(error) && error.class === 'aborted')) {
          hooks.settled(parked(item, 'The cycle ended before this document was done.'));
          return;
        }
        strikes = isPassing(error) ? strikes + 1 : 0;
        const whole = wholeFailure(lane, error, strikes);
        if (whole !== null) {
          broken ??= whole;
          return;
        }
        try {
          hooks.settled(failed(lane, item, error));
        } catch (unforeseen) {
          // The others end first: nobody may be at work when the batch is given back.
          broken ??= unforeseen instanceof Error ? unforeseen : new Error(String(unforeseen));
        }
      }
    }),
  );
  if (items.length === 0) hooks.room();
  await Promise.all(work);
  if (broken !== undefined) throw broken;
  await finishReplacements(lane);
  await lane.tasks.acknowledge();
}

/** A damaged file on the master is passing too, and says nothing of the replica. */
function isPassing(error: unknown): error is PaperlessError {
  return isPaperlessError(error) && (error.class === 'retry' || error.class === 'retry-after') && error.code !== 'download-differs';
}

/** What ends the batch rather than a document: an instance that fails as a whole, or a lease that isn't ours any more. */
function wholeFailure(lane: Lane, error: unknown, strikes: number): Error | null {
  if (error instanceof InstanceFailure || error instanceof StaleEpochError) return error;
  if (isPaperlessError(error) && (error.class === 'instance' || strikes >= STRIKES)) return new InstanceFailure('replica', lane.replica, error);
  return null;
}

async function pushOne(lane: Lane, item: PushItem, reads: BatchReads): Promise<Settled> {
  const { registry } = lane.run.store;
  let row = fresh(lane, item);
  if (row.status !== 'pending') return told(item, row);
  const master = await reads.master(item.row.masterDocId);
  if (master === null) return gone(lane, item, row);
  lane.run.store.fenced(lane.run.epoch, () => registry.setWanted(row.id, item.changedByFlow ? JSON.stringify(item.returned) : null));

  let first = await firstFile(lane, row, item);
  row = fresh(lane, item);
  // Nothing was stored (a locked database, no trace of the upload): sent again here rather than a whole cycle later.
  for (let pause = FIRST_PAUSE_MS; first === 'again' && pause <= LONGEST_PAUSE_MS; pause *= 2) {
    await lane.run.env.sleep(pause, lane.signal);
    if (lane.signal.aborted) break;
    first = await firstFile(lane, row, item);
    row = fresh(lane, item);
  }
  if (first === 'again') {
    throw passingError(
      'replica-stores-nothing',
      'The replica took the file several times and stored nothing: its database was locked, or its task vanished.',
      'It is tried again later. If it happens often, move the replica to PostgreSQL or lower consume_window.',
    );
  }
  if (first === 'waiting') return parked(item, 'The replica is still consuming the file.');
  if (first === 'settled' || row.replicaDocId === null) return told(item, row);

  try {
    return await bringUp(lane, item, row, reads, { master, arrived: first === 'arrived' });
  } catch (error) {
    const now = fresh(lane, item);
    const sent = lane.made.get(row.id);
    if (sent !== undefined && now.status === 'pending' && isPaperlessError(error) && DAMAGED.includes(error.code))
      await discardDamaged(lane, now, sent);
    throw error;
  }
}

/** How it is told that a copy's file isn't the wanted one; whether it is the one that was sent is looked at. */
const DAMAGED: readonly string[] = ['bytes-differ', 'file-differs'];

/** The copy is there: its files, and then all that is in fields. */
async function bringUp(
  lane: Lane,
  item: PushItem,
  before: SyncRow,
  reads: BatchReads,
  { master, arrived }: { master: WireDocumentWithContent; arrived: boolean },
): Promise<Settled> {
  let row = before;
  let start: WireDocumentWithContent | 'fresh' | null = arrived ? 'fresh' : await reads.replica(row);
  if (start === null) return vanished(lane, item, row);
  if (start !== 'fresh') {
    demandSameCopy(row, start);
    if (!(await isOurs(lane, row, start))) return notOurs(lane, item, row);
  }
  const found = start === 'fresh' ? await justMade(lane, row, item) : start;
  const files = await bringFiles(lane, row, item, found);
  row = fresh(lane, item);
  switch (files) {
    case 'waiting':
      return parked(item, 'The replica is still consuming a version of the file.');
    case 'settled':
    case 'again':
      return told(item, row);
    case 'replaced':
      return parked(item, 'A new copy takes the place of the old one, whose file was changed or damaged.');
    case 'grown':
    case 'arrived':
      start = 'fresh';
      break;
    case 'same':
      break;
  }

  // A text of the flow's own stands for all that the master's say.
  if (lane.writer.capabilities.versions && item.document.versions.length > 1 && item.returned.content === undefined)
    await bringOlderTexts(lane, row, item);
  const applied = await apply(lane, row, item, item.returned, item.returned.content ?? master.content, start);
  return applied.outcome === 'vanished' ? vanished(lane, item, row) : told(item, fresh(lane, item));
}

/** Only 3.x needs a look at what was just made: it may have further versions to be given. */
async function justMade(lane: Lane, row: SyncRow, item: PushItem): Promise<WireDocumentWithContent | null> {
  // A 2.x master may have replaced the file since an earlier cycle sent it.
  const chained =
    lane.writer.capabilities.versions && (item.document.versions.length > 1 || (item.document.versions.length === 0 && item.reason === 'unfinished'));
  return chained && row.replicaDocId !== null ? lane.writer.document(row.replicaDocId, lane.call) : null;
}

/** The document itself: there already, being consumed, or to be uploaded. */
async function firstFile(lane: Lane, row: SyncRow, item: PushItem): Promise<Fate | 'there'> {
  if (row.step === 'consuming' && row.intent !== null && row.taskId !== null) {
    const fate = await awaitTask(lane, row, row.intent, row.taskId);
    return fate;
  }
  if (row.step === 'uploading') return 'waiting';
  if (row.replicaDocId !== null) return 'there';
  if (row.intent !== null) {
    // Held or quarantined in the middle of a create and offered again: what became of that create comes first.
    const fate = await settleUnknown(lane, row, row.intent, await lane.writer.openTasks(OPEN_TASKS, lane.call));
    if (fate !== 'again') return fate;
  }
  const root = chainFor(item, lane.writer.capabilities.versions)[0];
  if (root === undefined) throw new Error(`Document ${row.masterDocId} has no file.`);
  return pushFile(lane, row, item, root);
}

/** The document is gone on the master. Once a sweep has said so for good, only what became of a create under way is still to be learned. */
async function gone(lane: Lane, item: PushItem, row: SyncRow): Promise<Settled> {
  const { registry } = lane.run.store;
  if (registry.masterDoc(row.masterDocId)?.goneSince == null) {
    throw documentError(
      'gone-on-master',
      `Document ${row.masterDocId} is no longer on the master.`,
      'Nothing to do: the next sweep records its deletion.',
    );
  }
  if (row.intent !== null) {
    if (row.step === 'consuming' && row.taskId !== null) await awaitTask(lane, row, row.intent, row.taskId);
    else await settleUnknown(lane, row, row.intent, await lane.writer.openTasks(OPEN_TASKS, lane.call));
  }
  const settled = fresh(lane, item);
  layToRest(lane.run, settled);
  return told(item, fresh(lane, item));
}

/** Its number was given to another: that one is left alone, and the document is uploaded again. */
function notOurs(lane: Lane, item: PushItem, row: SyncRow): Settled {
  const { store, epoch } = lane.run;
  lane.run.log(
    'warning',
    `${lane.replica}: document ${row.replicaDocId ?? 0} there isn't the copy that was made under this number; it is left alone.`,
    {
      replicaId: lane.replicaId,
      docId: row.masterDocId,
    },
  );
  store.fenced(epoch, () => {
    store.registry.unmap(row.id);
    move(lane, row.id, { to: 'queued', priority: 2 });
  });
  return parked(item, 'The number of its copy belongs to another document there; it is uploaded again.');
}

/** The copy is gone: out of the trash if it is there, else the pair is given up and the document is uploaded anew. */
async function vanished(lane: Lane, item: PushItem, row: SyncRow): Promise<Settled> {
  const id = row.replicaDocId;
  if (id !== null) {
    await demandWholeView(lane.writer, lane.call);
    try {
      await lane.writes(() => lane.writer.restoreDocument(id, lane.call));
      lane.run.log('warning', `${lane.replica}: document ${id} was in the trash there and was restored.`, {
        replicaId: lane.replicaId,
        docId: row.masterDocId,
      });
    } catch (error) {
      if (!isPaperlessError(error) || error.class !== 'document') throw error;
      // Refused for something else: given up, its bytes would stand in the way of the next upload.
      if ((await trashedOf(lane.writer, new Set([id]), lane.call)).has(id)) throw error;
      if ((await lane.writer.document(id, lane.call)) !== null) throw leftOut(lane, id);
      lane.run.log('warning', `${lane.replica}: document ${id} was deleted there; it is uploaded again.`, {
        replicaId: lane.replicaId,
        docId: row.masterDocId,
      });
      lane.run.store.fenced(lane.run.epoch, () => lane.run.store.registry.unmap(row.id));
      if (lane.planned?.uploads(row.masterDocId) === false) lane.planned.leave(row.masterDocId);
    }
  }
  move(lane, row.id, { to: 'queued', priority: 2 });
  return parked(item, 'The copy was gone from the replica; it is being brought back.');
}

/** One list that lacks a copy is no proof that it is gone: given up, it would be brought a second time. */
function leftOut(lane: Lane, id: number): Error {
  return passingError(
    'list-lacks-copy',
    `${lane.replica} left document ${id} out of a list, and shows it when it is asked for alone.`,
    'It is looked at again later. If it happens often, look for a cache between here and the replica, or for a database that is being restored.',
  );
}

function fresh(lane: Lane, item: HandedItem): SyncRow {
  const row = lane.run.store.registry.row(item.row.id);
  if (row === null) throw new Error(`Row ${item.row.id} is gone: its replica was removed.`);
  return row;
}

function failed(lane: Lane, item: PushItem, error: unknown): Settled {
  const row = fresh(lane, item);
  // Settled on the way (a refusal that moved the row itself): its own words stand.
  return told(item, row.status === 'pending' ? fail(lane, row, error) : row);
}

function told(item: PushItem, row: SyncRow): Settled {
  const outcome = row.status === 'pending' ? (row.step === 'linking' ? 'linking' : 'parked') : row.status === 'tombstone' ? 'held' : row.status;
  return {
    id: row.masterDocId,
    replicaDocId: row.replicaDocId,
    outcome,
    title: item.returned.title,
    message: (row.status === 'held' ? null : row.errorMessage) ?? (row.reasons.length > 0 ? saidReasons(row).join(', ') : null),
    nextStep: row.errorNextStep,
  };
}

function parked(item: PushItem, message: string): Settled {
  return { id: item.row.masterDocId, replicaDocId: item.row.replicaDocId, outcome: 'parked', title: item.returned.title, message, nextStep: null };
}

/** Reads of a batch, many documents to a request, made when the first of them is needed. */
class BatchReads {
  private readonly replicaDocs = new Map<number, Promise<Map<number, WireDocumentWithContent>>>();

  constructor(
    private readonly lane: Lane,
    private readonly items: readonly PushItem[],
  ) {}

  /** The master's document with its text; null when it is gone. */
  async master(masterDocId: number): Promise<WireDocumentWithContent | null> {
    const chunk = this.chunkOf(this.items.findIndex((i) => i.row.masterDocId === masterDocId));
    try {
      const found = await this.lane.run.contents.get(chunk.map((i) => i.row.masterDocId));
      return found.get(masterDocId) ?? null;
    } catch (error) {
      if (isPaperlessError(error) && error.class !== 'aborted') throw new InstanceFailure('master', this.lane.run.master.name, error);
      throw error;
    }
  }

  /** The replica's document; null when it isn't there (a row that was looked at in this run already is read alone). */
  async replica(row: SyncRow): Promise<WireDocumentWithContent | null> {
    const id = row.replicaDocId;
    if (id === null) return null;
    const index = this.items.findIndex((i) => i.row.id === row.id);
    if (this.items[index]?.row.replicaDocId !== id) return this.lane.writer.document(id, this.lane.call);
    const start = index - (index % CHUNK);
    const reading =
      this.replicaDocs.get(start) ??
      this.lane.writer
        .documentsWithContent(
          this.chunkOf(index).flatMap((i) => i.row.replicaDocId ?? []),
          this.lane.call,
        )
        .then((documents) => new Map(documents.map((d) => [d.id, d])));
    this.replicaDocs.set(start, reading);
    return (await reading).get(id) ?? null;
  }

  private chunkOf(index: number): PushItem[] {
    const start = index - (index % CHUNK);
    return this.items.slice(start, start + CHUNK);
  }
}

/** What the flow kept back. */
export function hold(lane: Lane, item: HandedItem): void {
  const row = fresh(lane, item);
  if (row.status !== 'pending' || (row.step !== 'queued' && row.step !== 'applying' && row.step !== 'linking')) return;
  const { store, epoch, env } = lane.run;
  store.fenced(epoch, () => store.registry.move(row.id, { to: 'held', code: 'left-out' }, isoTime(env.now())));
}
