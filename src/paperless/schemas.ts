import { z } from 'zod';
import type { ServerCapabilities } from './capabilities';
import type {
  WireConfiguration,
  WireCustomField,
  WireDocument,
  WireDocumentWithContent,
  WireGroup,
  WireMailRule,
  WireMetadata,
  WireNote,
  WireStatistics,
  WireStoragePath,
  WireTag,
  WireTaxon,
  WireUser,
  WireWorkflow,
} from './wire';

/** JSON of paperless to our shapes. Unknown keys are dropped; a missing or mistyped one is an error that names it. */

const id = z.number().int().nonnegative();
const reference = id.nullable();
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'not YYYY-MM-DD');
const time = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'not an ISO time');

export const noteSchema: z.ZodType<WireNote> = z
  .object({ id, note: z.string(), created: time, user: z.object({ username: z.string() }).nullable() })
  .transform((n) => ({ id: n.id, note: n.note, created: n.created, user: n.user?.username ?? null }));

export const notesSchema: z.ZodType<WireNote[]> = z.array(noteSchema);

const grants = z.object({ users: z.array(id), groups: z.array(id) });
const permissions = z.object({ view: grants, change: grants });

const version = z
  .object({
    id,
    added: time,
    version_label: z.string().nullable(),
    checksum: z.string().regex(/^[0-9a-f]{64}$/i, 'not a SHA-256'),
    is_root: z.boolean(),
  })
  .transform((v) => ({ id: v.id, added: v.added, label: v.version_label, checksum: v.checksum.toLowerCase(), isRoot: v.is_root }));

const document = z.object({
  id,
  title: z.string(),
  created: day,
  modified: time,
  added: time,
  correspondent: reference,
  document_type: reference,
  storage_path: reference,
  tags: z.array(id),
  archive_serial_number: id.nullable(),
  original_file_name: z.string().nullable(),
  archived_file_name: z.string().nullable(),
  mime_type: z.string(),
  page_count: z.number().int().nullable(),
  owner: reference,
  permissions,
  notes: z.array(noteSchema),
  custom_fields: z.array(z.object({ field: id, value: z.unknown() }).refine((f) => 'value' in f, { path: ['value'], error: 'missing' })),
  versions: z.array(version).optional(),
});

type ParsedDocument = z.infer<typeof document>;

function toWire(d: ParsedDocument): WireDocument {
  return {
    id: d.id,
    title: d.title,
    created: d.created,
    modified: d.modified,
    added: d.added,
    correspondent: d.correspondent,
    documentType: d.document_type,
    storagePath: d.storage_path,
    tags: d.tags,
    archiveSerialNumber: d.archive_serial_number,
    originalFileName: d.original_file_name,
    archivedFileName: d.archived_file_name,
    mimeType: d.mime_type,
    pageCount: d.page_count,
    owner: d.owner,
    permissions: d.permissions,
    notes: d.notes,
    customFields: d.custom_fields.map((f) => ({ field: f.field, value: f.value })),
    // The wire has the newest first; the chain is replicated from its root.
    versions: (d.versions ?? []).toSorted((a, b) => a.id - b.id),
  };
}

/** The keys to ask for in `fields`: what the schema needs and nothing else. */
export function documentFields(capabilities: ServerCapabilities, withContent: boolean): string {
  const names = Object.keys(document.shape).filter((name) => name !== 'versions' || capabilities.versions);
  return [...names, ...(withContent ? ['content'] : [])].join(',');
}

/** zod compiles a schema at its first use, which costs more than parsing a page by it: made once for each key, not for each request. */
function madeOnce<K, S>(make: (key: K) => S): (key: K) => S {
  const made = new Map<K, S>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const schema = make(key);
    made.set(key, schema);
    return schema;
  };
}

/** 3.x must say `versions`, 2.x has none. */
function held(versions: boolean) {
  return versions ? document.required({ versions: true }) : document;
}

const plainDocument = madeOnce((versions: boolean): z.ZodType<WireDocument> => held(versions).transform(toWire));

export function documentSchema(capabilities: ServerCapabilities): z.ZodType<WireDocument> {
  return plainDocument(capabilities.versions);
}

const documentWithContent = madeOnce((versions: boolean): z.ZodType<WireDocumentWithContent> =>
  held(versions)
    .extend({ content: z.string() })
    .transform((d) => ({ ...toWire(d), content: d.content })),
);

export function documentWithContentSchema(capabilities: ServerCapabilities): z.ZodType<WireDocumentWithContent> {
  return documentWithContent(capabilities.versions);
}

const nobody = () => ({ view: { users: [], groups: [] }, change: { users: [], groups: [] } });

const trashed = madeOnce((versions: boolean): z.ZodType<WireDocument> =>
  held(versions)
    .extend({ permissions: permissions.default(nobody), deleted_at: time, root_document: id.nullable().default(null) })
    .transform((d) => ({ ...toWire(d), deletedAt: d.deleted_at, rootDocument: d.root_document })),
);

/** The trash says no permissions, and knows `deleted_at` and, for version rows, their root. */
export function trashedSchema(capabilities: ServerCapabilities): z.ZodType<WireDocument> {
  return trashed(capabilities.versions);
}

const taxon = z.object({ id, name: z.string(), owner: reference, match: z.string(), matching_algorithm: z.number().int() });

function toTaxon(t: z.infer<typeof taxon>): WireTaxon {
  return { id: t.id, name: t.name, owner: t.owner, match: t.match, matchingAlgorithm: t.matching_algorithm };
}

export const taxonSchema: z.ZodType<WireTaxon> = taxon.transform(toTaxon);

export const storagePathSchema: z.ZodType<WireStoragePath> = taxon.extend({ path: z.string() }).transform((t) => ({ ...toTaxon(t), path: t.path }));

const tag = madeOnce((nested: boolean): z.ZodType<WireTag> =>
  taxon
    .extend({ color: z.string(), is_inbox_tag: z.boolean(), parent: nested ? reference : reference.default(null) })
    .transform((t) => ({ ...toTaxon(t), color: t.color, isInboxTag: t.is_inbox_tag, parent: t.parent })),
);

/** A tag whose `parent` is missing would flatten the tree: only versions before 2.19 may leave it out. */
export function tagSchema(capabilities: ServerCapabilities): z.ZodType<WireTag> {
  return tag(capabilities.nestedTags);
}

const fieldTypes = ['string', 'url', 'date', 'boolean', 'integer', 'float', 'monetary', 'documentlink', 'select', 'longtext'] as const;

export const customFieldSchema: z.ZodType<WireCustomField> = z
  .object({
    id,
    name: z.string(),
    data_type: z.enum(fieldTypes),
    extra_data: z
      .object({
        select_options: z.array(z.object({ id: z.string(), label: z.string() }).nullable()).nullish(),
        default_currency: z.string().nullish(),
      })
      .nullable(),
  })
  .transform((f) => ({
    id: f.id,
    name: f.name,
    dataType: f.data_type,
    selectOptions: (f.extra_data?.select_options ?? []).filter((option) => option !== null),
    defaultCurrency: f.extra_data?.default_currency ?? null,
  }));

export const userSchema: z.ZodType<WireUser> = z.object({ id, username: z.string() });
export const groupSchema: z.ZodType<WireGroup> = z.object({ id, name: z.string() });

/** Which of an action's fields do something: its shape has dozens, most of them empty. */
const action = z.looseObject({ type: z.number().int() }).transform((fields) => ({
  type: fields.type,
  names: Object.entries(fields).flatMap(([name, value]) => (/^(?:assign|remove)_/.test(name) && !isEmpty(value) ? [name] : [])),
}));

function isEmpty(value: unknown): boolean {
  if (value === null || value === false || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

const trigger = z
  .object({ type: z.number().int(), sources: z.array(z.coerce.number()).nullish() })
  .transform((t) => ({ type: t.type, sources: t.sources ?? [] }));

export const workflowSchema: z.ZodType<WireWorkflow> = z.object({
  id,
  name: z.string(),
  enabled: z.boolean(),
  triggers: z.array(trigger),
  actions: z.array(action),
});

export const mailRuleSchema: z.ZodType<WireMailRule> = z.object({ id, name: z.string(), enabled: z.boolean().default(true) });

const override = z.boolean().nullable().default(null);

export const configurationSchema: z.ZodType<WireConfiguration[]> = z.array(
  z
    .object({ barcodes_enabled: override, barcode_enable_asn: override, barcode_enable_tag: override })
    .transform((c) => ({ barcodes: c.barcodes_enabled, barcodeAsn: c.barcode_enable_asn, barcodeTags: c.barcode_enable_tag })),
);

export const statisticsSchema: z.ZodType<WireStatistics> = z
  .object({ documents_total: z.number().int() })
  .transform((s) => ({ documents: s.documents_total }));

export const metadataSchema: z.ZodType<WireMetadata> = z
  .object({
    original_checksum: z.string(),
    original_size: z.number().nullable(),
    original_mime_type: z.string(),
    has_archive_version: z.boolean(),
  })
  .transform((m) => ({
    originalChecksum: m.original_checksum.toLowerCase(),
    originalSize: m.original_size,
    originalMimeType: m.original_mime_type,
    hasArchive: m.has_archive_version,
  }));

/** `GET /api/ui_settings/`; the version may be left out by a proxy's cache of old, X-Version then says it. */
export const uiSettingsSchema = z.object({
  user: z.object({ id, username: z.string(), is_superuser: z.boolean() }),
  settings: z.object({ version: z.string().optional() }),
});

export interface WirePage<T> {
  count: number;
  next: string | null;
  all: number[] | undefined;
  results: T[];
}

const page = madeOnce((row: z.ZodType) =>
  z
    .object({ count: z.number().int(), next: z.string().nullable(), all: z.array(id).optional(), results: z.array(row) })
    .transform((p) => ({ count: p.count, next: p.next, all: p.all, results: p.results })),
);

/** A page of rows of this shape, which lives as long as this module. */
export function pageSchema<T>(row: z.ZodType<T>): z.ZodType<WirePage<T>> {
  return page(row) as z.ZodType<WirePage<T>>;
}

export const contentSchema = z.object({ content: z.string() });

export const idRowSchema = z.object({ id });

export const versionLabelledSchema = z.object({ id: z.number() });
export const versionDeletedSchema = z.object({ current_version_id: z.number() });

export const trashAnswerSchema = z.object({ result: z.literal('OK') });
export const acknowledgedSchema = z.object({ result: z.number().int() });
export const taskIdSchema = z.string().min(1);
