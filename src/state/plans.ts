import type { Context } from './context';
import { NotFoundError } from './errors';

export type PlanScope = 'cycle' | 'resync' | 'reconcile' | 'deletes' | 'policy';

export interface PlanRow {
  id: number;
  scope: PlanScope;
  replicaId: number;
  createdAt: string;
  /** SHA-256 over the state that the plan was computed on. */
  fingerprint: string;
  /** JSON. */
  body: string;
  appliedAt: string | null;
  /** Asked for when the world had moved; such a plan is never applied. */
  refusedAt: string | null;
}

/** One document's part of a plan. */
export interface PlanStep {
  masterDocId: number;
  replicaDocId: number | null;
  action: string;
  /** JSON. */
  data: string;
}

/** What would be done, and what became of it. */
export interface Plans {
  /** Forgets, on the way, plans older than the keeping time. */
  add(plan: { scope: PlanScope; replicaId: number; fingerprint: string; body: string; steps: readonly PlanStep[] }): PlanRow;
  get(id: number): PlanRow | null;
  /** Newest first, by key. */
  list(query: { replicaId?: number; before?: number; limit: number }): PlanRow[];
  /** By master id, in pages by key. */
  steps(planId: number, afterMasterDocId: number, limit: number): PlanStep[];
  applied(id: number, at: string): void;
  refused(id: number, at: string): void;
}

const KEPT_MS = 90 * 86_400_000;
const COLUMNS = 'id, scope, replica_id AS replicaId, created_at AS createdAt, fingerprint, body, applied_at AS appliedAt, refused_at AS refusedAt';

export function createPlans({ db, now, iso }: Context): Plans {
  const insert = db.prepare<[string, number, string, string, string]>(
    'INSERT INTO plans (scope, replica_id, created_at, fingerprint, body) VALUES (?, ?, ?, ?, ?)',
  );
  const step = db.prepare<[number, number, number | null, string, string]>(
    'INSERT INTO plan_steps (plan_id, master_doc_id, replica_doc_id, action, data) VALUES (?, ?, ?, ?, ?)',
  );
  const one = db.prepare<[number], PlanRow>(`SELECT ${COLUMNS} FROM plans WHERE id = ?`);
  const page = db.prepare<[number, number], PlanRow>(`SELECT ${COLUMNS} FROM plans WHERE id < ? ORDER BY id DESC LIMIT ?`);
  const pageOf = db.prepare<[number, number, number], PlanRow>(
    `SELECT ${COLUMNS} FROM plans WHERE replica_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
  );
  const steps = db.prepare<[number, number, number], PlanStep>(
    `SELECT master_doc_id AS masterDocId, replica_doc_id AS replicaDocId, action, data FROM plan_steps
     WHERE plan_id = ? AND master_doc_id > ? ORDER BY master_doc_id LIMIT ?`,
  );
  const applied = db.prepare<[string, number]>('UPDATE plans SET applied_at = ? WHERE id = ?');
  const refused = db.prepare<[string, number]>('UPDATE plans SET refused_at = ? WHERE id = ?');
  const forget = db.prepare<[string]>('DELETE FROM plans WHERE created_at < ?');

  function get(id: number): PlanRow | null {
    return one.get(id) ?? null;
  }

  return {
    add: (plan) =>
      db
        .transaction(() => {
          forget.run(new Date(now() - KEPT_MS).toISOString());
          const id = Number(insert.run(plan.scope, plan.replicaId, iso(), plan.fingerprint, plan.body).lastInsertRowid);
          for (const { masterDocId, replicaDocId, action, data } of plan.steps) step.run(id, masterDocId, replicaDocId, action, data);
          const row = get(id);
          if (row === null) throw new NotFoundError('plan', id);
          return row;
        })
        .immediate(),
    get,
    list({ replicaId, before = Number.MAX_SAFE_INTEGER, limit }) {
      return replicaId === undefined ? page.all(before, limit) : pageOf.all(replicaId, before, limit);
    },
    steps: (planId, after, limit) => steps.all(planId, after, limit),
    applied: (id, at) => void applied.run(at, id),
    refused: (id, at) => void refused.run(at, id),
  };
}
