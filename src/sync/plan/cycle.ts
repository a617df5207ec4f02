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
}

/** `settle`: find out what became of an upload. `upload`: a new copy, unless one with the same bytes is there. `update`: compare, change, read back. `link`: set its links. */
export type Work = 'settle' | 'upload' | 'update' | 'link';

export interface CyclePlan {
  work: { master: number; replica: number | null; does: Work }[];
  /** Errors that are offered again; they stand among the work, too. */
  retries: number;
}

/** What the next cycle takes up, and why. At most `retries` errors are offered again. Pure. */
export function planCycle(rows: readonly WorkFace[], retries: number): CyclePlan {
  const plan: CyclePlan = { work: [], retries: 0 };
  for (const row of [...rows].sort((a, b) => a.masterDocId - b.masterDocId)) {
    const retried = row.status === 'error' && row.due && plan.retries < retries;
    if (row.status !== 'pending' && !retried) continue;
    if (retried) plan.retries += 1;
    plan.work.push({ master: row.masterDocId, replica: row.replicaDocId, does: workOf(row) });
  }
  return plan;
}

function workOf({ step, open, replicaDocId }: WorkFace): Work {
  if (open || step === 'uploading' || step === 'consuming') return 'settle';
  if (step === 'linking') return 'link';
  return replicaDocId === null ? 'upload' : 'update';
}
