import type { Plan } from '../../src/controller';

/** A plan that says little. */
export function aPlan(change: Partial<Omit<Plan, 'body'>> = {}, body: Partial<Plan['body']> = {}): Plan {
  return {
    id: 4,
    scope: 'reconcile',
    replicaId: 1,
    createdAt: '2026-11-21T11:00:00.000Z',
    appliedAt: null,
    refusedAt: null,
    ...change,
    body: {
      replica: 'backup',
      summary: 'Three.',
      complete: true,
      counts: {},
      bytes: { download: 0, upload: 0, exact: true },
      samples: {},
      deletes: [],
      findings: [],
      notes: [],
      ...body,
    },
  };
}
