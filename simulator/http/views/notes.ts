import { bump, mayChange, mayView } from '../../state/documents';
import type { DocumentRow } from '../../state/rows';
import { json, parameter, type Context, type Handler } from '../context';
import { ApiError, noMatch, notFound, ServerError, TextError } from '../errors';
import { readObject } from '../body';
import { pythonRepr } from '../json';
import { showNote } from '../render/document';
import { demand, idOf } from './access';

const deeds = { view_note: 'view', add_note: 'create', delete_note: 'delete' };

function find(context: Context, permission: keyof typeof deeds): DocumentRow {
  demand(context, permission);
  const row = context.store.documents.get(idOf(context));
  if (!row || row.deletedAt !== null) throw notFound();
  const allowed = permission === 'view_note' ? mayView(context.store, context.user, row) : mayChange(context.user, row);
  if (!allowed) throw new TextError(403, `Insufficient permissions to ${deeds[permission]} notes`);
  return row;
}

const all = (context: Context, row: DocumentRow) => json(row.notes.map((note) => showNote(context.store, note)));

export const listNotes: Handler = (context) => all(context, find(context, 'view_note'));

/** What goes wrong is told with a 200. */
export const addNote: Handler = async (context) => {
  const row = find(context, 'add_note');
  const data = await readObject(context);
  const failed = json({ error: 'Error saving note, check logs for more detail.' });
  if (data.note === undefined || data.note === null) return failed;
  const text = typeof data.note === 'string' ? data.note : pythonRepr(data.note);
  row.notes.push({ id: context.store.nextNoteId++, note: text, created: context.store.stamp(), user: context.user.id });
  // A note that is no text is stored all the same; the server stumbles over it afterwards.
  if (typeof data.note !== 'string') return failed;
  bump(context.store, row);
  return all(context, row);
};

export const deleteNote: Handler = (context) => {
  const row = find(context, 'delete_note');
  const asked = parameter(context, 'id');
  if (asked === undefined || asked === '') throw new ApiError(400, { id: 'This field is required.' });
  if (!/^\d+$/.test(asked)) throw new ApiError(400, { id: 'A valid integer is required.' });
  const note = row.notes.find((candidate) => candidate.id === Number(asked));
  if (!note) throw noMatch('Note');
  row.notes = row.notes.filter((candidate) => candidate !== note);
  bump(context.store, row);
  return all(context, row);
};

/** The server's router offers these methods and then finds no code for them. */
export const brokenNote: Handler = () => {
  throw new ServerError('no such method on notes');
};
