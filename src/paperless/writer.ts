import { z } from 'zod';
import * as bodies from './bodies';
import type {
  CallOptions,
  CustomFieldFields,
  DocumentPatch,
  PaperlessWriter,
  TagFields,
  TaxonFields,
  TaxonKind,
  UploadFields,
  UploadFile,
} from './client';
import { PaperlessError } from './errors';
import { multipart } from './multipart';
import { query } from './query';
import { HttpReader, idPart } from './reader';
import * as shapes from './schemas';
import { v10TaskSchema, v9TaskSchema } from './task-schemas';
import { checkFile, checkLabel, checkUploadFields } from './upload-checks';
import type { CustomFieldType, WireCustomField, WireDocumentWithContent, WireNote, WireTag, WireTask, WireTaxon } from './wire';

const taxonPaths = { correspondent: '/api/correspondents/', documentType: '/api/document_types/', storagePath: '/api/storage_paths/' } as const;
const taxonOperations = { correspondent: 'correspondents', documentType: 'document_types', storagePath: 'storage_paths' } as const;

/** The task behind an upload, of either a document or a version. */
const consumption = 'consume_file';

/** Notes come back as a list; a failure as `{"error": …}`, with the same 200 (§9). */
const notesAnswerSchema = z.union([shapes.notesSchema, z.object({ error: z.string() })]);

export class HttpWriter extends HttpReader implements PaperlessWriter {
  async upload(file: UploadFile, fields: UploadFields, options?: CallOptions): Promise<string> {
    checkFile(file);
    checkUploadFields(fields);
    const pairs: [string, string][] = [['title', fields.title]];
    if (fields.created !== undefined) pairs.push(['created', fields.created]);
    return this.#send('documents.upload', '/api/documents/post_document/', pairs, file, options);
  }

  async uploadVersion(rootId: number, file: UploadFile, label: string | null, options?: CallOptions): Promise<string> {
    if (!this.capabilities.versions)
      throw new PaperlessError({
        class: 'document',
        code: 'versions-unsupported',
        message: `${this.name} (${this.capabilities.version}) keeps one file a document, no versions.`,
        nextStep: 'The newest file is what such a replica can hold; upgrade it to 3.x for the chain.',
      });
    checkFile(file);
    checkLabel(label);
    const pairs: [string, string][] = label === null || label === '' ? [] : [['version_label', label]];
    return this.#send('documents.upload-version', `/api/documents/${idPart(rootId)}/update_version/`, pairs, file, options);
  }

  async #send(operation: string, path: string, pairs: [string, string][], file: UploadFile, options?: CallOptions): Promise<string> {
    const form = multipart(pairs, 'document', file);
    const call = { operation, method: 'POST' as const, path, form, idleTimeoutMs: this.transferIdleTimeoutMs, signal: options?.signal };
    return this.exchange.json(call, shapes.taskIdSchema);
  }

  async patchDocument(id: number, patch: DocumentPatch, options?: CallOptions): Promise<WireDocumentWithContent> {
    return this.#write(
      'documents.patch',
      'PATCH',
      `/api/documents/${idPart(id)}/`,
      bodies.documentPatchBody(patch),
      shapes.documentWithContentSchema(this.capabilities),
      options,
    );
  }

  async patchVersionContent(id: number, versionId: number, content: string, options?: CallOptions): Promise<void> {
    const path = `/api/documents/${idPart(id)}/${query({ version: idPart(versionId) })}`;
    await this.#write('documents.patch-version', 'PATCH', path, { content }, shapes.idRowSchema, options);
  }

  async addNote(id: number, text: string, options?: CallOptions): Promise<WireNote[]> {
    return this.#notes(await this.#write('notes.add', 'POST', `/api/documents/${idPart(id)}/notes/`, { note: text }, notesAnswerSchema, options), id);
  }

  async deleteNote(id: number, noteId: number, options?: CallOptions): Promise<WireNote[]> {
    const path = `/api/documents/${idPart(id)}/notes/${query({ id: idPart(noteId) })}`;
    return this.#notes(await this.#write('notes.delete', 'DELETE', path, undefined, notesAnswerSchema, options), id);
  }

  #notes(answer: WireNote[] | { error: string }, id: number): WireNote[] {
    if (Array.isArray(answer)) return answer;
    // paperless catches whatever happened, before or after the note was stored.
    throw new PaperlessError({
      class: 'unknown-outcome',
      code: 'note-error',
      message: `${this.name} reports an error for a note of document ${id}: it may be stored or not.`,
      nextStep: "The notes are read again before anything is repeated; if it stays, look at paperless's log (a locked SQLite database, most often).",
      request: 'POST /api/documents/{id}/notes/',
      status: 200,
    });
  }

  async trashDocument(id: number, options?: CallOptions): Promise<void> {
    return this.exchange.nothing({ operation: 'documents.trash', method: 'DELETE', path: `/api/documents/${idPart(id)}/`, signal: options?.signal });
  }

  async deleteVersion(rootId: number, versionId: number, options?: CallOptions): Promise<void> {
    const path = `/api/documents/${idPart(rootId)}/versions/${idPart(versionId)}/`;
    await this.#write('versions.delete', 'DELETE', path, undefined, shapes.versionDeletedSchema, options);
  }

  async labelVersion(rootId: number, versionId: number, label: string | null, options?: CallOptions): Promise<void> {
    checkLabel(label);
    const path = `/api/documents/${idPart(rootId)}/versions/${idPart(versionId)}/`;
    await this.#write('versions.label', 'PATCH', path, { version_label: label ?? '' }, shapes.versionLabelledSchema, options);
  }

  async restoreDocument(id: number, options?: CallOptions): Promise<void> {
    await this.#write(
      'trash.restore',
      'POST',
      '/api/trash/',
      { documents: [Number(idPart(id))], action: 'restore' },
      shapes.trashAnswerSchema,
      options,
    );
  }

  async eraseTrashed(id: number, options?: CallOptions): Promise<void> {
    // Named by its number: without `documents` the whole trash would be emptied.
    await this.#write('trash.erase', 'POST', '/api/trash/', { documents: [Number(idPart(id))], action: 'empty' }, shapes.trashAnswerSchema, options);
  }

  async createTag(fields: TagFields & { name: string }, options?: CallOptions): Promise<WireTag> {
    return this.#write('tags.create', 'POST', '/api/tags/', bodies.createTagBody(fields), shapes.tagSchema(this.capabilities), options);
  }

  async patchTag(id: number, fields: TagFields, options?: CallOptions): Promise<WireTag> {
    return this.#write('tags.patch', 'PATCH', `/api/tags/${idPart(id)}/`, bodies.patchTagBody(fields), shapes.tagSchema(this.capabilities), options);
  }

  async createTaxon(kind: TaxonKind, fields: TaxonFields & { name: string }, options?: CallOptions): Promise<WireTaxon> {
    return this.#write(`${taxonOperations[kind]}.create`, 'POST', taxonPaths[kind], bodies.createTaxonBody(fields), taxonSchema(kind), options);
  }

  async patchTaxon(kind: TaxonKind, id: number, fields: TaxonFields, options?: CallOptions): Promise<WireTaxon> {
    const path = `${taxonPaths[kind]}${idPart(id)}/`;
    return this.#write(`${taxonOperations[kind]}.patch`, 'PATCH', path, bodies.patchTaxonBody(fields), taxonSchema(kind), options);
  }

  async createCustomField(fields: CustomFieldFields & { name: string; dataType: CustomFieldType }, options?: CallOptions): Promise<WireCustomField> {
    return this.#write('custom_fields.create', 'POST', '/api/custom_fields/', bodies.customFieldBody(fields), shapes.customFieldSchema, options);
  }

  async patchCustomField(id: number, fields: CustomFieldFields, options?: CallOptions): Promise<WireCustomField> {
    return this.#write(
      'custom_fields.patch',
      'PATCH',
      `/api/custom_fields/${idPart(id)}/`,
      bodies.customFieldBody(fields),
      shapes.customFieldSchema,
      options,
    );
  }

  async task(taskId: string, options?: CallOptions): Promise<WireTask | null> {
    // One id only: a list of them finds nothing, and API 9 would answer every task ever without one (§7).
    const rows = await this.#tasks('tasks.get', { task_id: taskId }, options);
    return rows.find((task) => task.taskId === taskId) ?? null;
  }

  async openTasks(limit: number, options?: CallOptions): Promise<WireTask[]> {
    const filter: Record<string, string | number> = this.capabilities.pagedTasks
      ? { task_type: consumption, page: 1, page_size: limit }
      : { task_name: consumption };
    const rows = await this.#tasks('tasks.open', { acknowledged: 'false', ...filter }, options);
    return rows.filter((task) => !task.acknowledged).slice(0, limit);
  }

  async #tasks(operation: string, filter: Record<string, string | number>, options?: CallOptions): Promise<WireTask[]> {
    const call = { operation, path: `/api/tasks/${query(filter)}`, signal: options?.signal };
    const rows = this.capabilities.pagedTasks
      ? (await this.exchange.json(call, shapes.pageSchema(v10TaskSchema))).results
      : await this.exchange.json(call, z.array(v9TaskSchema));
    return rows.filter(({ name }) => name === consumption).map(({ name: _, ...task }) => task);
  }

  async acknowledgeTasks(ids: readonly number[], options?: CallOptions): Promise<void> {
    if (ids.length === 0) return;
    // Said twice, it is the same: the one write that may be repeated.
    await this.#write(
      'tasks.acknowledge',
      'POST',
      '/api/tasks/acknowledge/',
      { tasks: ids.map((id) => Number(idPart(id))) },
      shapes.acknowledgedSchema,
      options,
      true,
    );
  }

  async #write<T>(
    operation: string,
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    json: unknown,
    schema: z.ZodType<T>,
    options?: CallOptions,
    repeatable = false,
  ): Promise<T> {
    return this.exchange.json({ operation, method, path, json, repeatable, signal: options?.signal }, schema);
  }
}

function taxonSchema(kind: TaxonKind): z.ZodType<WireTaxon> {
  return kind === 'storagePath' ? shapes.storagePathSchema : shapes.taxonSchema;
}
