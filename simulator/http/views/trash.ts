import { show, wholeNumber } from '../check';
import { mayChange } from '../../state/documents';
import type { DocumentRow } from '../../state/rows';
import { erase, restore, trashed } from '../../state/trash';
import { json, type Context, type Handler } from '../context';
import { ApiError, insufficient, ServerError } from '../errors';
import { paginate } from '../paginate';
import { readObject } from '../body';
import { pythonType } from '../json';
import { showDocument } from '../render/document';
import { shapeOf } from './documents';
import { demand } from './access';

/** Superusers see all of it, others what is theirs and what is nobody's. The newest `created` stands first. */
function visible(context: Context): DocumentRow[] {
  const { user } = context;
  const rows = trashed(context.store).filter((row) => user.isSuperuser || row.owner === null || row.owner === user.id);
  return rows.sort((a, b) => (a.created === b.created ? b.id - a.id : a.created < b.created ? 1 : -1));
}

/** The list takes no filters, no order and no `fields`. */
export const listTrash: Handler = (context) => {
  demand(context, 'view_document');
  return paginate(context, visible(context), {
    render: (row) => showDocument(context.store, row, shapeOf(context, { fields: null, truncate: false })),
  });
};

function checkDocuments(context: Context, given: unknown): unknown {
  if (given === null) return ['This field may not be null.'];
  if (!Array.isArray(given)) return [`Expected a list of items but got type "${pythonType(given)}".`];
  const words = given.flatMap((id, index) => (wholeNumber(id) === undefined ? [[String(index), ['A valid integer is required.']]] : []));
  if (words.length > 0) return Object.fromEntries(words);
  const rows = given.map((id) => context.store.documents.get(Number(id)));
  return rows.some((row) => row?.deletedAt === null || row === undefined) ? ['Some documents in the list have not yet been deleted.'] : undefined;
}

export const changeTrash: Handler = async (context) => {
  const { store } = context;
  const data = await readObject(context);
  const wrong: Record<string, unknown> = {};
  const documents = data.documents === undefined ? undefined : checkDocuments(context, data.documents);
  if (documents !== undefined) wrong.documents = documents;
  if (data.action === undefined) wrong.action = ['This field is required.'];
  else if (data.action !== 'restore' && data.action !== 'empty') wrong.action = [`"${show(data.action)}" is not a valid choice.`];
  if (Object.keys(wrong).length > 0) throw new ApiError(400, wrong);
  const named = data.documents as number[] | undefined;
  if (named === undefined && data.action === 'restore') throw new ServerError('nothing named');
  const rows = named ? named.map((id) => store.documents.get(id)).filter((row) => row !== undefined) : visible(context);
  if (rows.some((row) => !mayChange(context.user, row))) throw insufficient();
  const ids = rows.map((row) => row.id);
  for (const row of rows) {
    if (data.action === 'empty') erase(store, row);
    else if (row.deletedAt !== null) restore(store, row);
  }
  return json({ result: 'OK', doc_ids: ids });
};
