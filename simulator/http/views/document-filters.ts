import type { DocumentRow } from '../../state/rows';
import type { Store } from '../../state/store';
import { isShared, showValue } from '../render/document';
import { refuse } from '../check';
import {
  booleanOf,
  dateFilters,
  fold,
  idFilters,
  isNull,
  numberFilters,
  numberList,
  relationFilters,
  textFilters,
  timeFilters,
  type Filter,
  type Filters,
  type Key,
} from '../filters';
import { digestOf, effective } from '../../state/documents';

type Row = DocumentRow;

function flagFilter(test: (row: Row, store: Store) => boolean): Filter<Row> {
  return (value, { store }) => {
    const want = booleanOf(value);
    return want === null ? null : (row) => test(row, store) === want;
  };
}

/** Lists of ids that are no numbers switch these filters off. */
function idsFilter(test: (ids: number[], row: Row) => boolean): Filter<Row> {
  return (value) => {
    const ids = value.split(',').filter((part) => part !== '');
    if (!ids.every((part) => /^\s*\d+\s*$/.test(part))) return null;
    return (row) => test(ids.map(Number), row);
  };
}

function tagFilters(): Filters<Row> {
  const some = (ids: number[], row: Row) => ids.some((id) => row.tags.includes(id));
  return {
    tags__id: idsFilter(some),
    tags__id__in: idsFilter(some),
    tags__id__all: idsFilter((ids, row) => ids.every((id) => row.tags.includes(id))),
    tags__id__none: idsFilter((ids, row) => !some(ids, row)),
    is_tagged: flagFilter((row) => row.tags.length > 0),
    is_in_inbox: flagFilter((row, store) => row.tags.some((tag) => store.tags.get(tag)?.inbox)),
    shared_by__id: idsFilter((ids, row) => row.owner !== null && ids.includes(row.owner) && isShared(row)),
  };
}

const searches = ['query', 'text', 'title_search', 'title_content'];

function searchFilter(titleOnly: boolean): Filter<Row> {
  return (value) => {
    const words = fold(value).split(/\s+/).filter(Boolean);
    return (row) => words.every((word) => fold(titleOnly ? row.title : `${row.title} ${row.content}`).includes(word));
  };
}

/** `[field, "exact", value]` and its like on one field; the nested forms of AND, OR and NOT. */
function queryFilter(value: string, store: Store): (row: Row) => boolean {
  let expression: unknown;
  try {
    expression = JSON.parse(value);
  } catch {
    throw refuse('Value must be valid JSON.');
  }
  return evaluate(expression, store);
}

function evaluate(expression: unknown, store: Store): (row: Row) => boolean {
  if (!Array.isArray(expression)) throw refuse('Invalid custom field query expression');
  const [head, second, third] = expression as unknown[];
  if (head === 'AND' || head === 'OR') {
    const parts = (second as unknown[]).map((part) => evaluate(part, store));
    return (row) => (head === 'AND' ? parts.every((part) => part(row)) : parts.some((part) => part(row)));
  }
  if (head === 'NOT')
    return (
      (part) => (row: Row) =>
        !part(row)
    )(evaluate(second, store));
  const field = store.customFields.all().find((candidate) => candidate.id === head || candidate.name === head);
  if (!field) throw refuse(`${JSON.stringify(head)} is not a valid custom field.`);
  return (row) => {
    const instance = row.fields.find((candidate) => candidate.field === field.id);
    const have = instance ? plain(showValue(store, instance)) : null;
    if (second === 'exists') return (instance !== undefined) === (third !== false);
    if (!instance) return false;
    return compare(have, second, third);
  };
}

function plain(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
}

function compare(have: unknown, operator: unknown, want: unknown): boolean {
  switch (operator) {
    case 'exact':
      return have === want;
    case 'in':
      return Array.isArray(want) && want.includes(have);
    case 'isnull':
      return (have === null) === (want !== false);
    case 'icontains':
      return typeof have === 'string' && fold(have).includes(fold(String(want)));
    case 'gt':
      return (have as number) > (want as number);
    case 'gte':
      return (have as number) >= (want as number);
    case 'lt':
      return (have as number) < (want as number);
    case 'lte':
      return (have as number) <= (want as number);
    case 'contains':
      return Array.isArray(have) && Array.isArray(want) && want.every((id) => have.includes(id));
    default:
      throw refuse(`${JSON.stringify(operator)} is not a valid query expr.`);
  }
}

export function documentFilters(store: Store): Filters<Row> {
  const created = dateFilters<Row>('created', (row) => row.created);
  const legacy = Object.fromEntries(
    ['gt', 'gte', 'lt', 'lte'].map((suffix) => [`created__date__${suffix}`, created[`created__${suffix}`] as Filter<Row>]),
  );
  return {
    ...idFilters<Row>('id', (row) => row.id),
    ...textFilters<Row>('title', (row) => row.title),
    ...textFilters<Row>('content', (row) => effective(store, row).content),
    ...textFilters<Row>('checksum', (row) => digestOf(store, row)),
    ...textFilters<Row>('original_filename', (row) => row.originalFilename),
    ...numberFilters<Row>('archive_serial_number', (row) => row.asn),
    ...created,
    ...legacy,
    ...timeFilters<Row>('modified', store, (row) => row.modified),
    ...timeFilters<Row>('added', store, (row) => row.added),
    ...relationFilters<Row>('correspondent', (row) => row.correspondent),
    ...relationFilters<Row>('document_type', (row) => row.documentType),
    ...relationFilters<Row>('storage_path', (row) => row.storagePath),
    ...relationFilters<Row>('owner', (row) => row.owner),
    ...textFilters<Row>('correspondent__name', (row) => store.correspondents.get(row.correspondent)?.name),
    ...textFilters<Row>('document_type__name', (row) => store.documentTypes.get(row.documentType)?.name),
    ...textFilters<Row>('storage_path__name', (row) => store.storagePaths.get(row.storagePath)?.name),
    ...tagFilters(),
    owner__isnull: isNull((row) => row.owner),
    mime_type: (value) => (row) => fold(row.mimeType).includes(fold(value)),
    has_custom_fields: flagFilter((row) => row.fields.length > 0),
    custom_fields__id__all: (value) =>
      (
        (ids) => (row: Row) =>
          ids.every((id) => row.fields.some((field) => field.field === id))
      )(numberList(value)),
    custom_fields__id__in: (value) =>
      (
        (ids) => (row: Row) =>
          ids.some((id) => row.fields.some((field) => field.field === id))
      )(numberList(value)),
    custom_field_query: (value) => queryFilter(value, store),
    ...Object.fromEntries(searches.map((name) => [name, searchFilter(name === 'title_search')])),
  };
}

export function isSearch(query: URLSearchParams): boolean {
  return ['query', 'text', 'title_search', 'more_like_id'].some((name) => (query.get(name) ?? '') !== '');
}

export function documentOrderings(store: Store): Record<string, (row: Row) => Key> {
  const orderings: Record<string, (row: Row) => Key> = {
    id: (row) => row.id,
    title: (row) => row.title,
    correspondent__name: (row) => store.correspondents.get(row.correspondent)?.name ?? null,
    document_type__name: (row) => store.documentTypes.get(row.documentType)?.name ?? null,
    storage_path__name: (row) => store.storagePaths.get(row.storagePath)?.name ?? null,
    created: (row) => row.created,
    modified: (row) => row.modified,
    added: (row) => row.added,
    archive_serial_number: (row) => row.asn,
    num_notes: (row) => row.notes.length,
    owner: (row) => row.owner,
    page_count: (row) => row.pageCount,
  };
  for (const field of store.customFields.values()) {
    orderings[`custom_field_${field.id}`] = (row) => {
      const instance = row.fields.find((candidate) => candidate.field === field.id);
      return instance ? (plain(showValue(store, instance)) as Key) : null;
    };
  }
  return orderings;
}
