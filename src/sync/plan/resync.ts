/** A row of the replica's map, as far as a resync looks at it. */
export interface MapFace {
  masterDocId: number;
  replicaDocId: number | null;
  /** A create under way, a copy that is being replaced, or a tombstone: it is no part of what is forgotten. */
  kept: boolean;
}

export interface ResyncPlan {
  /** Pairs that are given up and tried again by a read. */
  candidates: { master: number; replica: number }[];
  /** Rows that are forgotten and had no copy. */
  forget: number[];
  keep: number[];
  /** Documents without a copy that is known: they are uploaded, unless one with their bytes is there. */
  upload: number[];
}

/** What forgetting a replica's map means. `live` are the master's documents. Pure. */
export function planResync(rows: readonly MapFace[], live: ReadonlySet<number>): ResyncPlan {
  const plan: ResyncPlan = { candidates: [], forget: [], keep: [], upload: [] };
  const held = new Set<number>();
  for (const { masterDocId, replicaDocId, kept } of [...rows].sort((a, b) => a.masterDocId - b.masterDocId)) {
    if (kept) plan.keep.push(masterDocId);
    else if (replicaDocId !== null) plan.candidates.push({ master: masterDocId, replica: replicaDocId });
    else plan.forget.push(masterDocId);
    if (kept || replicaDocId !== null) held.add(masterDocId);
  }
  plan.upload = [...live].filter((id) => !held.has(id)).sort((a, b) => a - b);
  return plan;
}
