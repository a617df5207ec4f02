/** A copy whose document is gone on the master. */
export interface Grave {
  master: number;
  replica: number;
}

export interface DeletesPlan {
  trash: Grave[];
  /** What one run may trash unasked; more waits for a plan. */
  limit: number;
  /** Copies that the policy keeps. */
  kept: number;
}

/** What the policy does with copies whose documents are gone. Nothing goes unless it says so. Pure. */
export function planDeletes(graves: readonly Grave[], policy: string, limit: number): DeletesPlan {
  if (policy !== 'trash' && policy !== 'mirror') return { trash: [], limit, kept: graves.length };
  return { trash: [...graves].sort((a, b) => a.master - b.master), limit, kept: 0 };
}
