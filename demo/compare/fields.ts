import type { Algorithm } from './pair.js';
import { ownerThere, permissionsThere } from './people.js';
import { holdsCreated, keptContent, keptFileName, keptTitle } from './rules.js';
import type { Snapshot, SnapshotDocument } from './snapshot.js';

/** What differs: as the master has it (after paperless's own rules) and as the replica has it. */
export interface Difference {
  field: string;
  master: unknown;
  replica: unknown;
}

export interface Context {
  master: Snapshot;
  replica: Snapshot;
  /** Master ids to replica ids, of all pairs. */
  copies: ReadonlyMap<number, number>;
  masterIds: ReadonlySet<number>;
  /** Master documents that the replica can't hold: a link to one can't be copied either. */
  unholdable: ReadonlySet<number>;
  /** The checksum that both sides tell. */
  algorithm: Algorithm;
  owners: boolean;
}

/** A field of documents: what a copy must have, and what it has. `undefined` on both sides: nothing to compare here. */
interface Field {
  name: string;
  wanted: (document: SnapshotDocument, context: Context) => unknown;
  found: (document: SnapshotDocument, context: Context) => unknown;
  only?: (context: Context) => boolean;
}

type CustomValue = SnapshotDocument['customFields'][number];

/** Options compare by label: that is what a person sees. A link compares by the copies that it points to; dangling ones can't be copied. */
function customValue({ field, value }: CustomValue, link: (id: number, field: number) => number | null): unknown {
  if (value === null || value === undefined) return null;
  if (field.data_type === 'select') {
    const option = field.extra_data?.select_options?.find((o) => o?.id === value);
    return option ? option.label : `unknown option ${JSON.stringify(value)}`;
  }
  if (field.data_type === 'documentlink' && Array.isArray(value)) {
    return value.flatMap((id): unknown[] =>
      typeof id === 'number' ? [link(id, field.id)].filter((copy) => copy !== null) : [`not an id: ${JSON.stringify(id)}`],
    );
  }
  return value;
}

function customFields(document: SnapshotDocument, link: (id: number, field: number) => number | null): Record<string, unknown> {
  const entries = document.customFields.map((entry): [string, unknown] => [entry.field.name, customValue(entry, link)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function same(name: string, value: (document: SnapshotDocument) => unknown, only?: (context: Context) => boolean): Field {
  return { name, wanted: value, found: value, ...(only ? { only } : {}) };
}

const bothKeepVersions = (c: Context): boolean => c.master.major >= 3 && c.replica.major >= 3;

const fields: readonly Field[] = [
  { name: 'file', wanted: (d, c) => d[c.algorithm], found: (d, c) => d[c.algorithm] },
  same('versions', (d) => d.chain, bothKeepVersions),
  same('version_labels', (d) => d.labels, bothKeepVersions),
  same('version_texts', (d) => d.olderTexts.map(keptContent), bothKeepVersions),
  {
    name: 'original_file_name',
    wanted: (d, c) => keptFileName(d.originalFileName, c.replica.major),
    found: (d) => d.originalFileName,
  },
  same('title', (d) => keptTitle(d.title)),
  same('content', (d) => keptContent(d.content)),
  same('created', (d) => d.created),
  same('correspondent', (d) => d.correspondent),
  same('document_type', (d) => d.documentType),
  same('storage_path', (d) => d.storagePath),
  same('tags', (d) => d.tags),
  same('archive_serial_number', (d) => d.archiveSerialNumber),
  same('notes', (d) => d.notes),
  {
    name: 'custom_fields',
    wanted: (d, c) =>
      customFields(d, (id, field) => (isOneSided(d.id, id, field, c.master) ? null : (c.copies.get(id) ?? (isDangling(id, c) ? null : -id)))),
    found: (d) => customFields(d, (id) => id),
  },
  { name: 'owner', wanted: (d, c) => ownerThere(d.owner, c.replica), found: (d) => d.owner, only: (c) => c.owners },
  { name: 'permissions', wanted: (d, c) => permissionsThere(d, c.replica), found: (d) => d.permissions, only: (c) => c.owners },
];

/** What it names isn't on the master any more, or can't be on the replica. */
export function isDangling(id: number, context: Context): boolean {
  return !context.masterIds.has(id) || context.unholdable.has(id);
}

const byId = new WeakMap<Snapshot, ReadonlyMap<number, SnapshotDocument>>();

/** The other end of a link doesn't name the document back. Paperless writes both ends, so that no copy can be made of such a link alone. */
function isOneSided(source: number, target: number, field: number, master: Snapshot): boolean {
  const documents = byId.get(master) ?? new Map(master.documents.map((document) => [document.id, document]));
  byId.set(master, documents);
  const end = documents.get(target);
  if (end === undefined) return false;
  return !end.customFields.some((own) => own.field.id === field && Array.isArray(own.value) && own.value.includes(source));
}

export function hasOneSidedLink(document: SnapshotDocument, { master }: Context): boolean {
  return document.customFields.some(
    ({ field, value }) =>
      field.data_type === 'documentlink' &&
      Array.isArray(value) &&
      value.some((id) => typeof id === 'number' && isOneSided(document.id, id, field.id, master)),
  );
}

/** The names of all fields that are compared between these two. */
export function comparedFields(context: Context): string[] {
  return fields.filter((field) => field.only?.(context) ?? true).map((field) => field.name);
}

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What differs within one pair. Custom fields are told one by one. */
export function differences(master: SnapshotDocument, replica: SnapshotDocument, context: Context): Difference[] {
  const result: Difference[] = [];
  for (const field of fields) {
    if (field.only && !field.only(context)) continue;
    if (field.name === 'created' && !holdsCreated(master.created, context.replica.major)) continue;
    const [wanted, found] = [field.wanted(master, context), field.found(replica, context)];
    if (equal(wanted, found)) continue;
    if (field.name !== 'custom_fields') {
      result.push({ field: field.name, master: wanted, replica: found });
      continue;
    }
    const [w, f] = [wanted as Record<string, unknown>, found as Record<string, unknown>];
    for (const name of new Set([...Object.keys(w), ...Object.keys(f)])) {
      if (equal(w[name], f[name])) continue;
      result.push({ field: `custom_fields: ${name}`, master: name in w ? w[name] : 'not there', replica: name in f ? f[name] : 'not there' });
    }
  }
  return result;
}
