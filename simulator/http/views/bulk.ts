/** Bulk edits: rows change within the request, `modified` follows when a worker gets to it. */
import { rotated } from '../../consume/derived';
import { effective, liveDocument, mayChange } from '../../state/documents';
import { closure, deleteTag, descendants } from '../../state/tags';
import { trashInBulk } from '../../state/trash';
import type { DocumentRow, OwnedRow } from '../../state/rows';
import { json, type Context, type Handler } from '../context';
import { ApiError, insufficient } from '../errors';
import { readObject } from '../body';
import { applyGrants, grantsCheck } from '../grants';
import { isObject, pythonType, type Json } from '../json';
import { Refused } from '../check';
import { checkValue, column, type WantedInstance } from './custom-values';
import { linksOf, reflectLinks } from '../../state/links';

/** Does it, and gives the rows whose `modified` is to move. */
type Method = (context: Context, rows: DocumentRow[], parameters: Json) => DocumentRow[];

function list(value: unknown): number[] {
  return Array.isArray(value) ? (value as number[]) : [];
}

function without(context: Context, row: DocumentRow, tags: number[]): void {
  const gone = new Set(tags.flatMap((id) => [id, ...descendants(context.store, id)]));
  row.tags = row.tags.filter((tag) => !gone.has(tag));
}

function reference(
  name: string,
  table: (context: Context) => { has(id: number): boolean },
  key: 'correspondent' | 'documentType' | 'storagePath',
): Method {
  return (context, rows, parameters) => {
    if (!(name in parameters)) throw new ApiError(400, { non_field_errors: [`${name} not specified`] });
    const id = parameters[name] as number | null;
    if (id !== null && !table(context).has(id)) throw new ApiError(400, { non_field_errors: [`${titles[name] ?? name} does not exist`] });
    const others = rows.filter((row) => row[key] !== id);
    for (const row of others) row[key] = id;
    return others;
  };
}

const titles: Record<string, string> = { correspondent: 'Correspondent', document_type: 'Document type', storage_path: 'Storage path', tag: 'Tag' };

function tagOf(context: Context, parameters: Json): number {
  if (!('tag' in parameters)) throw new ApiError(400, { non_field_errors: ['tag not specified'] });
  const tag = parameters.tag as number;
  if (!context.store.tags.has(tag)) throw new ApiError(400, { non_field_errors: ['Tag does not exist'] });
  return tag;
}

const methods: Record<string, Method> = {
  set_correspondent: reference('correspondent', ({ store }) => store.correspondents, 'correspondent'),
  set_document_type: reference('document_type', ({ store }) => store.documentTypes, 'documentType'),
  set_storage_path: reference('storage_path', ({ store }) => store.storagePaths, 'storagePath'),
  add_tag: (context, rows, parameters) => {
    const tag = tagOf(context, parameters);
    const others = rows.filter((row) => !row.tags.includes(tag));
    for (const row of others) row.tags = closure(context.store, [...row.tags, tag]);
    return others;
  },
  remove_tag: (context, rows, parameters) => {
    const tag = tagOf(context, parameters);
    const holders = rows.filter((row) => row.tags.includes(tag));
    for (const row of holders) without(context, row, [tag]);
    return holders;
  },
  modify_tags: (context, rows, parameters) => {
    for (const name of ['add_tags', 'remove_tags']) {
      if (!(name in parameters)) throw new ApiError(400, { non_field_errors: [`${name} not specified`] });
      const ids = list(parameters[name]);
      if (ids.some((id) => !context.store.tags.has(id)) || new Set(ids).size !== ids.length) {
        throw new ApiError(400, { non_field_errors: [`Some tags in ${name} don't exist or were specified twice.`] });
      }
    }
    for (const row of rows) {
      row.tags = closure(context.store, [...row.tags, ...list(parameters.add_tags)]);
      without(context, row, list(parameters.remove_tags));
    }
    return rows;
  },
  modify_custom_fields: (context, rows, parameters) => {
    const missing = ['add_custom_fields', 'remove_custom_fields'].find((name) => !(name in parameters));
    if (missing !== undefined) throw new ApiError(400, { non_field_errors: [`${missing} not specified`] });
    const added = checkAdded(context, parameters.add_custom_fields);
    for (const row of rows) changeFields(context, row, added, list(parameters.remove_custom_fields));
    return rows;
  },
  set_permissions: (context, rows, parameters) => {
    const given = grantsCheck(context.store)(parameters.set_permissions ?? {});
    for (const row of rows) {
      applyGrants(row, given);
      if ('owner' in parameters) row.owner = parameters.owner as number | null;
    }
    return rows;
  },
};

/** Ids alone for empty values, or values by id. @throws ApiError 400 */
function checkAdded(context: Context, given: unknown): WantedInstance[] {
  const pairs = isObject(given) ? Object.entries(given) : list(given).map((id): [string, unknown] => [String(id), null]);
  const wrong: Json = {};
  const checked = pairs.map(([id, value]) => {
    const field = context.store.customFields.get(Number(id));
    if (!field) throw new ApiError(400, { non_field_errors: ["Some custom fields in add_custom_fields don't exist or were specified twice."] });
    try {
      return { field, value: checkValue(context, field, value) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      wrong[id] = error.detail;
      return { field, value: null };
    }
  });
  const [first] = Object.values(wrong);
  if (first !== undefined) throw new ApiError(400, context.store.profile.major === 3 ? { add_custom_fields: wrong } : first);
  return checked;
}

/** Adds, then removes. A document that would link to itself is passed over, and links that are replaced stay on their other side. */
function changeFields({ store }: Context, row: DocumentRow, asked: WantedInstance[], remove: number[]): void {
  for (const { field, value } of asked) {
    if (Array.isArray(value) && value.includes(row.id)) continue;
    const instance = row.fields.find((candidate) => candidate.field === field.id);
    const stored = column(field, value);
    if (instance) instance.values[field.dataType] = stored;
    else row.fields.push({ field: field.id, values: { [field.dataType]: stored } });
    if (field.dataType === 'documentlink' && Array.isArray(stored)) reflectLinks(store, row, field.id, [], stored as number[]);
  }
  const gone = row.fields.filter((instance) => remove.includes(instance.field));
  row.fields = row.fields.filter((instance) => !remove.includes(instance.field));
  for (const instance of gone) reflectLinks(store, row, instance.field, linksOf(instance), []);
}

/** What is done to the document as a whole. Deletion and reading the file again don't move `modified`. */
const endings: Record<'delete' | 'reprocess' | 'rotate', (context: Context, rows: DocumentRow[]) => void> = {
  delete: ({ store }, rows) => rows.forEach((row) => trashInBulk(store, row)),
  reprocess: ({ consumer }, rows) => rows.forEach((row) => consumer.reprocess(row)),
  rotate: (context, rows) => rows.forEach((row) => rotate(context, row)),
};

/** 3.x makes a version of the turned pages; 2.x rewrites the file in place. */
function rotate(context: Context, row: DocumentRow): void {
  const { store, consumer } = context;
  const source = effective(store, row);
  if (store.profile.major === 3) {
    const upload = {
      file: rotated(source.original),
      filename: `${row.id}_rotated.pdf`,
      mimeType: source.mimeType,
      owner: context.user.id,
      versionOf: row.id,
    };
    consumer.submit(upload, { skip_asn_if_exists: false, actor_id: context.user.id });
    return;
  }
  consumer.later(
    () => [row.id],
    () => (row.original = rotated(row.original)),
  );
}

function isEnding(name: string): name is keyof typeof endings {
  return Object.hasOwn(endings, name);
}

function rowsOf(context: Context, data: Json): DocumentRow[] {
  if (data.documents === undefined) throw new ApiError(400, { documents: ['This field is required.'] });
  if (!Array.isArray(data.documents))
    throw new ApiError(400, { documents: [`Expected a list of items but got type "${pythonType(data.documents)}".`] });
  const rows = list(data.documents).map((id) => liveDocument(context.store, id));
  if (rows.some((row) => !row) || new Set(rows).size !== rows.length)
    throw new ApiError(400, { documents: ["Some documents in documents don't exist or were specified twice."] });
  const found = rows.filter((row) => row !== undefined);
  if (found.some((row) => !mayChange(context.user, row))) throw insufficient();
  return found;
}

export const bulkEdit: Handler = async (context) => {
  const data = await readObject(context);
  const name = String(data.method);
  const known = Object.hasOwn(methods, name) || isEnding(name);
  const wrong: Json = {};
  if (data.documents === undefined && context.store.profile.major === 2) wrong.documents = ['This field is required.'];
  if (data.method === undefined) wrong.method = ['This field is required.'];
  else if (!known) wrong.method = [`"${name}" is not a valid choice.`];
  if (Object.keys(wrong).length > 0) throw new ApiError(400, wrong);
  const rows = rowsOf(context, data);
  if (isEnding(name)) endings[name](context, rows);
  else {
    const touched = methods[name]?.(context, rows, isObject(data.parameters) ? data.parameters : {}) ?? [];
    context.consumer.later(() => touched.map((row) => row.id));
  }
  return json({ result: 'OK' });
};

/** 3.x: an ending under its own address. */
export function bulkEnding(name: keyof typeof endings): Handler {
  return async (context) => {
    endings[name](context, rowsOf(context, await readObject(context)));
    return json({ result: 'OK' });
  };
}

function permit(store: Context['store'], row: OwnedRow | undefined, data: Json): void {
  if (!row) return;
  applyGrants(row, grantsCheck(store)(data.permissions ?? {}));
  if ('owner' in data) row.owner = data.owner as number | null;
}

/** Deletion and permissions of taxonomies in bulk. */
export const bulkEditObjects: Handler = async (context) => {
  const { store } = context;
  const data = await readObject(context);
  const tables = { tags: store.tags, correspondents: store.correspondents, document_types: store.documentTypes, storage_paths: store.storagePaths };
  const type = data.object_type as keyof typeof tables;
  if (!Object.hasOwn(tables, type)) throw new ApiError(400, { object_type: [`"${type}" is not a valid choice.`] });
  const ids = list(data.objects);
  if (ids.some((id) => !tables[type].has(id)))
    throw new ApiError(400, { non_field_errors: ["Some ids in objects don't exist or were specified twice."] });
  for (const id of ids) {
    if (data.operation !== 'delete') permit(store, tables[type].get(id), data);
    else if (type === 'tags') deleteTag(store, id);
    else {
      tables[type].delete(id);
      const key = { correspondents: 'correspondent', document_types: 'documentType', storage_paths: 'storagePath' }[type] as 'correspondent';
      for (const document of store.documents.values()) if (document[key] === id) document[key] = null;
    }
  }
  return json({ result: 'OK' });
};
