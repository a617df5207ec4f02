import type { WireDocument } from '../paperless';
import type { Store } from '../state';
import type { Lane } from './lane';
import { move } from './moves';
import { trashOf } from './trashed';

/**
 * Serial numbers of ours that other people's documents hold on a replica. Nothing tells when one is given up, so each is looked for again, ever more seldom:
 * a read, and no write before it is free.
 */
interface Awaited {
  asn: number;
  /** Milliseconds of the clock. */
  next: number;
  pauseMs: number;
}
type Watched = Record<string, Awaited>;

/** Numbers that one cycle asks for. */
const LOOKS = 25;
const LONGEST_PAUSE_MS = 86_400_000;

function key(replicaId: number): string {
  return `asn-held:${replicaId}`;
}

function read(store: Store, replicaId: number): Watched {
  const stored = store.settings.fact(key(replicaId));
  return stored === null ? {} : (JSON.parse(stored) as Watched);
}

function write(store: Store, replicaId: number, watched: Watched): void {
  store.settings.setFact(key(replicaId), Object.keys(watched).length === 0 ? null : JSON.stringify(watched));
}

/** `asn` null: the row has its number, or wants none. In the transaction that settles the row. */
export function awaitAsn(lane: Lane, rowId: number, asn: number | null): void {
  const { store, env, settings } = lane.run;
  const { [rowId]: before, ...others } = read(store, lane.replicaId);
  if (asn === null) {
    if (before !== undefined) write(store, lane.replicaId, others);
    return;
  }
  const pauseMs = before?.asn === asn ? Math.min(before.pauseMs * 2, LONGEST_PAUSE_MS) : settings.retryBaseMs;
  write(store, lane.replicaId, { ...others, [rowId]: { asn, next: env.now() + pauseMs, pauseMs } });
}

/** Queues the documents whose number is free by now. How many. */
export async function settleFreedAsns(lane: Lane): Promise<number> {
  const { store, epoch, env } = lane.run;
  const due = Object.entries(read(store, lane.replicaId))
    .filter(([, { next }]) => next <= env.now())
    .slice(0, LOOKS);
  let freed = 0;
  let trash: Promise<ReadonlyMap<number, WireDocument>> | undefined;
  for (const [rowId, { asn }] of due) {
    const row = store.registry.row(Number(rowId));
    if (row?.status !== 'limited') {
      // Under way, or settled otherwise: what comes of that says whether it still waits.
      if (row?.status !== 'pending' && row?.status !== 'error') store.fenced(epoch, () => awaitAsn(lane, Number(rowId), null));
      continue;
    }
    const holder = (await lane.writer.documentsByAsn(asn, lane.call))[0] ?? (await (trash ??= trashByAsn(lane))).get(asn);
    if (holder !== undefined && !store.registry.isMapped(lane.replicaId, holder.id)) {
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
