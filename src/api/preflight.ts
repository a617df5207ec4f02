import { z } from 'zod';
import type { Store } from '../state';
import { instanceKey, preflightOf } from '../sync/preflight';
import { count, isoTime, optionalTime } from './fields';

const finding = z.object({
  code: z.string(),
  severity: z.enum(['stops', 'warns', 'tells']).describe('stops: nothing is written until it is settled or accepted'),
  message: z.string(),
  next_step: z.string(),
  since: isoTime,
  accepted_at: optionalTime,
});

export const preflightSchema = z
  .object({
    checked_at: isoTime,
    documents: count.nullable().describe('What the instance counted'),
    clock_skew_seconds: z.number().int().nullable().describe("The server's clock less ours; nothing goes by it"),
    findings: z.array(finding),
  })
  .describe('What the last look at the instance found');

export type PreflightAnswer = z.infer<typeof preflightSchema>;

/** As it is kept; null before the first look. */
export function preflightShape(store: Store, replicaId: number | null): z.input<typeof preflightSchema> | null {
  const last = preflightOf(store.settings, instanceKey(replicaId));
  if (last === null) return null;
  return {
    checked_at: last.checkedAt,
    documents: last.documents,
    clock_skew_seconds: last.clockSkewSeconds,
    findings: last.findings.map(({ code, severity, message, nextStep, since, acceptedAt }) => ({
      code,
      severity,
      message,
      next_step: nextStep,
      since,
      accepted_at: acceptedAt,
    })),
  };
}
