import type { WireDocument } from '../paperless';
import type { Lane } from './lane';
import { move } from './moves';
import { trashOf } from './trashed';
import { WaitingList } from './waiting-list';

/** Serial numbers of ours that other people's documents hold on a replica. Nothing tells when one is given up. */
const awaited = new WaitingList<number>('asn-held', 25);

/** `asn` null: the row has its number, or wants none. In the transaction that settles the row. */
export function awaitAsn(lane: Lane, rowId: number, asn: number | null): void {
  awaited.put(lane, rowId, asn);
}

/** Queues the documents whose number is free by now. How many. */
export async function settleFreedAsns(lane: Lane): Promise<number> {
  const { store, epoch } = lane.run;
  let freed = 0;
  let trash: Promise<ReadonlyMap<number, WireDocument>> | undefined;
  for (const [rowId, asn] of awaited.due(lane)) {
    const row = store.registry.row(rowId);
    if (row?.status !== 'limited') {
      // Under way, or settled otherwise: what comes of that says whether it still waits.
      if (row?.status !== 'pending' && row?.status !== 'error') store.fenced(epoch, () => awaitAsn(lane, rowId, null));
      continue;
    }
    const holder = (await lane.writer.documentsByAsn(asn, lane.call))[0];
    // A copy of ours gives it up, but for one in the trash: nobody can change that before it is restored.
    const taken = holder === undefined ? (await (trash ??= trashByAsn(lane))).has(asn) : !store.registry.isMapped(lane.replicaId, holder.id);
    if (taken) {
      store.fenced(epoch, () => awaitAsn(lane, row.id, asn));
      continue;
    }
    move(lane, row.id, { to: 'queued', priority: 1 });
    freed += 1;
  }
  return freed;
}

/** What lies in the replica's trash with a serial number, which stays taken there. */
export async function trashByAsn(lane: Lane): Promise<ReadonlyMap<number, WireDocument>> {
  const found = new Map<number, WireDocument>();
  for await (const document of trashOf(lane.writer, lane.call))
    if (document.archiveSerialNumber !== null) found.set(document.archiveSerialNumber, document);
  return found;
}
