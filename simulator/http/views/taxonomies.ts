/** Correspondents, document types, storage paths and tags: one set of views over four tables. */
import { mayView, mayChange, liveDocuments } from '../../state/documents';
import { noGrants, type Store } from '../../state/store';
import type { Table } from '../../state/table';
import type { DocumentRow, TaxonRow } from '../../state/rows';
import { json, parameter, type Context, type Handler } from '../context';
import { ApiError, ServerError, noMatch } from '../errors';
import { checkAll, choice, flag, key, keyOrNone, refuse, text, type Check } from '../check';
import { applyFilters, idFilters, order, textFilters, type Filters, type Key } from '../filters';
import { applyGrants, grantsCheck, showGrants } from '../grants';
import { paginate } from '../paginate';
import { readObject } from '../body';
import type { Json } from '../json';
import { demand, idOf, mustChange } from './access';
import { slug } from './slug';

export interface Taxonomy<Row extends TaxonRow> {
  /** As in "No Tag matches the given query." */
  model: string;
  /** As in "document type with this name already exists." */
  words: string;
  /** As in the permission `view_documenttype`. */
  codename: string;
  table(store: Store): Table<Row>;
  required: string[];
  checks(context: Context, row: Row | undefined): Record<string, Check<unknown>>;
  /** A row's fields beyond the common ones. */
  fresh(): Omit<Row, keyof TaxonRow>;
  set(row: Row, wanted: Json): void;
  /** Keys that stand after `name`. */
  showAfterName(row: Row, context: Context): Json;
  /** Keys that stand before `document_count`. */
  showBeforeCount?(row: Row, context: Context): Json;
  /** Keys that stand between the count and the owner; `detail` when one row is asked for. */
  showAfterCount?(row: Row, context: Context, detail: boolean): Json;
  /** Keys at the end. */
  showLast?(row: Row, context: Context, render: (row: Row) => Json): Json;
  uses(document: DocumentRow, row: Row): boolean;
  changed?(context: Context, row: Row, wanted: Json, before: Row): void;
  remove(context: Context, row: Row): void;
  filters?: Filters<Row>;
  envelope?(context: Context, rows: Row[]): { all?: (rows: Row[]) => unknown[]; more?: Json };
}

const algorithms = [0, 1, 2, 3, 4, 5, 6] as const;

function commonChecks({ store }: Context, row: TaxonRow | undefined, data: Json): Record<string, Check<unknown>> {
  const algorithm = data.matching_algorithm === undefined ? row?.algorithm : Number(data.matching_algorithm);
  const match = text({ max: 256, blank: true });
  return {
    name: text({ max: 128 }),
    match: (value) => {
      const kept = match(value);
      if (algorithm === 4 && !isPattern(kept)) throw refuse('Invalid regular expression, see log for details.');
      return kept;
    },
    matching_algorithm: choice(algorithms),
    is_insensitive: flag,
    owner: keyOrNone(key((id) => store.users.has(id))),
    set_permissions: grantsCheck(store),
  };
}

function isPattern(source: string): boolean {
  try {
    new RegExp(source, 'u');
    return true;
  } catch {
    return false;
  }
}

export function taxonomyViews<Row extends TaxonRow>(taxonomy: Taxonomy<Row>) {
  const count = ({ store, user }: Context, row: Row) =>
    liveDocuments(store).filter((document) => taxonomy.uses(document, row) && mayView(store, user, document)).length;

  function show(context: Context, row: Row, as: { counted: boolean; detail?: boolean }): Json {
    const full = ['true', '1', 'True'].includes(parameter(context, 'full_perms') ?? '');
    return {
      id: row.id,
      slug: slug(row.name),
      name: row.name,
      ...taxonomy.showAfterName(row, context),
      match: row.match,
      matching_algorithm: row.algorithm,
      is_insensitive: row.insensitive,
      ...taxonomy.showBeforeCount?.(row, context),
      ...(as.counted && { document_count: count(context, row) }),
      ...taxonomy.showAfterCount?.(row, context, as.detail === true),
      owner: row.owner,
      ...(full ? { permissions: showGrants(row) } : { user_can_change: mayChange(context.user, row) }),
      ...taxonomy.showLast?.(row, context, (other) => show(context, other, { counted: as.counted })),
    };
  }

  function find(context: Context): Row {
    const row = taxonomy.table(context.store).get(idOf(context));
    if (!row || !mayView(context.store, context.user, row)) throw noMatch(taxonomy.model);
    return row;
  }

  const list: Handler = (context) => {
    demand(context, `view_${taxonomy.codename}`);
    const { store } = context;
    const visible = taxonomy
      .table(store)
      .all()
      .filter((row) => mayView(store, context.user, row));
    const filters: Filters<Row> = { ...idFilters<Row>('id', (row) => row.id), ...textFilters<Row>('name', (row) => row.name), ...taxonomy.filters };
    const orderings: Record<string, (row: Row) => Key> = {
      name: (row) => row.name,
      folded: (row) => row.name.toLowerCase(),
      matching_algorithm: (row) => row.algorithm,
      match: (row) => row.match,
      document_count: (row) => count(context, row),
    };
    const rows = order(context, orderings, ['folded'], applyFilters(context, filters, visible));
    return paginate(context, rows, { render: (row) => show(context, row, { counted: true }), ...taxonomy.envelope?.(context, rows) });
  };

  const create: Handler = async (context) => {
    demand(context, `add_${taxonomy.codename}`);
    const data = await readObject(context);
    const checks = { ...commonChecks(context, undefined, data), ...taxonomy.checks(context, undefined) };
    const wanted = checkAll(data, checks, ['name', ...taxonomy.required]);
    const table = taxonomy.table(context.store);
    const owner = 'owner' in wanted ? (wanted.owner as number | null) : context.user.id;
    if (!('owner' in wanted) && table.all().some((row) => row.name === wanted.name && row.owner === null)) {
      throw new ApiError(400, { name: [`${taxonomy.words} with this name already exists.`] });
    }
    if (table.all().some((row) => row.name === wanted.name && row.owner === owner)) {
      const message = 'Object violates owner / name unique constraint';
      throw new ApiError(400, { error: owner === null ? [message] : message });
    }
    const fresh = { name: '', match: '', algorithm: 1, insensitive: true, owner, grants: noGrants(), ...taxonomy.fresh() };
    const row = table.insert(fresh as unknown as Omit<Row, 'id'>);
    set(taxonomy, row, wanted);
    return json(show(context, row, { counted: false }), 201);
  };

  const get: Handler = (context) => {
    demand(context, `view_${taxonomy.codename}`);
    return json(show(context, find(context), { counted: true, detail: true }));
  };

  const write = async (context: Context, required: string[]) => {
    demand(context, `change_${taxonomy.codename}`);
    const row = find(context);
    mustChange(context, row);
    const data = await readObject(context);
    const wanted = checkAll(data, { ...commonChecks(context, row, data), ...taxonomy.checks(context, row) }, required);
    refuseTwin(taxonomy.table(context.store), row, wanted);
    const before = { ...row };
    set(taxonomy, row, wanted);
    taxonomy.changed?.(context, row, wanted, before);
    return json(show(context, row, { counted: true }));
  };

  const remove: Handler = (context) => {
    demand(context, `delete_${taxonomy.codename}`);
    const row = find(context);
    mustChange(context, row);
    taxonomy.remove(context, row);
    return { status: 204 };
  };

  return {
    list: { GET: list, POST: create },
    detail: {
      GET: get,
      PUT: (context: Context) => write(context, ['name', ...taxonomy.required]),
      PATCH: (context: Context) => write(context, []),
      DELETE: remove,
    },
  };
}

/** A change onto the name of a twin: told as a 400 where the twin has an owner, and an error of the database where it has none. */
function refuseTwin<Row extends TaxonRow>(table: Table<Row>, row: Row, wanted: Json): void {
  if (!('name' in wanted) && !('owner' in wanted)) return;
  const name = 'name' in wanted ? wanted.name : row.name;
  const owner = 'owner' in wanted ? wanted.owner : row.owner;
  if (!table.all().some((other) => other.id !== row.id && other.name === name && other.owner === owner)) return;
  if (owner === null) throw new ServerError('UNIQUE constraint failed');
  throw new ApiError(400, { error: 'Object violates owner / name unique constraint' });
}

function set<Row extends TaxonRow>(taxonomy: Taxonomy<Row>, row: Row, wanted: Json): void {
  if ('name' in wanted) row.name = wanted.name as string;
  if ('match' in wanted) row.match = wanted.match as string;
  if ('matching_algorithm' in wanted) row.algorithm = wanted.matching_algorithm as number;
  if ('is_insensitive' in wanted) row.insensitive = wanted.is_insensitive as boolean;
  if ('owner' in wanted) row.owner = wanted.owner as number | null;
  if ('set_permissions' in wanted) applyGrants(row, wanted.set_permissions as Json);
  taxonomy.set(row, wanted);
}
