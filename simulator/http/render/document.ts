/** A document as the API shows it: every key in the server's order, pruned by `fields`. */
import { digestOf, duplicatesOf, effective, mayChange, rootOf, versionsOf } from '../../state/documents';
import type { DocumentRow, FieldInstance, NoteRow, UserRow } from '../../state/rows';
import { isoUtc } from '../../state/times';
import type { Store } from '../../state/store';
import { generatedName } from './filename';
import { showGrants } from '../grants';
import { Float, type Json } from '../json';

export interface Shape {
  user: UserRow;
  /** Only these keys; null for all. */
  fields: Set<string> | null;
  fullPermissions: boolean;
  truncate: boolean;
  /** Detail views list twins, lists don't. */
  twins: boolean;
  /** 3.x: the version whose content is shown; the newest when left out. */
  version?: DocumentRow;
}

type Key = (store: Store, row: DocumentRow, shape: Shape) => unknown;

const truncatedLength = 550;

const keys: Record<string, Key> = {
  id: (_store, row) => row.id,
  correspondent: (_store, row) => row.correspondent,
  document_type: (_store, row) => row.documentType,
  storage_path: (_store, row) => row.storagePath,
  title: (_store, row) => row.title,
  content: (store, row, shape) => {
    const content = (shape.version ?? (row.root === null ? effective(store, row) : row)).content;
    return shape.truncate ? content.slice(0, truncatedLength) : content;
  },
  tags: (_store, row) => row.tags,
  created: (_store, row) => row.created,
  created_date: (_store, row) => row.created,
  modified: (store, row) => store.zone.iso(row.modified),
  added: (store, row) => store.zone.iso(row.added),
  deleted_at: (store, row) => (row.deletedAt === null ? null : store.zone.iso(row.deletedAt)),
  archive_serial_number: (_store, row) => row.asn,
  original_file_name: (_store, row) => row.originalFilename,
  archived_file_name: (store, row) => (row.archive ? generatedName(store, row, '.pdf') : null),
  duplicate_documents: (store, row, shape) => (shape.twins ? duplicatesOf(store, row).map((twin) => showTwin(twin)) : []),
  owner: (_store, row) => row.owner,
  permissions: (_store, row) => showGrants(row),
  user_can_change: (_store, row, shape) => mayChange(shape.user, row),
  is_shared_by_requester: (_store, row, shape) => row.owner === shape.user.id && isShared(row),
  // Notes and fields go to the trash with their document, and show again when it is restored.
  notes: (store, row) => (row.deletedAt === null ? row.notes : []).map((note) => showNote(store, note)),
  custom_fields: (store, row) =>
    (row.deletedAt === null ? row.fields : []).map((instance) => ({ value: showValue(store, instance), field: instance.field })),
  page_count: (_store, row) => row.pageCount,
  mime_type: (_store, row) => row.mimeType,
  root_document: (_store, row) => row.root,
  versions: (store, row) => versionsOf(store, rootOf(store, row)).map((version) => showVersion(store, version)),
};

const only3 = new Set(['duplicate_documents', 'root_document', 'versions']);

export function showDocument(store: Store, row: DocumentRow, shape: Shape): Json {
  const shown: Json = {};
  for (const [name, value] of Object.entries(keys)) {
    if (shape.fields && !shape.fields.has(name)) continue;
    if (only3.has(name) && store.profile.major === 2) continue;
    if (name === 'permissions' && !shape.fullPermissions) continue;
    if ((name === 'user_can_change' || name === 'is_shared_by_requester') && shape.fullPermissions) continue;
    shown[name] = value(store, row, shape);
  }
  return shown;
}

export function isShared({ grants }: DocumentRow): boolean {
  return [grants.view, grants.change].some((action) => action.users.length > 0 || action.groups.length > 0);
}

export function showTwin(row: DocumentRow): Json {
  return { id: row.id, title: row.title, deleted_at: row.deletedAt === null ? null : isoUtc(row.deletedAt) };
}

function showVersion(store: Store, row: DocumentRow): Json {
  return { id: row.id, added: isoUtc(row.added), version_label: row.versionLabel, checksum: digestOf(store, row), is_root: row.root === null };
}

export function showNote(store: Store, note: NoteRow): Json {
  const user = store.users.get(note.user);
  return {
    id: note.id,
    note: note.note,
    created: store.zone.iso(note.created),
    user: user ? { id: user.id, username: user.username, first_name: user.firstName, last_name: user.lastName } : null,
  };
}

export function showValue(store: Store, instance: FieldInstance): unknown {
  const type = store.customFields.get(instance.field)?.dataType;
  const value = type === undefined ? null : (instance.values[type] ?? null);
  if (type !== 'float' || typeof value !== 'number') return value;
  return Number.isFinite(value) ? new Float(value) : null;
}
