import type { Intent, SyncRow } from '../state';
import { heldCode, sayFormer } from './held';
import type { Lane } from './lane';
import { move } from './moves';
import { documentError } from './outcome';
import { formerCopies, isFree } from './replace';
import { twinsOf } from './twins';
import { WaitingList } from './waiting-list';

/** The bytes that keep a document out. */
type Bytes = Pick<Intent, 'sha256' | 'md5'>;

/** Documents that have no copy because another of the same bytes is there. Nothing tells when that one goes. */
export const keptOutByTwins = new WaitingList<Bytes>('twin-held', 25);

/** Somebody else's document has the bytes, and is none to be adopted. */
export function holdForTwin(lane: Lane, row: SyncRow, twinId: number, { sha256, md5 }: Bytes): void {
  const { store, epoch } = lane.run;
  store.fenced(epoch, () => {
    move(lane, row.id, { to: 'held', code: 'twin', about: [twinId, ...formerCopies(store, lane.replicaId, row.id)].map(String) });
    keptOutByTwins.put(lane, row.id, { sha256, md5 });
  });
}

/** The replica takes the same bytes once, and another document has them. */
export function limitToTwin(lane: Lane, row: SyncRow, version: number, { sha256, md5 }: Bytes): void {
  const { store, epoch } = lane.run;
  const former = stays(lane, row);
  store.fenced(epoch, () => {
    store.registry.clearIntent(row.id);
    move(lane, row.id, {
      to: 'limited',
      version,
      reasons: ['identical-bytes'],
      ...(former === '' ? {} : { message: `The replica has its bytes already;${former}` }),
    });
    keptOutByTwins.put(lane, row.id, { sha256, md5 });
  });
}

/** How a sentence ends that says why a document has no copy: with what stays of it on the replica meanwhile. */
export function endOf(lane: Lane, row: SyncRow): string {
  const kept = stays(lane, row);
  return kept === '' ? '.' : `;${kept}`;
}

/** What of a document stays on the replica that has no copy of its present file there. */
function stays(lane: Lane, row: SyncRow): string {
  return sayFormer(formerCopies(lane.run.store, lane.replicaId, row.id).map(String));
}

/** `by`: the document that has the bytes; null where the replica doesn't name it. */
export function refusedAsDuplicate(lane: Lane, row: SyncRow, by: number | 'in its trash' | null): Error {
  const former = endOf(lane, row);
  return documentError(
    'refused-as-duplicate',
    by === 'in its trash'
      ? `The replica refuses the file because a document with the same bytes is in its trash${former}`
      : `The replica refuses the file because another document there has the same bytes, as its file or its archive${by === null ? '' : ` (document ${by} there)`}${former}`,
    "Empty that entry from the replica's trash (or delete the document there), then retry. Nothing there is ours to remove.",
  );
}

/** Throws where a version was refused for its bytes, and a read shows another document that has them: it isn't sent again for the same answer. */
export async function demandRoom(lane: Lane, row: SyncRow, { sha256, md5 }: Bytes): Promise<void> {
  if (row.errorCode !== 'refused-as-duplicate') return;
  const other = (await twinsOf(lane, sha256, md5)).find(({ id }) => id !== row.replicaDocId);
  if (other !== undefined) throw refusedAsDuplicate(lane, row, other.id);
}

/** Queues the documents that nothing keeps out any more. How many. */
export async function settleFreedTwins(lane: Lane): Promise<number> {
  const { store, epoch, settings } = lane.run;
  let freed = 0;
  for (const [rowId, bytes] of keptOutByTwins.due(lane)) {
    const row = store.registry.row(rowId);
    // Under way, or failing: what comes of that says whether it still waits.
    if (row?.status === 'pending' || row?.status === 'error') continue;
    if (row === null || row.replicaDocId !== null || !isKeptOut(row)) {
      store.fenced(epoch, () => keptOutByTwins.put(lane, rowId, null));
      continue;
    }
    const twins = await twinsOf(lane, bytes.sha256, bytes.md5);
    const free = twins.some((d) => isFree(lane, d.id));
    if (row.status === 'held' ? free && !settings.adoptTwins : twins.length > 0 && !free) {
      store.fenced(epoch, () => keptOutByTwins.put(lane, rowId, bytes));
      continue;
    }
    move(lane, rowId, { to: 'queued', priority: 1 });
    freed += 1;
  }
  return freed;
}

function isKeptOut(row: SyncRow): boolean {
  return row.status === 'limited' || heldCode(row) === 'twin';
}
