import type { Store, SyncRow } from '../state';

const PAGE = 500;

/** A replica's whole map, or what of it is so, by key and a page at a time. */
export function* everyRow(
  { registry }: Pick<Store, 'registry'>,
  replicaId: number,
  which: Pick<Parameters<Store['registry']['rows']>[1], 'status' | 'verification'> = {},
): Generator<SyncRow> {
  for (let after = 0; ;) {
    const rows = registry.rows(replicaId, { ...which, after, limit: PAGE });
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.id;
  }
}
