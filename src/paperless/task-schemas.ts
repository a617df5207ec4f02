import { z } from 'zod';
import type { WireTask } from './wire';

const id = z.number().int();
const longestMessage = 1000;

function cut(text: string | null | undefined): string | null {
  return text === null || text === undefined || text === '' ? null : text.slice(0, longestMessage);
}

const v9Status = {
  PENDING: 'pending',
  RECEIVED: 'pending',
  STARTED: 'started',
  RETRY: 'started',
  SUCCESS: 'success',
  FAILURE: 'failure',
  REVOKED: 'revoked',
} as const;

/** "…: It is a duplicate of <title> (#42). Note: …": a title may hold anything, the last number is the twin. 3.x on API 9 says "of document #6". */
const duplicate = /It is a duplicate of [\s\S]*#(\d+)\)?\.?(?: Note: [^#]*)?\s*$/;
const trashed = /Note: existing document is in the trash/;

/** API 9 (2.x, and 3.x when asked so): a plain list, texts, `related_document` a string on 2.x and a number on 3.x. */
export const v9TaskSchema: z.ZodType<WireTask & { name: string }> = z
  .object({
    id,
    task_id: z.string(),
    task_name: z.string().nullable(),
    task_file_name: z.string().nullable(),
    date_created: z.string(),
    date_done: z.string().nullable(),
    status: z.enum(['PENDING', 'RECEIVED', 'STARTED', 'RETRY', 'SUCCESS', 'FAILURE', 'REVOKED']),
    result: z.string().nullable(),
    acknowledged: z.boolean(),
    related_document: z.union([id, z.string().regex(/^\d+$/).transform(Number)]).nullable(),
  })
  .transform((t) => {
    const status = v9Status[t.status];
    const result = t.result ?? '';
    const twin = status === 'failure' ? duplicate.exec(result)?.[1] : undefined;
    const made = status === 'success' ? (t.related_document ?? numberOf(/New document id (\d+) created/.exec(result)?.[1])) : null;
    return {
      name: t.task_name ?? '',
      id: t.id,
      taskId: t.task_id,
      fileName: t.task_file_name,
      // For a moment a failure's text is a traceback object, before the real one replaces it (§7): not settled yet.
      status: status === 'failure' && result.startsWith('<traceback object') ? ('started' as const) : status,
      created: t.date_created,
      done: t.date_done,
      acknowledged: t.acknowledged,
      documentId: made,
      duplicateOf: numberOf(twin),
      ...(twin === undefined ? {} : { duplicateInTrash: trashed.test(result) }),
      message: made === null ? cut(t.result) : null,
      overridesTitle: null,
    };
  });

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

/** API 10 (3.x): lower-case words, `result_data` as JSON. What is in it depends on how the task ended. */
export const v10TaskSchema: z.ZodType<WireTask & { name: string }> = z
  .object({
    id,
    task_id: z.string(),
    task_type: z.string(),
    status: z.enum(['pending', 'started', 'success', 'failure', 'revoked']),
    date_created: z.string(),
    date_done: z.string().nullable(),
    input_data: z.object({ filename: z.string().nullish(), overrides: z.object({ title: z.string().nullish() }).nullish() }).nullable(),
    result_data: z
      .object({
        document_id: id.nullish(),
        reason: z.string().nullish(),
        duplicate_of: id.nullish(),
        duplicate_in_trash: z.boolean().nullish(),
        error_message: z.string().nullish(),
      })
      .nullable(),
    acknowledged: z.boolean(),
  })
  .transform((t) => {
    const result = t.result_data;
    const twin = t.status === 'failure' ? (result?.duplicate_of ?? null) : null;
    const inTrash = result?.duplicate_in_trash === true;
    return {
      name: t.task_type,
      id: t.id,
      taskId: t.task_id,
      fileName: t.input_data?.filename ?? null,
      status: t.status,
      created: t.date_created,
      done: t.date_done,
      acknowledged: t.acknowledged,
      // `related_document_ids` of a refused duplicate names the twin: only result_data says what was made (§6).
      documentId: t.status === 'success' ? (result?.document_id ?? null) : null,
      duplicateOf: twin,
      ...(twin === null ? {} : { duplicateInTrash: inTrash }),
      message: cut(
        result?.error_message ??
          result?.reason ??
          (twin === null ? null : `It is a duplicate of document #${twin}${inTrash ? ', which is in the trash' : ''}.`),
      ),
      overridesTitle: t.input_data?.overrides?.title ?? null,
    };
  });
