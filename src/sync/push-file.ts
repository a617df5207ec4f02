import { documentThere, versionThere } from './already-there';
import { isStillInTrash } from './bytes-in-trash';
import { randomHex } from './random';
import { isPaperlessError, type UploadFile } from '../paperless';
import type { Intent, SyncRow } from '../state';
import { chainFor, type ChainLink } from './chain';
import type { HandedItem, PushItem } from './hand-out';
import { isoTime } from './instant';
import type { Lane } from './lane';
import { uploadName, uploadTitle } from './normalise';
import { InstanceFailure } from './instance-failure';
import { expectTwin } from './late-twins';
import { move } from './moves';
import { settleEnded, settleUnknown, type Fate } from './settle';
import type { SharedFile } from './file-share';
import { hasEnded } from './task-watch';
import { demandRoom } from './twin-watch';

/**
 * Gives the replica one file: as a new document (position 0) or a further version. The intent is committed before the request; when the outcome stays
 * unknown the row keeps `uploading` or `consuming` and the answer is `waiting`.
 */
export async function pushFile(lane: Lane, row: SyncRow, item: PushItem, link: ChainLink): Promise<Fate> {
  if (await isStillInTrash(lane, row, link)) return 'settled';
  const others = lane.activeLanes().filter((id) => id !== lane.replicaId && needsFile(lane, id, item, link));
  const held = await fromMaster(lane, () => lane.run.files.acquire(row.masterDocId, link.versionId, lane.replicaId, others, link.sha256));
  try {
    const { file } = held.shared;
    // Two uploads of the same bytes at once have no defined outcome on either version.
    while (lane.uploading.has(file.sha256)) await lane.uploading.get(file.sha256)?.catch(() => undefined);
    const work = uploadOne(lane, row, item, link, held.shared);
    lane.uploading.set(file.sha256, work);
    try {
      return await work;
    } finally {
      lane.uploading.delete(file.sha256);
    }
  } finally {
    await held.release();
  }
}

/** Waits for a task that is known already, from this cycle or an earlier one. One that takes long is looked behind: its document may be there for all that it says. */
export async function awaitTask(lane: Lane, row: SyncRow, intent: Intent, taskId: string): Promise<Fate> {
  for (;;) {
    const task = await lane.tasks.wait(taskId);
    if (task === 'missing') return settleUnknown(lane, row, intent, await lane.writer.openTasks(100, lane.call));
    if (hasEnded(task)) return settleEnded(lane, row, intent, task);
    const fate = await settleUnknown(lane, row, intent, [task]);
    if (fate !== 'waiting' || lane.pushesOver()) return fate;
  }
}

async function uploadOne(lane: Lane, row: SyncRow, item: PushItem, link: ChainLink, shared: SharedFile): Promise<Fate> {
  const { file } = shared;
  const kind = link.position === 0 ? 'document' : 'version';
  const { registry } = lane.run.store;
  const { name } = uploadName(
    item.returned.original_file_name,
    `document-${row.masterDocId}${extensionOf(shared.mimeType)}`,
    lane.writer.capabilities,
  );
  if (kind === 'document') {
    const there = await documentThere(lane, row, item, file, name);
    if (there !== null) return there;
  } else if (link.sha256 === null) {
    const there = await versionThere(lane, row, file.sha256);
    if (there !== null) return there;
  }
  if (kind === 'version') await demandRoom(lane, row, file);
  const intent: Intent = {
    nonce: randomHex(lane.run.env, 10),
    at: isoTime(lane.run.env.now()),
    kind,
    fileName: name,
    sha256: file.sha256,
    md5: file.md5,
    size: file.size,
    masterVersionId: link.versionId,
    position: link.position,
    version: item.version,
  };
  const upload: UploadFile = { fileName: name, mimeType: shared.mimeType, length: file.size, open: () => file.open() };
  const taskId = await lane.uploads(async () => {
    lane.run.store.fenced(lane.run.epoch, () => {
      if (kind === 'document') expectTwin(lane);
      move(lane, row.id, { to: 'uploading', intent });
    });
    try {
      if (kind === 'document') {
        const title = uploadTitle(item.returned.title, intent.nonce);
        return await lane.writer.upload(upload, { title, created: item.returned.created }, lane.call);
      }
      const root = row.replicaDocId;
      if (root === null) throw new Error(`Row ${row.id} has no document for a further version.`);
      return await lane.writer.uploadVersion(root, upload, link.label, lane.call);
    } catch (error) {
      // Refused before anything was made: nothing is left open. Everything else may have been done.
      if (isPaperlessError(error) && (error.class === 'document' || error.class === 'retry' || error.class === 'retry-after')) {
        lane.run.store.fenced(lane.run.epoch, () => registry.clearIntent(row.id));
        throw error;
      }
      if (isPaperlessError(error) && error.class === 'unknown-outcome') return null;
      throw error;
    }
  });
  if (taskId === null) return 'waiting';
  return awaitTask(lane, move(lane, row.id, { to: 'consuming', taskId }), intent, taskId);
}

/** Whether another lane's replica has yet to come for this file: it is in its chain, beyond what that replica has and what is on its way there. */
function needsFile(lane: Lane, replicaId: number, item: HandedItem, link: ChainLink): boolean {
  const theirs = lane.run.store.registry.rowFor(replicaId, item.row.masterDocId);
  if (theirs?.status !== 'pending') return false;
  const chain = chainFor(item, lane.run.holdsVersions.get(replicaId) === true);
  const given = theirs.replicaDocId === null ? -1 : chain.findIndex(({ sha256 }) => sha256 !== null && sha256 === theirs.fileChecksum);
  if (theirs.replicaDocId !== null && given < 0) return false;
  return chain.findIndex(({ versionId }) => versionId === link.versionId) > Math.max(given, theirs.intent?.position ?? -1);
}

/** The master failing as a whole is not this replica's failure. */
async function fromMaster<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const whole =
      isPaperlessError(error) &&
      (error.class === 'instance' || ((error.class === 'retry' || error.class === 'retry-after') && error.code !== 'download-differs'));
    if (whole && isPaperlessError(error)) throw new InstanceFailure('master', lane.run.master.name, error);
    throw error;
  }
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/pdf': '.pdf',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/tiff': '.tiff',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'text/plain': '.txt',
  'text/csv': '.csv',
};

function extensionOf(mimeType: string): string {
  return EXTENSIONS[mimeType.split(';')[0]?.trim() ?? ''] ?? '';
}
