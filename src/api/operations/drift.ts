import { z } from 'zod';
import type { SyncRow } from '../../state';
import { heldCode, saidReasons } from '../../sync/held';
import { count, id, limit, optionalTime } from '../fields';
import { defineOperation, type OperationsController } from '../operation';
import { notFound, OperationError } from '../problem';
import { titleOf } from './documents';
import { replicaOf } from './replicas';

const difference = z.object({
  field: z.string(),
  wanted: z.unknown().describe('What the copy ought to have, by names; long values are cut'),
  found: z.unknown().describe('What it had when it was last read'),
});

/**
 * `asked` a person decides · `kept` it stays as it is · `held` something undoes every repair · `repairing` brought back in the next cycle ·
 * `waiting` brought back later, since an earlier repair didn't last or failed.
 */
const STATES = ['asked', 'kept', 'held', 'repairing', 'waiting'] as const;

const driftItem = z.object({
  id: z.number().int().describe("The row's id: where a page goes on"),
  master_document_id: z.number().int(),
  replica_document_id: z.number().int().nullable(),
  title: z.string().nullable(),
  verification: z.enum(['differs', 'unreadable']),
  found_at: optionalTime,
  state: z.enum(STATES),
  reason: z.string().nullable(),
  next_step: z.string().nullable(),
  attempts: count,
  next_repair_at: optionalTime,
  differences: z.array(difference).describe('Empty where the copy is not there any more'),
});

export const driftSchema = z.object({ items: z.array(driftItem), next_after: z.number().int().nullable() });
export type DriftItem = z.infer<typeof driftItem>;

const differences = z.array(difference);

function differencesOf(row: SyncRow): z.infer<typeof differences> {
  return row.difference === null ? [] : differences.parse(JSON.parse(row.difference));
}

function stateOf(row: SyncRow): (typeof STATES)[number] {
  switch (heldCode(row)) {
    case 'drift-asked':
      return 'asked';
    case 'drift-kept':
    case 'drift-decided':
      return 'kept';
    default:
      if (row.status === 'held') return 'held';
  }
  return row.status === 'error' || row.status === 'quarantined' ? 'waiting' : 'repairing';
}

function shape(row: SyncRow, title: string | null): z.input<typeof driftItem> {
  return {
    id: row.id,
    master_document_id: row.masterDocId,
    replica_document_id: row.replicaDocId,
    title,
    verification: row.verification === 'unreadable' ? 'unreadable' : 'differs',
    found_at: row.verifiedAt,
    state: stateOf(row),
    // What is held may have failed before; that is over.
    reason: (row.status === 'held' ? null : row.errorMessage) ?? saidReasons(row)[0] ?? null,
    next_step: row.errorNextStep,
    attempts: row.retryCount,
    next_repair_at: row.nextRetryAt,
    differences: differencesOf(row),
  };
}

/** A tombstone's copy isn't wanted: whatever became of it is no drift. */
function drifted(controller: OperationsController, replicaId: number, after: number, wanted: number): SyncRow[] {
  const { registry } = controller.store;
  const found = (['differs', 'unreadable'] as const).flatMap((verification) => registry.rows(replicaId, { verification, after, limit: wanted }));
  return found.sort((a, b) => a.id - b.id).slice(0, wanted);
}

export const listDrift = defineOperation({
  id: 'replica-drift',
  method: 'GET',
  path: '/api/replicas/{id}/drift',
  summary: 'Copies that were not as they should be when they were last looked at: field by field what was wanted and what was found',
  input: z.object({ id, after: id.optional(), limit }),
  output: driftSchema,
  status: 200,
  handler({ controller }, input) {
    replicaOf(controller, input.id);
    const { registry } = controller.store;
    const rows = drifted(controller, input.id, input.after ?? 0, input.limit);
    const docs = new Map(registry.masterDocs(rows.map((row) => row.masterDocId)).map((doc) => [doc.id, doc]));
    const last = rows.at(-1);
    return {
      items: rows.filter(({ status }) => status !== 'tombstone').map((row) => shape(row, titleOf(docs.get(row.masterDocId)))),
      next_after: last === undefined || rows.length < input.limit ? null : last.id,
    };
  },
});

export const decidedSchema = z.object({ decision: z.enum(['revert', 'keep']), document: driftItem });

function refused(code: string, detail: string, nextStep: string): OperationError {
  return new OperationError({ status: 409, code, category: 'conflict', detail, nextStep });
}

export const decideDrift = defineOperation({
  id: 'replica-drift-decide',
  method: 'POST',
  path: '/api/replicas/{id}/drift',
  summary: 'Decide about one copy that was changed on its replica: bring back what the master has, or keep it until the master changes it',
  input: z.object({ id, document: id.describe("The master's id"), decision: z.enum(['revert', 'keep']) }),
  output: decidedSchema,
  status: 200,
  handler({ controller, who, now }, input) {
    const replica = replicaOf(controller, input.id);
    const { store } = controller;
    const row = store.registry.rowFor(replica.id, input.document);
    if (row === null) {
      const step = 'Give the id that the document has on the master.';
      throw notFound('unknown-document', `The map of ${replica.name} has no document ${input.document}.`, step);
    }
    const before = shape(row, titleOf(store.registry.masterDoc(row.masterDocId) ?? undefined));
    if ((row.verification !== 'differs' && row.verification !== 'unreadable') || row.status === 'tombstone') {
      const step = `GET /api/replicas/${replica.id}/drift lists what differs; it may have been brought back meanwhile.`;
      throw refused('no-drift', `The copy of document ${row.masterDocId} on ${replica.name} doesn't differ as far as it was last looked at.`, step);
    }
    if (input.decision === 'keep') demandKeepable(controller, replica.name, row, before.differences);
    return store.transaction(() => {
      if (input.decision === 'revert') store.registry.retry(replica.id, [row.id]);
      else store.registry.move(row.id, { to: 'held', code: 'drift-decided', about: [who] }, (now?.() ?? new Date()).toISOString());
      const after = shape(store.registry.row(row.id) ?? row, before.title);
      const about = { replica: replica.name, document: row.masterDocId };
      store.audit.add({
        who,
        action: `drift.${input.decision}`,
        before: { ...about, state: before.state, differences: before.differences },
        after: { ...about, state: after.state },
      });
      return { decision: input.decision, document: after };
    });
  },
});

/** There must be something to keep, and nobody at work on it. */
function demandKeepable(controller: OperationsController, replica: string, row: SyncRow, found: readonly { field: string }[]): void {
  if (row.verification === 'unreadable' || found.some(({ field }) => field === 'stored_file')) {
    throw refused(
      'nothing-to-keep',
      `The copy of document ${row.masterDocId} on ${replica} isn't there or its file is damaged: that is nothing to keep.`,
      'It is brought back by itself; revert it to have that done with the next cycle.',
    );
  }
  if (row.status === 'pending' && controller.progress().running) {
    throw refused(
      'replica-busy',
      'A cycle is bringing the copy back at this moment.',
      'Decide again when it has ended; set drift_policy to ask to be asked first.',
    );
  }
}
