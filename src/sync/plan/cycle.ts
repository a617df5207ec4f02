import type { Step, SyncStatus } from '../../state';

/** A row of the map, as far as a cycle looks at it. */
export interface WorkFace {
  masterDocId: number;
  replicaDocId: number | null;
  status: SyncStatus;
  step: Step | null;
  /** Whether its create has an outcome that nobody learned. */
  open: boolean;
  /** An error whose time has come. */
  due: boolean;
  /** Since when; the longest wait comes first. */
  retryAt?: string | null;
  /** A pair that a resync gave up waits to be proven. */
  candidate?: boolean;
}

/** `take_up`: read what a resync gave up, and take it for the copy where its bytes are right. `settle`: find out what became of an upload. `upload`: a new copy, unless one with the same bytes is there. `update`: compare, change, read back. `link`: set its links. */
export type Work = 'settle' | 'take_up' | 'upload' | 'update' | 'link';

export interface CyclePlan {
  work: { master: number; replica: number | null; does: Work }[];
  /** Errors that are offered again; they stand among the work, too. */
  retries: number;
}

/** What the next cycle takes up, and why. At most `retries` errors are offered again. Pure. */
export function planCycle(rows: readonly WorkFace[], retries: number): CyclePlan {
  const plan: CyclePlan = { work: [], retries: 0 };
  const byId = (a: WorkFace, b: WorkFace): number => a.masterDocId - b.masterDocId;
  const due = rows.filter((row) => row.status === 'error' && row.due);
  const retried = new Set(due.sort((a, b) => (a.retryAt ?? '').localeCompare(b.retryAt ?? '') || byId(a, b)).slice(0, retries));
  plan.retries = retried.size;
  for (const row of [...rows].sort(byId)) {
    if (row.status !== 'pending' && !retried.has(row)) continue;
    plan.work.push({ master: row.masterDocId, replica: row.replicaDocId, does: workOf(row) });
  }
  return plan;
}

function workOf({ step, open, replicaDocId, candidate }: WorkFace): Work {
  if (open || step === 'uploading' || step === 'consuming') return 'settle';
  if (step === 'linking') return 'link';
  if (replicaDocId === null && candidate === true) return 'take_up';
  return replicaDocId === null ? 'upload' : 'update';
}
