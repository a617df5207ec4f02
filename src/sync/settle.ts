import type { WireDocument, WireTask } from '../paperless';
import { storedFileName } from '../paperless/file-names';
import type { Intent, SyncRow } from '../state';
import { takeOutOfTrash, waitForTrash } from './bytes-in-trash';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { backToEarlier } from './earlier-version';
import { expectLateTwin, expectTwin } from './late-twins';
import { intentOf, isLikeSent, isMadeFor } from './lost-uploads';
import { fail, move } from './moves';
import { documentError, passingError } from './outcome';
import { isFree, isRetired, replacements, takeBack } from './replace';
import { demandSameCopy, isOurs } from './same-copy';
import { hasEnded, PATIENCE_MS } from './task-watch';
import { limitToTwin, refusedAsDuplicate } from './twin-watch';
import { twinsOf } from './twins';
import { markOf, nonceIn } from './upload-mark';

/**
 * What became of a create. `arrived`: the document (or version) is there and the row is `applying`. `waiting`: not known yet, the row keeps its step.
 * `again`: surely nothing was made, the row is `queued`. `settled`: the row has an end state of its own.
 */
export type Fate = 'arrived' | 'waiting' | 'again' | 'settled';

/** paperless's own words, or those of the databases under it; the message begins with the file's name, which may say anything. */
const REFUSED_AS_DUPLICATE =
  /: It is a duplicate of |Not consuming .*: .*duplicate|UNIQUE constraint failed: documents_document\.checksum|duplicate (?:key value|entry) .*checksum/isu;

/** A task that ended: the row moves accordingly. The row must hold an intent. */
export async function settleEnded(lane: Lane, row: SyncRow, intent: Intent, task: WireTask): Promise<Fate> {
  lane.tasks.settled(task);
  if (task.status === 'success') {
    if (task.documentId !== null && intent.kind === 'document') lane.made.set(row.id, intent);
    if (task.documentId !== null) return arrived(lane, row, intent, intent.kind === 'version' ? row.replicaDocId : task.documentId);
    // Split at a barcode, or moved to the trash by a workflow: success without a document. The nonce finds what kept our title.
    const found = await findMade(lane, row, intent);
    if (found !== null) return arrived(lane, row, intent, found);
    return refused(
      lane,
      row,
      documentError(
        'no-document-made',
        `The replica consumed the file without making a document of it${task.message === null ? '' : `: ${task.message}`}.`,
        'Look at barcode splitting and at workflows on the replica: they take uploads apart or away. Switch them off there, trash what they made of it, then retry (pngx retry).',
      ),
    );
  }
  if (/database is locked/iu.test(task.message ?? '')) {
    lane.run.store.fenced(lane.run.epoch, () => {
      lane.run.store.registry.clearIntent(row.id);
      move(lane, row.id, { to: 'queued', priority: 2 });
    });
    return 'again';
  }
  if (task.duplicateOf !== null || REFUSED_AS_DUPLICATE.test(task.message ?? '')) return duplicate(lane, row, intent, task);
  return refused(
    lane,
    row,
    documentError(
      'consume-failed',
      `The replica could not consume the file: ${task.message ?? 'no reason given'}`,
      "Read the replica's log for this file. It is tried again with growing pauses; retry by hand once the cause is mended.",
    ),
  );
}

/** A create whose task is unknown, missing or unfinished: looked for by nonce, among the waiting tasks, by checksum, and by time. */
export async function settleUnknown(lane: Lane, row: SyncRow, intent: Intent, open: readonly WireTask[]): Promise<Fate> {
  const task = open.find((t) => t.taskId === row.taskId) ?? open.find((t) => t.overridesTitle?.includes(markOf(intent.nonce)) === true);
  if (task !== undefined && hasEnded(task)) return settleEnded(lane, row, intent, task);

  const waited = lane.run.env.now() - Date.parse(intent.at);
  // A task that is known and young is simply not done yet; an old one may have stored its document and lost the lock when closing its row.
  if (task !== undefined && task.taskId === row.taskId && waited < Math.min(PATIENCE_MS, lane.run.settings.taskTimeoutMs)) return 'waiting';

  const found = await findMade(lane, row, intent);
  if (found !== null) return arrived(lane, row, intent, found);

  if (task !== undefined && task.taskId !== row.taskId) {
    // The reply with this id was lost; now we know it.
    move(lane, row.id, { to: 'consuming', taskId: task.taskId });
    return 'waiting';
  }
  if (waited < lane.run.settings.taskTimeoutMs) return 'waiting';
  // Any unfinished upload of this name may be ours: 2.x doesn't tell a waiting task's title. One that a person dismissed runs no more.
  const possible = open.some(
    (t) => !hasEnded(t) && !t.acknowledged && (t.fileName === null || storedFileName(t.fileName, true) === storedFileName(intent.fileName, true)),
  );
  if (possible) {
    const seconds = Math.round(waited / 1000);
    const stuck = passingError(
      'task-timed-out',
      `The replica has had the file for ${seconds} s and hasn't finished it (task timed out).`,
      "Look at the replica's worker, and at its task list: the file isn't sent again while a task for it is open there. Dismiss the task if nothing runs it any more.",
    );
    fail(lane, row, stuck);
    return 'settled';
  }
  expectLateTwin(lane);
  lane.run.log('warning', `${lane.replica}: the upload of document ${row.masterDocId} left no trace there; it is sent again.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
  lane.run.store.fenced(lane.run.epoch, () => {
    lane.run.store.registry.giveUpIntent(row.id, isoTime(lane.run.env.now()));
    lane.run.store.registry.move(row.id, { to: 'queued', priority: 2 }, isoTime(lane.run.env.now()));
  });
  return 'again';
}

/** The document that an intent made: by its nonce, else an unmapped one of the same bytes that came after it. null: none (yet). */
async function findMade(lane: Lane, row: SyncRow, intent: Intent): Promise<number | null> {
  if (intent.kind === 'version') {
    const document = row.replicaDocId === null ? null : await lane.writer.document(row.replicaDocId, lane.call);
    return document?.versions[intent.position]?.checksum === intent.sha256 ? document.id : null;
  }
  const titled = await lane.writer.documentsByTitlePart(markOf(intent.nonce), lane.call);
  const byNonce = titled.find((d) => isFree(lane, d.id));
  if (byNonce !== undefined) return byNonce.id;
  // Without the nonce it may have been anybody's, unless all else says that it is what we sent; adopting others is the setting's to allow.
  const twins = await unmappedTwins(lane, row, intent.sha256, intent.md5);
  const sent = twins.find((d) => isLikeSent(lane, intent, d));
  const twin = sent ?? (lane.run.settings.adoptTwins ? twins[0] : undefined);
  // Ours may be waiting to be consumed all the same.
  if (twin !== undefined && nonceIn(twin.title) === undefined) expectLateTwin(lane);
  return twin?.id ?? null;
}

/** Documents on the replica with exactly these bytes that no row names, and that no other row's upload under way may have made. */
export async function unmappedTwins(lane: Lane, row: SyncRow, sha256: string, md5: string): Promise<WireDocument[]> {
  const twins = await twinsOf(lane, sha256, md5);
  return twins.filter((d) => isFree(lane, d.id) && !isAnothers(lane, row, d, sha256));
}

/** Whether it came, or may have come, of the upload of another document of the same bytes whose outcome is still to be found: it has that one's file name. */
function isAnothers(lane: Lane, row: SyncRow, document: WireDocument, sha256: string): boolean {
  const { registry } = lane.run.store;
  const sender = intentOf(lane, document);
  if (sender !== null)
    return sender.masterDocId !== row.masterDocId && registry.rowFor(lane.replicaId, sender.masterDocId)?.intent?.nonce === sender.intent.nonce;
  return registry.inFlight(lane.replicaId).some(({ id, intent }) => id !== row.id && intent?.kind === 'document' && intent.sha256 === sha256);
}

/** An unmapped twin is adopted when it is of our own making, or the setting takes anybody's. */
export function mayAdopt(lane: Lane, row: SyncRow, twin: WireDocument, sha256: string): boolean {
  return lane.run.settings.adoptTwins || isMadeFor(lane, row, twin, sha256);
}

/**
 * The copy of a document that is gone on the master, given to another of the same bytes that the replica has no room for. One of `found` on the replica,
 * or null when none of them is such a copy.
 */
export function takeOver(lane: Lane, row: SyncRow, found: readonly number[], sha256: string): number | null {
  const { registry } = lane.run.store;
  const rows = found.flatMap((id) => registry.rowByReplicaDoc(lane.replicaId, id) ?? []);
  const grave = rows.find(({ status, intent }) => status === 'tombstone' && intent === null);
  const copy = grave?.replicaDocId ?? null;
  if (grave === undefined || copy === null) return null;
  lane.run.store.fenced(lane.run.epoch, () => {
    registry.unmap(grave.id);
    move(lane, row.id, { to: 'applying', replicaDocId: copy, fileChecksum: sha256 });
  });
  lane.run.log(
    'info',
    `${lane.replica}: document ${row.masterDocId} takes over copy ${copy} of document ${grave.masterDocId}, which is gone on the master.`,
    {
      replicaId: lane.replicaId,
      docId: row.masterDocId,
    },
  );
  return copy;
}

/** The replica refused the bytes because it has them: adopt what is free, say what isn't. */
async function duplicate(lane: Lane, row: SyncRow, intent: Intent, task: WireTask): Promise<Fate> {
  const twins = await twinsOf(lane, intent.sha256, intent.md5);
  if (intent.kind === 'document') {
    const free = twins.find((d) => isFree(lane, d.id) && !isAnothers(lane, row, d, intent.sha256));
    // What this very upload made when it was taken twice is no stranger's.
    if (free !== undefined && (mayAdopt(lane, row, free, intent.sha256) || isLikeSent(lane, intent, free)))
      return arrived(lane, row, intent, free.id);
    const ids = twins.map(({ id }) => id);
    if (takeBack(lane, row, ids, intent.sha256) !== null || (await inherited(lane, row, intent, twins, task))) return 'arrived';
    if (task.duplicateOf !== null && isInTrash(task) && isRetired(lane, task.duplicateOf)) return takenBack(lane, row, intent, task.duplicateOf);
    const { copies } = replacements(lane.run.store, lane.replicaId);
    // Their own replacement is what was refused: that isn't how a document is to be limited.
    if (twins.length > 0 && !twins.some(({ id }) => copies.has(id))) {
      limitToTwin(lane, row, intent.version ?? row.wantedVersion, intent);
      return 'settled';
    }
  }
  const earlier = intent.kind === 'version' ? await backToEarlier(lane, row, intent) : null;
  if (earlier !== null) return arrived(lane, row, intent, earlier);
  const entry = isInTrash(task) ? task.duplicateOf : null;
  if (entry !== null) {
    const back = await takeOutOfTrash(lane, row, intent, entry);
    if (back !== null) return arrived(lane, row, intent, back);
    lane.run.store.fenced(lane.run.epoch, () => {
      lane.run.store.registry.clearIntent(row.id);
      waitForTrash(lane, row, intent, entry);
    });
    return 'settled';
  }
  return refused(lane, row, refusedAsDuplicate(lane, row, isInTrash(task) ? 'in its trash' : task.duplicateOf));
}

/** From a document that is gone on the master; one that went to the trash for that comes out of it again. */
async function inherited(lane: Lane, row: SyncRow, intent: Intent, twins: readonly WireDocument[], task: WireTask): Promise<boolean> {
  const live = takeOver(
    lane,
    row,
    twins.map((d) => d.id),
    intent.sha256,
  );
  if (live !== null) return true;
  const { duplicateOf } = task;
  if (duplicateOf === null || !isInTrash(task)) return false;
  if (lane.run.store.registry.rowByReplicaDoc(lane.replicaId, duplicateOf)?.status !== 'tombstone') return false;
  await lane.writes(() => lane.writer.restoreDocument(duplicateOf, lane.call));
  return takeOver(lane, row, [duplicateOf], intent.sha256) !== null;
}

/** The master's file is an earlier one again: the copy that had it is in the trash since a newer one took its place. */
async function takenBack(lane: Lane, row: SyncRow, intent: Intent, copy: number): Promise<Fate> {
  await lane.writes(() => lane.writer.restoreDocument(copy, lane.call));
  lane.run.log('info', `${lane.replica}: document ${row.masterDocId} has an earlier file again; its copy ${copy} came back out of the trash there.`, {
    replicaId: lane.replicaId,
    docId: row.masterDocId,
  });
  return arrived(lane, row, intent, copy);
}

function isInTrash(task: WireTask): boolean {
  return task.duplicateInTrash === true || /existing document is in the trash/iu.test(task.message ?? '');
}

async function arrived(lane: Lane, row: SyncRow, intent: Intent, replicaDocId: number | null): Promise<Fate> {
  if (replicaDocId === null) throw new Error(`Row ${row.id} has an intent for a version and no document.`);
  const owner = lane.run.store.registry.rowByReplicaDoc(lane.replicaId, replicaDocId);
  if (owner !== null && owner.id !== row.id) {
    // Either its number was given before, which ends everything, or a row of the same bytes took it for its own.
    const made = await lane.writer.document(replicaDocId, lane.call);
    if (made !== null) demandSameCopy(owner, made);
    // One of the same bytes is told by its mark, where the other's document is gone.
    const named = made !== null && owner.status === 'tombstone' && owner.copyAdded === null && nonceIn(made.title) === intent.nonce;
    if (made !== null && (named || !(await isOurs(lane, owner, made)))) return inherits(lane, row, owner, intent, replicaDocId);
    return refused(
      lane,
      row,
      documentError(
        'already-mapped',
        `The replica says that the file became document ${replicaDocId}, which is another document's copy.`,
        'Retry it; if it stays, run reconcile.',
      ),
    );
  }
  lane.run.store.fenced(lane.run.epoch, () => {
    // A worker that stood still comes to what was taken twice only now.
    if (intent.kind === 'document') expectTwin(lane);
    move(lane, row.id, { to: 'applying', replicaDocId, fileChecksum: intent.sha256 });
  });
  return 'arrived';
}

/** The number was another document's copy, which was never read back and isn't there any more: an emptied replica gave it again, to what this upload made. */
function inherits(lane: Lane, row: SyncRow, owner: SyncRow, intent: Intent, replicaDocId: number): Fate {
  const { store, epoch, env } = lane.run;
  store.fenced(epoch, () => {
    store.registry.unmap(owner.id);
    store.registry.move(row.id, { to: 'applying', replicaDocId, fileChecksum: intent.sha256 }, isoTime(env.now()));
  });
  lane.run.log(
    'warning',
    `${lane.replica}: document ${replicaDocId} there is a copy of document ${row.masterDocId}; the copy of ${owner.masterDocId} that had this number is gone, and is brought again.`,
    { replicaId: lane.replicaId, docId: owner.masterDocId },
  );
  return 'arrived';
}

function refused(lane: Lane, row: SyncRow, error: Error): Fate {
  lane.run.store.fenced(lane.run.epoch, () => {
    lane.run.store.registry.clearIntent(row.id);
    fail(lane, row, error);
  });
  return 'settled';
}
