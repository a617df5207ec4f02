import { z } from 'zod';
import type { MasterDocRow, SyncRow, SyncStatus } from '../../state';
import { saidReasons } from '../../sync/held';
import { count, id, limit, optionalTime } from '../fields';
import { defineOperation, type OperationsController } from '../operation';
import { notFound } from '../problem';
import { replicaOf } from './replicas';

const SYNC_STATUSES = ['pending', 'ok', 'error', 'held', 'quarantined', 'limited', 'tombstone'] as const satisfies readonly SyncStatus[];
const VERIFICATIONS = ['never', 'matched', 'differs', 'unreadable'] as const;

const documentRow = z.object({
  id: z.number().int().describe("The row's id: where a page goes on"),
  master_document_id: z.number().int(),
  replica_document_id: z.number().int().nullable(),
  title: z.string().nullable(),
  status: z.enum(SYNC_STATUSES),
  step: z.string().nullable(),
  verification: z.enum(VERIFICATIONS),
  verified_at: optionalTime,
  last_synced: optionalTime,
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  next_step: z.string().nullable(),
  retry_count: count,
  next_retry_at: optionalTime,
  reasons: z.array(z.string()),
});

const titled = z.object({ title: z.string() });

/** As the master has it. */
export function titleOf(doc: MasterDocRow | undefined): string | null {
  if (doc === undefined) return null;
  try {
    const parsed = titled.safeParse(JSON.parse(doc.document));
    return parsed.success ? parsed.data.title : null;
  } catch {
    return null;
  }
}

function shape(row: SyncRow, doc: MasterDocRow | undefined): z.input<typeof documentRow> {
  return {
    id: row.id,
    master_document_id: row.masterDocId,
    replica_document_id: row.replicaDocId,
    title: titleOf(doc),
    status: row.status,
    step: row.step,
    verification: row.verification,
    verified_at: row.verifiedAt,
    last_synced: row.lastSynced,
    error_code: row.errorCode,
    error_message: row.errorMessage,
    next_step: row.errorNextStep,
    retry_count: row.retryCount,
    next_retry_at: row.nextRetryAt,
    reasons: saidReasons(row),
  };
}

const page = z.object({ id, after: id.optional(), limit });

export const listDocuments = defineOperation({
  id: 'replica-documents',
  method: 'GET',
  path: '/api/replicas/{id}/documents',
  summary: 'A page of the sync map: what became of each master document on this replica',
  input: page.extend({ status: z.enum(SYNC_STATUSES).optional(), verification: z.enum(VERIFICATIONS).optional() }),
  output: z.object({ items: z.array(documentRow), next_after: z.number().int().nullable() }),
  status: 200,
  handler({ controller }, input) {
    replicaOf(controller, input.id);
    const { registry } = controller.store;
    const rows = registry.rows(input.id, {
      limit: input.limit,
      ...(input.status === undefined ? {} : { status: input.status }),
      ...(input.verification === undefined ? {} : { verification: input.verification }),
      ...(input.after === undefined ? {} : { after: input.after }),
    });
    const docs = new Map(registry.masterDocs(rows.map((row) => row.masterDocId)).map((doc) => [doc.id, doc]));
    return { items: rows.map((row) => shape(row, docs.get(row.masterDocId))), next_after: nextAfter(rows, input.limit, (row) => row.id) };
  },
});

/** Where the next page begins; null when this one wasn't full. */
function nextAfter<T>(rows: readonly T[], wanted: number, key: (row: T) => number): number | null {
  const last = rows.at(-1);
  return last === undefined || rows.length < wanted ? null : key(last);
}

const errorGroup = z.object({
  status: z.enum(['error', 'quarantined']),
  class: z.string().nullable().describe('What is done next: `document` waits for its cause to be mended, all others pass by themselves'),
  code: z.string(),
  message: z.string().describe('Of one of them: messages may name the document'),
  next_step: z.string().nullable(),
  count,
  examples: z.array(z.number().int()).describe('Up to five master document ids'),
});

export const errorsSchema = z.object({
  errors: z.array(errorGroup),
  limited_reasons: z.record(z.string(), count),
  held_reasons: z.record(z.string(), count),
});
export type ErrorsOfReplica = z.infer<typeof errorsSchema>;

const EXAMPLES = 5;
const PAGE = 500;

/** Every row of one status, a page at a time, so that other work gets its turn between pages. */
async function* walk(controller: OperationsController, replicaId: number, status: SyncStatus): AsyncGenerator<SyncRow> {
  let after: number | undefined;
  for (;;) {
    const rows = controller.store.registry.rows(replicaId, { status, limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.id;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function reasonCounts(controller: OperationsController, replicaId: number, status: 'limited' | 'held'): Promise<Record<string, number>> {
  const counts = new Map<string, number>();
  for await (const row of walk(controller, replicaId, status)) {
    for (const reason of saidReasons(row)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

export const listErrors = defineOperation({
  id: 'replica-errors',
  method: 'GET',
  path: '/api/replicas/{id}/errors',
  summary: "A replica's errors grouped by cause, with what to do, and why documents are limited or held",
  input: z.object({ id }),
  output: errorsSchema,
  status: 200,
  async handler({ controller }, input) {
    replicaOf(controller, input.id);
    const groups = new Map<string, z.input<typeof errorGroup>>();
    for (const status of ['error', 'quarantined'] as const) {
      for await (const row of walk(controller, input.id, status)) {
        const code = row.errorCode ?? 'unknown';
        const key = `${status} ${code}`;
        const group = groups.get(key) ?? {
          status,
          class: row.errorClass,
          code,
          message: row.errorMessage ?? '',
          next_step: row.errorNextStep,
          count: 0,
          examples: [],
        };
        group.count += 1;
        if (group.examples.length < EXAMPLES) group.examples.push(row.masterDocId);
        groups.set(key, group);
      }
    }
    return {
      errors: [...groups.values()].sort((a, b) => b.count - a.count),
      limited_reasons: await reasonCounts(controller, input.id, 'limited'),
      held_reasons: await reasonCounts(controller, input.id, 'held'),
    };
  },
});

export const pairsSchema = z.object({
  items: z.array(z.tuple([z.number().int(), z.number().int()])).describe("The master's id, the replica's id"),
  next_after: z.number().int().nullable(),
});

export const listPairs = defineOperation({
  id: 'replica-pairs',
  method: 'GET',
  path: '/api/replicas/{id}/pairs',
  summary: 'Which document of the replica is the copy of which of the master, a page by master id',
  input: page.extend({ limit: limit.default(1000) }),
  output: pairsSchema,
  status: 200,
  handler({ controller }, input) {
    replicaOf(controller, input.id);
    const pairs = controller.store.registry.pairsAfter(input.id, input.after ?? 0, input.limit);
    return {
      items: pairs.map((pair): [number, number] => [pair.masterDocId, pair.replicaDocId]),
      next_after: nextAfter(pairs, input.limit, (pair) => pair.masterDocId),
    };
  },
});

/** Rows that failed for one cause, of those that are named or of all. */
async function rowsOfCause(
  controller: OperationsController,
  replicaId: number,
  code: string,
  named: readonly SyncRow[] | undefined,
): Promise<number[]> {
  const ids: number[] = [];
  for (const status of ['error', 'quarantined'] as const) {
    for await (const row of walk(controller, replicaId, status)) {
      if (row.errorCode === code && (named === undefined || named.some((one) => one.id === row.id))) ids.push(row.id);
    }
  }
  return ids;
}

export const retriedSchema = z.object({ retried: count.describe('Documents that the next cycle offers again') });

export const retryDocuments = defineOperation({
  id: 'replica-retry',
  method: 'POST',
  path: '/api/replicas/{id}/retry',
  summary: 'Have failed and quarantined documents tried again by the next cycle; named ones also when they are held',
  input: z.object({
    id,
    documents: z.array(z.number().int().positive()).max(1000).optional().describe("The master's ids; left out: all"),
    code: z.string().optional().describe('Only those that failed for this cause, as replica-errors groups them'),
  }),
  output: retriedSchema,
  status: 200,
  async handler({ controller, who }, input) {
    const replica = replicaOf(controller, input.id);
    const { store } = controller;
    const named = input.documents?.map((document) => {
      const row = store.registry.rowFor(replica.id, document);
      if (row === null)
        throw notFound(
          'unknown-document',
          `The map of ${replica.name} has no document ${document}.`,
          'Give the ids that documents have on the master.',
        );
      return row;
    });
    const rows = input.code === undefined ? named?.map((row) => row.id) : await rowsOfCause(controller, replica.id, input.code, named);
    return store.transaction(() => {
      const retried = store.registry.retry(replica.id, rows ?? 'all');
      store.audit.add({
        who,
        action: 'replica.retry',
        after: { id: replica.id, documents: input.documents ?? 'all', ...(input.code === undefined ? {} : { code: input.code }), retried },
      });
      return { retried };
    });
  },
});
