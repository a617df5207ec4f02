import type { CustomFieldFields, DocumentPatch, TagFields, TaxonFields } from './client';

/** Our names to paperless's. Only these keys can be sent: `deleted_at`, above all, would trash the document (§3). */

type Json = Record<string, unknown>;

function present(pairs: readonly (readonly [key: string, value: unknown])[]): Json {
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** Throws when nothing would be changed: an empty PATCH still moves `modified` (§18.17). */
function notEmpty(body: Json): Json {
  if (Object.keys(body).length === 0) throw new TypeError('an empty PATCH would change nothing but `modified`');
  return body;
}

export function documentPatchBody(patch: DocumentPatch): Json {
  return notEmpty(
    present([
      ['title', patch.title],
      ['content', patch.content],
      ['created', patch.created],
      ['correspondent', patch.correspondent],
      ['document_type', patch.documentType],
      ['storage_path', patch.storagePath],
      ['tags', patch.tags],
      ['archive_serial_number', patch.archiveSerialNumber],
      ['custom_fields', patch.customFields?.map(({ field, value }) => ({ field, value: value ?? null }))],
      ['owner', patch.owner],
      ['set_permissions', patch.permissions],
    ]),
  );
}

function tagBody(fields: TagFields): Json {
  return present([
    ['name', fields.name],
    ['color', fields.color],
    ['parent', fields.parent],
    ['is_inbox_tag', fields.isInboxTag],
    ['match', fields.match],
    ['matching_algorithm', fields.matchingAlgorithm],
    ['owner', fields.owner],
  ]);
}

function taxonBody(fields: TaxonFields): Json {
  return present([
    ['name', fields.name],
    ['path', fields.path],
    ['match', fields.match],
    ['matching_algorithm', fields.matchingAlgorithm],
    ['owner', fields.owner],
  ]);
}

/** Without `owner` paperless would make it the token's user, and hide it from everybody else (§11). */
const unowned = { owner: null };

export const createTagBody = (fields: TagFields): Json => ({ ...unowned, ...tagBody(fields) });
export const patchTagBody = (fields: TagFields): Json => notEmpty(tagBody(fields));
export const createTaxonBody = (fields: TaxonFields): Json => ({ ...unowned, ...taxonBody(fields) });
export const patchTaxonBody = (fields: TaxonFields): Json => notEmpty(taxonBody(fields));

export function customFieldBody(fields: CustomFieldFields): Json {
  const extra = present([
    ['select_options', fields.selectOptions?.map(({ id, label }) => ({ id, label }))],
    ['default_currency', fields.defaultCurrency ?? undefined],
  ]);
  return notEmpty(
    present([
      ['name', fields.name],
      ['data_type', fields.dataType],
      ['extra_data', Object.keys(extra).length === 0 ? undefined : extra],
    ]),
  );
}
