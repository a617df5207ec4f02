/** Finding the row that a URL names, as the user who asks may see it. */
import { holds, liveDocument, mayChange, mayView } from '../../state/documents';
import type { DocumentRow, OwnedRow } from '../../state/rows';
import type { Context } from '../context';
import { forbidden, insufficient, noMatch, notFound } from '../errors';

/** A URL's id; a word is no id at all. @throws ApiError 404 */
export function idOf(context: Context, index = 0): number {
  const text = context.params[index] ?? '';
  if (!/^\d+$/.test(text)) throw notFound();
  return Number(text);
}

/** @throws ApiError 403 unless the user holds the model permission. */
export function demand(context: Context, permission: string): void {
  if (!holds(context.store, context.user, permission)) throw forbidden();
}

/** The document for detail views: 404 in the words of the ORM, also when it isn't visible. */
export function document(context: Context): DocumentRow {
  const row = liveDocument(context.store, idOf(context));
  if (!row || !mayView(context.store, context.user, row)) throw noMatch('Document');
  return row;
}

/** Any row by its id, version rows too. @throws ApiError 404 */
export function existing(context: Context, trashedToo: boolean): DocumentRow {
  const row = context.store.documents.get(idOf(context));
  if (!row || (row.deletedAt !== null && !trashedToo)) throw notFound();
  return row;
}

/** The document for views beside the detail: an unknown one is 404, an invisible one 403 in plain text. */
export function besideDocument(context: Context, trashedToo: boolean): DocumentRow {
  const row = existing(context, trashedToo);
  if (!mayView(context.store, context.user, row)) throw insufficient();
  return row;
}

export function mustChange(context: Context, row: OwnedRow): void {
  if (!mayChange(context.user, row)) throw forbidden();
}
