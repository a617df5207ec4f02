/** The list of documents and one document: GET, PATCH, PUT, DELETE. */
import { liveDocuments, mayView, nextAsn } from '../../state/documents';
import type { DocumentRow } from '../../state/rows';
import { titleNames } from '../../consume/title-names';
import { runWorkflows, triggers } from '../../state/workflows';
import { trashDocument } from '../../state/trash';
import { json, parameter, type Context, type Handler } from '../context';
import { ApiError, ServerError, noMatch, notFound } from '../errors';
import { applyFilters, order } from '../filters';
import { paginate } from '../paginate';
import { showDocument, type Shape } from '../render/document';
import { readObject } from '../body';
import { demand, document, mustChange } from './access';
import { documentFilters, documentOrderings, isSearch } from './document-filters';
import { patchDocument } from './patch-document';

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1' || value === 'True';
}

export function fieldsOf(context: Context): Set<string> | null {
  const fields = parameter(context, 'fields');
  return fields === undefined || fields === '' ? null : new Set(fields.split(','));
}

export function shapeOf(context: Context, more: Partial<Shape> = {}): Shape {
  return {
    user: context.user,
    fields: fieldsOf(context),
    fullPermissions: isTrue(parameter(context, 'full_perms')),
    truncate: isTrue(parameter(context, 'truncate_content')),
    twins: false,
    ...more,
  };
}

export const listDocuments: Handler = (context) => {
  demand(context, 'view_document');
  const { store } = context;
  const visible = liveDocuments(store).filter((row) => mayView(store, context.user, row));
  const found = applyFilters(context, documentFilters(store), visible);
  // A custom field orders alone: with others beside it the server breaks.
  if (/custom_field_\d/.test(parameter(context, 'ordering') ?? '') && parameter(context, 'ordering')?.includes(','))
    throw new ServerError('cannot combine');
  const rows = order(context, documentOrderings(store), ['-created', '-id'], found);
  const shape = shapeOf(context);
  const search = isSearch(context.query);
  let rank = 0;
  const render = (row: DocumentRow) => ({ ...showDocument(store, row, shape), ...(search && { __search_hit__: searchHit(row, ++rank) }) });
  return paginate(context, rows, { render, more: search ? { corrected_query: null } : {} });
};

function searchHit(row: DocumentRow, rank: number) {
  return { score: 1 / rank, highlights: row.content.slice(0, 100), note_highlights: null, rank };
}

/** The row that `?version=` names, which must belong to the document. */
function versionAsked(context: Context, root: DocumentRow): Partial<Shape> {
  const asked = parameter(context, 'version');
  if (asked === undefined || context.store.profile.major === 2) return {};
  if (!/^\d+$/.test(asked)) throw new ApiError(404, { detail: 'Invalid version parameter' });
  const row = context.store.documents.get(Number(asked));
  if (!row || row.deletedAt !== null || (row.id !== root.id && row.root !== root.id)) throw notFound();
  return { version: row };
}

export const getDocument: Handler = (context) => {
  demand(context, 'view_document');
  const row = document(context);
  return json(showDocument(context.store, row, shapeOf(context, { twins: true, ...versionAsked(context, row) })));
};

const putNeeds = ['correspondent', 'document_type', 'storage_path', 'tags'];

async function write(context: Context, required: string[]) {
  const row = document(context);
  mustChange(context, row);
  const version = versionAsked(context, row);
  const body = await readObject(context);
  patchDocument(context, row, body, required, fieldsOf(context), version.version);
  if (row.deletedAt !== null) throw context.store.profile.major === 3 ? new ServerError() : noMatch('Document');
  const answer = json(showDocument(context.store, row, shapeOf(context, { fullPermissions: true, twins: true, ...version })));
  // The answer is made before the workflows run.
  runWorkflows(context.store, triggers.updated, row, titleNames(context.store, { ...row, filename: row.originalFilename ?? '' }));
  return answer;
}

export const updateDocument: Handler = (context) => {
  demand(context, 'change_document');
  return write(context, []);
};

export const replaceDocument: Handler = (context) => {
  demand(context, 'change_document');
  return write(context, putNeeds);
};

export const deleteDocument: Handler = (context) => {
  demand(context, 'delete_document');
  const row = document(context);
  mustChange(context, row);
  trashDocument(context.store, row);
  return { status: 204 };
};

export const nextSerialNumber: Handler = (context) => json(nextAsn(context.store));
