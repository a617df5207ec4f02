/** A task in both shapes: the flat one of API 9 and below, and the one of API 10. */
import type { TaskRow } from '../../state/rows';
import type { Store } from '../../state/store';
import type { Json } from '../json';
import { showTwin } from './document';

const displays: Record<string, string> = {
  consume_file: 'Consume File',
  bulk_update: 'Bulk Update',
  reprocess_document: 'Reprocess Document',
  manual: 'Manual',
  api_upload: 'API Upload',
  web_ui: 'Web UI',
  system: 'System',
  pending: 'Pending',
  started: 'Started',
  success: 'Success',
  failure: 'Failure',
};

export function showTask(store: Store, task: TaskRow, api: number): Json {
  if (api >= 10) return showNew(store, task);
  return store.profile.major === 3 ? showOldOn3(store, task) : showOld(store, task);
}

function time(store: Store, value: number | null): string | null {
  return value === null ? null : store.zone.iso(value);
}

function seconds(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : (to - from) / 1_000_000;
}

/** The sentence that 2.x keeps as the result. */
function sentence(store: Store, task: TaskRow): string | null {
  const { outcome } = task;
  switch (outcome?.kind) {
    case undefined:
    case 'done':
      return null;
    case 'document':
      return `Success. New document id ${outcome.id} created`;
    case 'reason':
      return outcome.reason;
    case 'error':
      return outcome.message;
    case 'duplicate': {
      if (store.profile.major === 3) return `Not consuming: It is a duplicate of document #${outcome.of}`;
      const trash = outcome.inTrash ? ' Note: existing document is in the trash.' : '';
      return `${outcome.filename}: Not consuming ${outcome.filename}: It is a duplicate of ${outcome.title} (#${outcome.of}).${trash}`;
    }
  }
}

/** The document that a task names: what it made, or the twin that stood in its way. */
function related(task: TaskRow): number | null {
  if (task.outcome?.kind === 'document') return task.outcome.id;
  return task.outcome?.kind === 'duplicate' ? task.outcome.of : null;
}

function showOld(store: Store, task: TaskRow): Json {
  const id = task.outcome?.kind === 'duplicate' && task.outcome.inTrash ? null : related(task);
  return {
    id: task.id,
    task_id: task.taskId,
    task_name: task.type,
    task_file_name: task.filename,
    date_created: time(store, task.created),
    date_done: time(store, task.done),
    type: 'auto_task',
    status: task.status.toUpperCase(),
    result: sentence(store, task),
    acknowledged: task.acknowledged,
    related_document: id === null ? null : String(id),
    owner: task.owner,
  };
}

function showOldOn3(store: Store, task: TaskRow): Json {
  const twin = task.outcome?.kind === 'duplicate' ? store.documents.get(task.outcome.of) : undefined;
  return {
    id: task.id,
    task_id: task.taskId,
    task_name: task.type,
    task_file_name: task.filename,
    type: task.type === 'bulk_update' ? 'auto_task' : 'manual_task',
    status: task.status.toUpperCase(),
    date_created: time(store, task.created),
    date_done: time(store, task.done),
    result: sentence(store, task),
    acknowledged: task.acknowledged,
    related_document: related(task),
    duplicate_documents: twin ? [showTwin(twin)] : [],
    owner: task.owner,
  };
}

function resultData(task: TaskRow): Json | null {
  switch (task.outcome?.kind) {
    case undefined:
    case 'done':
      return null;
    case 'document':
      return { document_id: task.outcome.id };
    case 'reason':
      return { reason: task.outcome.reason };
    case 'duplicate':
      return { duplicate_of: task.outcome.of, duplicate_in_trash: task.outcome.inTrash };
    case 'error':
      return { error_type: task.outcome.type, error_message: task.outcome.message, traceback: '  File "<path>", line 1, in trace_task\n' };
  }
}

function showNew(store: Store, task: TaskRow): Json {
  const id = related(task);
  return {
    id: task.id,
    task_id: task.taskId,
    task_type: task.type,
    task_type_display: displays[task.type],
    trigger_source: task.source,
    trigger_source_display: displays[task.source],
    status: task.status,
    status_display: displays[task.status],
    date_created: time(store, task.created),
    date_started: time(store, task.started),
    date_done: time(store, task.done),
    duration_seconds: task.done === null ? null : seconds(task.started, task.done),
    wait_time_seconds: task.done === null ? null : seconds(task.created, task.started),
    input_data: task.type === 'consume_file' ? { filename: task.filename, mime_type: task.mimeType, overrides: task.overrides } : task.overrides,
    result_data: resultData(task),
    related_document_ids: id === null ? [] : [id],
    acknowledged: task.acknowledged,
    owner: task.owner,
  };
}
