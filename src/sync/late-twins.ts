import type { WireDocument } from '../paperless';
import type { JournalEntry } from '../state';
import { settleAbandoned } from './abandoned';
import { isoTime } from './instant';
import { optionOfReplica, type Lane } from './lane';
import { intentOf, isLikeSent, LOOK_FOR_MS, lostUploads } from './lost-uploads';
import { isFree } from './replace';
import { twinsOf } from './twins';
import { MARK_BEGINS } from './upload-mark';

/** Ended tasks that one look asks for. */
const TASKS = 100;
/** Lost uploads that one look asks for by their bytes. */
const LOOKS = 25;

/** Remembers that an upload of this replica's was given up and sent again: until long after, its document may still come. */
export function expectLateTwin(lane: Lane): void {
  expect(lane, LOOK_FOR_MS);
}

/** Any upload may be taken twice: by a proxy that sends it again, or a worker that is given its task again. Seen by the first look after the task's time. */
export function expectTwin(lane: Lane): void {
  expect(lane, lane.run.settings.taskTimeoutMs);
}

function expect(lane: Lane, forMs: number): void {
  const { settings } = lane.run.store;
  const until = Math.max(Number(settings.fact(factKey(lane)) ?? 0), lane.run.env.now() + forMs);
  settings.setFact(factKey(lane), String(until));
}

/**
 * Documents of our own making that belong to no row: an upload that was thought lost came through after all. The first for a row without a copy becomes its
 * copy, also where the document is gone by now; any other is a second copy and goes to the trash. Of our making is what carries a nonce of our journal, or what
 * a task with such a nonce says that it made; what only looks so (`isLikeSent`) is taken as a copy where one is missing, and else left alone and told.
 */
export async function settleLateTwins(lane: Lane): Promise<number> {
  const { store, epoch, env } = lane.run;
  const until = store.settings.fact(factKey(lane));
  // After a resync the pairs that were given up come first: the first copy of an upload that was taken twice is one of them.
  if ((until === null && !lane.doubted) || store.candidates.count(lane.replicaId) > 0) return 0;
  const marked = await lane.writer.documentsByTitlePart(MARK_BEGINS, lane.call);
  let settled = 0;
  let undecided = 0;
  for (const { document, sent } of await proven(lane, marked)) {
    const twin = isFree(lane, document.id) ? await settleTwin(lane, document, sent) : 'not-ours';
    if (twin === 'settled') settled += 1;
    if (twin === 'undecided') undecided += 1;
  }
  if (lane.doubted) settled += (await settleUnmarked(lane)) + (await settleAbandoned(lane, marked));
  if (until !== null && env.now() > Number(until) && undecided === 0) store.fenced(epoch, () => store.settings.setFact(factKey(lane), null));
  return settled;
}

async function proven(lane: Lane, titled: readonly WireDocument[]): Promise<{ document: WireDocument; sent: JournalEntry }[]> {
  const { writer, call } = lane;
  const { registry } = lane.run.store;
  const marked = titled.flatMap((document) => {
    const sent = intentOf(lane, document);
    return sent === null ? [] : [{ document, sent }];
  });
  // Only 3.x tells of a task which title it was given. An everyday cycle doesn't ask: those who rename what has just been uploaded are few.
  if (!writer.capabilities.versions || !(lane.doubted || lostUploads(lane).length > 0)) return marked;
  const made = new Map<number, JournalEntry>();
  for (const { documentId, overridesTitle } of await writer.openTasks(TASKS, call)) {
    const sent = overridesTitle === null ? null : intentOf(lane, { title: overridesTitle });
    // What it is known to have made is no late twin, and one whose row is forgotten is taken up by its bytes.
    if (documentId === null || sent?.intent.kind !== 'document' || sent.replicaDocId === documentId) continue;
    if (isFree(lane, documentId) && registry.rowFor(lane.replicaId, sent.masterDocId) !== null) made.set(documentId, sent);
  }
  for (const { document } of marked) made.delete(document.id);
  const documents = made.size === 0 ? [] : await writer.documentsByIds([...made.keys()], call);
  const unmarked = documents.flatMap((document) => {
    const sent = made.get(document.id);
    // A replica that was emptied gives numbers again; its bytes tell whether it is the one.
    return sent !== undefined && document.versions[0]?.checksum === sent.intent.sha256 ? [{ document, sent }] : [];
  });
  return [...marked, ...unmarked];
}

/** `undecided`: its row's own create is under way and may have made this very document, or the row's copy is gone. */
async function settleTwin(lane: Lane, document: WireDocument, sent: JournalEntry): Promise<'settled' | 'undecided'> {
  const { registry } = lane.run.store;
  if (becomesCopy(lane, document, sent)) return 'settled';
  const row = registry.rowFor(lane.replicaId, sent.masterDocId);
  if (row !== null && (row.replicaDocId === null || row.intent?.nonce === sent.intent.nonce)) return 'undecided';
  // The copy that it is the second of may be gone meanwhile: then it is the only one, and the row is given it when that is found out. Where both should be gone, it follows.
  const bothGo = row?.status === 'tombstone' && optionOfReplica(lane, 'delete_policy') !== 'keep';
  if (row !== null && row.replicaDocId !== null && !bothGo && (await lane.writer.document(row.replicaDocId, lane.call)) === null) return 'undecided';
  await lane.writes(() => lane.writer.trashDocument(document.id, lane.call));
  lane.run.log(
    'warning',
    `${lane.replica}: an upload thought lost came through after it was sent again; its second copy ${document.id} went to the trash (${isoTime(lane.run.env.now())}).`,
    { replicaId: lane.replicaId, docId: sent.masterDocId },
  );
  return 'settled';
}

/** Whether a document of our making was given to its row, which has none and no create of its own under way. */
function becomesCopy(lane: Lane, document: WireDocument, { masterDocId, intent }: JournalEntry): boolean {
  const { store, epoch, env } = lane.run;
  const { registry } = store;
  const row = registry.rowFor(lane.replicaId, masterDocId);
  if (row === null || row.replicaDocId !== null || (row.intent !== null && row.status !== 'tombstone')) return false;
  const at = isoTime(env.now());
  const gone = row.status === 'tombstone';
  store.fenced(epoch, () => {
    if (row.status !== 'pending') registry.move(row.id, { to: 'queued' }, at);
    registry.move(row.id, { to: 'applying', replicaDocId: document.id, fileChecksum: intent.sha256 }, at);
    registry.accountFor(lane.replicaId, intent.nonce, document.id);
    // A copy of what is gone by now: the row has it, so that policy decides what becomes of it.
    if (gone) registry.move(row.id, { to: 'tombstone' }, at);
  });
  lane.run.log(
    'info',
    gone
      ? `${lane.replica}: an upload of document ${masterDocId}, which is gone on the master, came through as ${document.id}.`
      : `${lane.replica}: an upload thought lost came through as document ${document.id}; adopted.`,
    { replicaId: lane.replicaId, docId: masterDocId },
  );
  return true;
}

/** What uploads that were given up made after all, where somebody took the mark away. */
async function settleUnmarked(lane: Lane): Promise<number> {
  const { store, epoch } = lane.run;
  let settled = 0;
  for (const lost of lostUploads(lane).slice(0, LOOKS)) {
    const { masterDocId, intent } = lost;
    const free = (await twinsOf(lane, intent.sha256, intent.md5)).find((d) => isFree(lane, d.id) && isLikeSent(lane, intent, d));
    if (free === undefined) continue;
    const row = store.registry.rowFor(lane.replicaId, masterDocId);
    if (row?.status !== 'tombstone' && becomesCopy(lane, free, lost)) {
      settled += 1;
      continue;
    }
    if (row !== null && row.replicaDocId === null && row.status !== 'tombstone') continue;
    store.fenced(epoch, () => store.registry.accountFor(lane.replicaId, intent.nonce, free.id));
    lane.run.log(
      'warning',
      `${lane.replica}: document ${free.id} "${free.title}" has the bytes and the file name of an upload of document ${masterDocId} that was thought lost: most likely it is a second copy that somebody renamed. Nothing proves it any more, so it is left alone; if nobody wants it, trash it there.`,
      { replicaId: lane.replicaId, docId: masterDocId },
    );
  }
  return settled;
}

function factKey(lane: Lane): string {
  return `late-twins:${lane.replicaId}`;
}
