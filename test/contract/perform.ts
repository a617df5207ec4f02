/** Sends one recorded request to a stage's instance, with the ids handed out that the recording shows. */
import type { Answer } from './compare';
import type { Exchange, Recording, RecordedRequest } from './recording';
import { standInFile } from './stand-in';
import { multipart, type Form, type Stage } from './stage';

export async function perform(stage: Stage, recording: Recording, index: number): Promise<Answer> {
  const exchange = recording.exchanges[index];
  if (!exchange?.request) throw new Error(`${recording.name} has no request ${index}`);
  const { request } = exchange;
  foresee(stage, recording, index, exchange);
  return stage.send(request.method, stage.vocabulary.speak(request.path), headersOf(stage, index, request), bodyOf(stage, request));
}

function headersOf(stage: Stage, index: number, request: RecordedRequest): Record<string, string> {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, stage.vocabulary.speak(value)]));
  const credentials = stage.credentials.get(index) ?? 'f'.repeat(40);
  if (headers.authorization?.includes('<token>')) headers.authorization = headers.authorization.replace('<token>', credentials);
  return headers;
}

function bodyOf(stage: Stage, request: RecordedRequest): Uint8Array | null {
  if (request.form) return multipart(formOf(request.form));
  if (request.text !== undefined) return rawText(request.text);
  if (!('json' in request)) return null;
  const spoken: unknown = JSON.parse(JSON.stringify(request.json), (_key, value: unknown) =>
    typeof value === 'string' ? stage.vocabulary.speak(value) : value,
  );
  return Buffer.from(/\d\.\d|\de/.test(JSON.stringify(request.json)) ? JSON.stringify(request.json) : JSON.stringify(spoken));
}

/** Bytes that are no text were recorded as Python writes them. */
function rawText(text: string): Buffer {
  const python = /^b'(.*)'$/.exec(text)?.[1];
  return python === undefined
    ? Buffer.from(text)
    : Buffer.from(
        python.replace(/\\x(..)/g, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16))),
        'latin1',
      );
}

function formOf(recorded: NonNullable<RecordedRequest['form']>): Form {
  const { file } = recorded;
  if (!file) return { fields: recorded.fields };
  const bytes = file.base64 === undefined ? standInFile(file) : Buffer.from(file.base64, 'base64');
  const disposition = file.content_disposition_filename ?? `filename="${file.name}"`;
  return { fields: recorded.fields, file: { field: file.field, disposition, type: file.type, bytes } };
}

/** Ids are handed out as they were recorded: set-up that isn't recorded and races shift them. */
function foresee(stage: Stage, recording: Recording, index: number, { request, response }: Exchange): void {
  const answered = response?.json;
  const collection = /^\/api\/(\w+)\/$/.exec(request?.path ?? '')?.[1];
  if (request?.method !== 'POST') return;
  if (response?.status === 201 && collection && isRow(answered)) stage.nextId(collection, answered.id);
  if (response?.status === 201 && collection === 'workflows') foreseeParts(stage, answered as WorkflowJson);
  if (/\/notes\/$/.test(request.path) && Array.isArray(answered)) stage.store.nextNoteId = (answered as { id: number }[]).at(-1)?.id ?? 1;
  if (typeof answered !== 'string' || !answered.startsWith('<task:')) return;
  const task = laterTask(recording, index, answered);
  if (task) stage.store.tasks.nextId = task.id;
  if (task?.document !== undefined) stage.store.documents.nextId = task.document;
}

interface WorkflowJson {
  triggers: { id: number }[];
  actions: { id: number; webhook: { id: number } | null }[];
}

function foreseeParts(stage: Stage, { triggers, actions }: WorkflowJson): void {
  const { nextWorkflowPart } = stage.store;
  nextWorkflowPart.triggers = triggers[0]?.id ?? 1;
  nextWorkflowPart.actions = actions[0]?.id ?? 1;
  nextWorkflowPart.webhooks = actions[0]?.webhook?.id ?? 1;
}

export function isRow(value: unknown): value is { id: number } {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'number';
}

interface SeenTask {
  id: number;
  document?: number;
}

interface RecordedTask {
  id: number;
  task_id: string;
  status: string;
  result?: string | null;
  result_data?: { document_id?: number } | null;
}

/** What later exchanges say of a task: its own id, and the document that it made. */
export function laterTask(recording: Recording, index: number, name: string): SeenTask | undefined {
  const rows = recording.exchanges.slice(index + 1).flatMap((exchange) => tasksIn(exchange).filter((row) => row.task_id === name));
  const first = rows[0];
  if (!first) return undefined;
  const made = rows
    .map((row) => row.result_data?.document_id ?? Number(/^Success\. New document id (\d+)/.exec(row.result ?? '')?.[1]))
    .find((id) => id > 0);
  return { id: first.id, ...(made !== undefined && { document: made }) };
}

export function tasksIn(exchange: Exchange): RecordedTask[] {
  if (!/^\/api\/tasks\//.test(exchange.request?.path ?? '')) return [];
  const answered = exchange.response?.json as RecordedTask[] | { results?: RecordedTask[] } | undefined;
  const rows = Array.isArray(answered) ? answered : (answered?.results ?? []);
  return rows.filter((row) => typeof row === 'object');
}
