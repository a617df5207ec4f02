import type { Store, SyncRow } from '../../state';

const PAGE = 500;

/** Ids of what the master has. */
export function liveIds({ registry }: Store): Set<number> {
  const ids = new Set<number>();
  for (let after = 0; ;) {
    const page = registry.liveIdsAfter(after, PAGE);
    for (const id of page) ids.add(id);
    const last = page.at(-1);
    if (last === undefined) return ids;
    after = last;
  }
}

/** Rows that have a copy, as plans name them. */
export function pairsOf(rows: readonly SyncRow[]): { master: number; replica: number }[] {
  return rows.flatMap(({ masterDocId, replicaDocId }) => (replicaDocId === null ? [] : [{ master: masterDocId, replica: replicaDocId }]));
}
