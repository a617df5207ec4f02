import { liveDocuments } from '../../state/documents';
import type { Store } from '../../state/store';
import type { DocumentRow, StoragePathRow, TaxonRow } from '../../state/rows';
import { refuse, text } from '../check';
import type { Context } from '../context';
import { taxonomyViews } from './taxonomies';

/** Takes a deleted row off its documents; `modified` stays as it is. */
function clear(store: Store, key: 'correspondent' | 'documentType' | 'storagePath', id: number): void {
  for (const document of store.documents.values()) if (document[key] === id) document[key] = null;
}

function lastCorrespondence(store: Store, row: TaxonRow): string | null {
  const dates = liveDocuments(store)
    .filter((document) => document.correspondent === row.id)
    .map((document) => document.created)
    .sort();
  return dates.at(-1) ?? null;
}

export const correspondents = taxonomyViews<TaxonRow>({
  model: 'Correspondent',
  words: 'correspondent',
  codename: 'correspondent',
  table: (store) => store.correspondents,
  required: [],
  checks: () => ({}),
  fresh: () => ({}),
  set: () => undefined,
  showAfterName: () => ({}),
  showAfterCount: (row, context, detail) => (detail ? { last_correspondence: lastCorrespondence(context.store, row) } : {}),
  uses: (document, row) => document.correspondent === row.id,
  remove: ({ store }, row) => {
    store.correspondents.delete(row.id);
    clear(store, 'correspondent', row.id);
  },
});

export const documentTypes = taxonomyViews<TaxonRow>({
  model: 'DocumentType',
  words: 'document type',
  codename: 'documenttype',
  table: (store) => store.documentTypes,
  required: [],
  checks: () => ({}),
  fresh: () => ({}),
  set: () => undefined,
  showAfterName: () => ({}),
  uses: (document, row) => document.documentType === row.id,
  remove: ({ store }, row) => {
    store.documentTypes.delete(row.id);
    clear(store, 'documentType', row.id);
  },
});

const pathNames = new Set(
  'title correspondent document_type created created_year created_year_short created_month created_month_name created_month_name_short created_day added added_year added_year_short added_month added_month_name added_month_name_short added_day asn tag_list owner_username original_name doc_pk custom_fields tag_name_list document'.split(
    ' ',
  ),
);

const statementWords = new Set('if elif else endif for in endfor set not and or is defined none true false loop'.split(' '));

/** Whether a statement names nothing that the server wouldn't know: an unknown name is refused when the template is tried. */
function knowsNames(statement: string): boolean {
  const names = statement.replace(/'[^']*'|"[^"]*"/g, '').match(/(?<![.\w|])[A-Za-z_]\w*/g) ?? [];
  return names.every((name) => statementWords.has(name.toLowerCase()) || pathNames.has(name));
}

/** A path template is rewritten from single to double braces and rendered once: what fails there is refused. */
function template(value: unknown): string {
  const given = text()(value);
  const doubled = given.replace(/(?<!\{)\{(\w*)\}(?!\})/g, '{{ $1 }}');
  // Statements and comments are Jinja too: a real server takes them, seen with {% if asn %}…{% endif %}.
  const plain = doubled.replace(/\{%([^{}]*)%\}|\{#[^{}]*#\}/g, (whole, statement = '') => (knowsNames(String(statement)) ? '' : whole));
  const rest = plain.replace(/\{\{\s*([A-Za-z_]\w*)[^{}]*\}\}/g, (whole, name: string) => (pathNames.has(name) ? '' : whole));
  if (/[{}]/.test(rest) || doubled.startsWith('../') || doubled.includes('/../')) throw refuse('Invalid variable detected.');
  return doubled;
}

const usersOf = (row: StoragePathRow) => (document: DocumentRow) => document.storagePath === row.id;

/** Any change of a storage path moves `modified` of its documents, when a worker gets to it. */
function touch(context: Context, row: StoragePathRow): void {
  context.consumer.later(() =>
    liveDocuments(context.store)
      .filter(usersOf(row))
      .map((document) => document.id),
  );
}

export const storagePaths = taxonomyViews<StoragePathRow>({
  model: 'StoragePath',
  words: 'storage path',
  codename: 'storagepath',
  table: (store) => store.storagePaths,
  required: ['path'],
  checks: () => ({ path: template }),
  fresh: () => ({ path: '' }),
  set: (row, wanted) => {
    if ('path' in wanted) row.path = wanted.path as string;
  },
  showAfterName: (row) => ({ path: row.path }),
  uses: (document, row) => document.storagePath === row.id,
  changed: touch,
  remove: (context, row) => {
    const ids = liveDocuments(context.store)
      .filter(usersOf(row))
      .map((document) => document.id);
    context.store.storagePaths.delete(row.id);
    clear(context.store, 'storagePath', row.id);
    context.consumer.later(() => ids);
  },
});
