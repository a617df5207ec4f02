/** What a PATCH or PUT does to a document, field by field, in the server's order and with its traps. */
import { asnHolder, bump, effective } from '../../state/documents';
import type { DocumentRow } from '../../state/rows';
import type { Store } from '../../state/store';
import { replaceTags } from '../../state/tags';
import { parseDate, parseIso } from '../../state/times';
import { trashDocument } from '../../state/trash';
import type { Context } from '../context';
import { ApiError, ServerError } from '../errors';
import { checkAll, flag, integer, key, keyOrNone, keys, nullable, Refused, refuse, text, type Check } from '../check';
import { applyGrants, grantsCheck } from '../grants';
import type { Json } from '../json';
import { checkInstances, saveInstances, type WantedInstance } from './custom-values';

export const largestAsn = 4294967295;

/** A date, or a date-time that is moved to the server's zone first. */
export function dateCheck(store: Store): Check<string> {
  return (value) => {
    if (value === null) throw refuse('This field may not be null.');
    const date = typeof value === 'string' ? parseDate(value) : undefined;
    const time = typeof value === 'string' && date === undefined ? parseIso(value, store.zone) : undefined;
    if (date === undefined && time === undefined) throw refuse('Date has wrong format. Use one of these formats instead: YYYY-MM-DD.');
    return date ?? store.zone.date(time ?? 0);
  };
}

function asnCheck(store: Store, row: DocumentRow): Check<number | null> {
  const whole = integer(0, largestAsn);
  return nullable((value) => {
    const asn = whole(value);
    const holder = asnHolder(store, asn);
    if (!holder || holder.id === row.id) return asn;
    throw refuse(
      holder.deletedAt === null
        ? 'document with this archive serial number already exists.'
        : 'Document with this Archive Serial Number already exists in the trash.',
    );
  });
}

function checks(context: Context, row: DocumentRow): Record<string, Check<unknown>> {
  const { store } = context;
  return {
    correspondent: keyOrNone(key((id) => store.correspondents.has(id))),
    document_type: keyOrNone(key((id) => store.documentTypes.has(id))),
    storage_path: keyOrNone(key((id) => store.storagePaths.has(id))),
    title: text({ max: 128, blank: true }),
    content: text({ blank: true }),
    tags: keys((id) => store.tags.has(id)),
    created: dateCheck(store),
    created_date: dateCheck(store),
    deleted_at: nullable((value) => {
      const time = typeof value === 'string' ? parseIso(value, store.zone) : undefined;
      if (time === undefined)
        throw new Refused(['Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].']);
      return time;
    }),
    archive_serial_number: asnCheck(store, row),
    owner: keyOrNone(key((id) => store.users.has(id))),
    set_permissions: grantsCheck(store),
    custom_fields: (value) => checkInstances(context, row, value),
    remove_inbox_tags: flag,
  };
}

/** The one early date that is passed over instead. */
const firstDay = '0001-01-01';

/** 3.x can't index dates beyond what fits into nanoseconds: it fails after the row was written. */
function breaksIndex(store: Store, created: string): boolean {
  return store.profile.major === 3 && created !== firstDay && (created < '1677-09-22' || created > '2262-04-11');
}

/**
 * @param only names of the keys that `?fields=` lets through: others are dropped unread.
 * @throws ApiError 400 before anything is written; ServerError after some of it was.
 */
export function patchDocument(
  context: Context,
  row: DocumentRow,
  body: Json,
  required: string[],
  only: Set<string> | null,
  version?: DocumentRow,
): void {
  const { store } = context;
  const wanted = checkAll(body, checks(context, row), required, only ? (name) => only.has(name) : undefined);
  // Who may change a document may not give it away: that is its owner's.
  const theirs = context.user.isSuperuser || row.owner === null || row.owner === context.user.id;
  if (!theirs && ('owner' in wanted || 'set_permissions' in wanted)) throw new ApiError(403, { detail: 'Insufficient permissions.' });
  const inboxBefore = row.tags;
  if ('correspondent' in wanted) row.correspondent = wanted.correspondent as number | null;
  if ('document_type' in wanted) row.documentType = wanted.document_type as number | null;
  if ('storage_path' in wanted) row.storagePath = wanted.storage_path as number | null;
  if ('title' in wanted) row.title = wanted.title as string;
  if ('created_date' in wanted) row.created = wanted.created_date as string;
  if ('created' in wanted) row.created = wanted.created as string;
  if ('archive_serial_number' in wanted) row.asn = wanted.archive_serial_number as number | null;
  if ('owner' in wanted) row.owner = wanted.owner as number | null;
  if ('content' in wanted) (version ?? effective(store, row)).content = wanted.content as string;
  if ('tags' in wanted) row.tags = replaceTags(store, row.tags, wanted.tags as number[]);
  if (wanted.remove_inbox_tags === true) {
    const added = 'tags' in wanted ? row.tags.filter((tag) => !inboxBefore.includes(tag)) : [];
    row.tags = row.tags.filter((tag) => added.includes(tag) || !store.tags.get(tag)?.inbox);
  }
  bump(store, row);
  if ('custom_fields' in wanted) saveInstances(context, row, wanted.custom_fields as WantedInstance[]);
  if ('set_permissions' in wanted) applyGrants(row, wanted.set_permissions as Json);
  bump(store, row);
  if (wanted.deleted_at !== undefined && wanted.deleted_at !== null) {
    trashDocument(store, row);
    row.deletedAt = wanted.deleted_at as number;
  } else if (breaksIndex(store, row.created)) throw new ServerError('created is out of range');
}
