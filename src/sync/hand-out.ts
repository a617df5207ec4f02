import type { WireDocument } from '../paperless';
import type { MasterDocRow, SyncRow } from '../state';
import type { Lane } from './lane';
import type { WantedDocument } from './wanted';

/** A document on its way through the flow. */
export interface HandedItem {
  row: SyncRow;
  /** The master's version that this is made of. */
  version: number;
  reason: 'new' | 'changed' | 'unfinished';
  document: WireDocument;
  wanted: WantedDocument;
  /** The row when it was recorded; `contentHash` belongs to its version. */
  master: MasterDocRow;
}

/** A document on its way back from the flow. What the flow changed in it is all that a replica is ever told. */
export interface PushItem extends HandedItem {
  /** As the flow gave it back; equal to `wanted` when nobody changed it. */
  returned: WantedDocument;
  changedByFlow: boolean;
}

/** How often one document is tried in one run: links may need a second look, and a replica that undoes our work must not keep us for ever. */
const OFFERS_PER_RUN = 3;

/** What a lane has given to the flow in this run. */
export class HandOut {
  private readonly offers = new Map<number, number>();
  private readonly out = new Set<number>();

  constructor(private readonly lane: Lane) {}

  /** The next documents to push, at most `limit`; marks them as handed out. Documents that only wait for links come when nothing else is left. */
  next(limit: number): HandedItem[] {
    const { registry } = this.lane.run.store;
    const tired = [...this.offers].filter(([, times]) => times >= OFFERS_PER_RUN).map(([id]) => id);
    const exclude = new Set([...this.out, ...tired]);
    const { planned } = this.lane;
    const takes = (row: SyncRow): boolean => planned?.takes(row.masterDocId) !== false;
    const consuming = registry.inFlight(this.lane.replicaId).filter((row) => row.step === 'consuming' && !exclude.has(row.id) && takes(row));
    for (const row of consuming) exclude.add(row.id);
    const rows = [...consuming.slice(0, limit)];
    const linking: SyncRow[] = [];
    while (rows.length < limit) {
      const more = registry.work(this.lane.replicaId, limit - rows.length, exclude, takes);
      if (more.length === 0) break;
      for (const row of more) {
        exclude.add(row.id);
        (row.step === 'linking' ? linking : rows).push(row);
      }
    }
    if (rows.length === 0 && this.out.size === 0) rows.push(...linking.slice(0, limit));
    return this.take(rows);
  }

  /** Settled, parked or kept back: the row may be offered again in this run if it is queued again. */
  back(rowId: number): void {
    this.out.delete(rowId);
  }

  get outstanding(): number {
    return this.out.size;
  }

  private take(rows: readonly SyncRow[]): HandedItem[] {
    const { registry } = this.lane.run.store;
    const view = this.lane.run.masterView();
    const masters = new Map(registry.masterDocs(rows.map((r) => r.masterDocId)).map((m) => [m.id, m]));
    return rows.flatMap((row) => {
      this.offers.set(row.id, (this.offers.get(row.id) ?? 0) + 1);
      const master = masters.get(row.masterDocId);
      if (master === undefined) return [];
      this.out.add(row.id);
      const document = JSON.parse(master.document) as WireDocument;
      const reason = row.step === 'queued' ? (row.replicaDocId === null ? 'new' : 'changed') : 'unfinished';
      return [{ row, version: master.version, reason, document, wanted: view.describe(document), master }];
    });
  }
}
