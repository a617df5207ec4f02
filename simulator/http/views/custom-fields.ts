/** Definitions of custom fields. */
import { liveDocuments } from '../../state/documents';
import { dataTypes, type CustomFieldRow, type DataType, type SelectOption } from '../../state/rows';
import type { Store } from '../../state/store';
import { json, type Context, type Handler } from '../context';
import { ApiError, ServerError, noMatch } from '../errors';
import { checkAll, choice, refuse, text, type Check } from '../check';
import { applyFilters, idFilters, order, textFilters } from '../filters';
import { paginate } from '../paginate';
import { readObject } from '../body';
import { isObject, type Json } from '../json';
import { demand, idOf } from './access';

function find(context: Context): CustomFieldRow {
  const row = context.store.customFields.get(idOf(context));
  if (!row) throw noMatch('CustomField');
  return row;
}

function usage(store: Store, row: CustomFieldRow): number {
  return liveDocuments(store).filter((document) => document.fields.some((instance) => instance.field === row.id)).length;
}

function show(store: Store, row: CustomFieldRow, counted: boolean): Json {
  return { id: row.id, name: row.name, data_type: row.dataType, extra_data: row.extraData, ...(counted && { document_count: usage(store, row) }) };
}

function checks(store: Store, row: CustomFieldRow | undefined): Record<string, Check<unknown>> {
  const name = text({ max: 128 });
  return {
    name: (value) => {
      const kept = name(value);
      if (store.customFields.all().some((other) => other.name === kept && other.id !== row?.id))
        throw refuse('custom field with this name already exists.');
      return kept;
    },
    data_type: choice(dataTypes),
    extra_data: (value) => value,
  };
}

/** Options keep the ids they come with; others get one. @throws ApiError 400, ServerError for options that are plain text. */
function checkExtra(store: Store, type: DataType, data: Json): void {
  const extra = isObject(data.extra_data) ? data.extra_data : null;
  if (type === 'select') {
    const options = extra?.select_options;
    if (!Array.isArray(options) || options.length === 0) throw new ApiError(400, { error: ['extra_data.select_options must be a valid list'] });
    for (const option of options as unknown[]) {
      if (!isObject(option)) throw new ServerError('an option is no object');
      if (option.id === undefined || option.id === null || option.id === '') option.id = store.optionId();
    }
  }
  const currency = type === 'monetary' ? extra?.default_currency : undefined;
  if (currency === undefined || currency === '') return;
  if (typeof currency !== 'string' || currency.length !== 3)
    throw new ApiError(400, { error: ['extra_data.default_currency must be a 3-character string'] });
}

export const listFields: Handler = (context) => {
  demand(context, 'view_customfield');
  const filters = { ...idFilters<CustomFieldRow>('id', (row) => row.id), ...textFilters<CustomFieldRow>('name', (row) => row.name) };
  const orderings = { id: (row: CustomFieldRow) => row.id, name: (row: CustomFieldRow) => row.name };
  // 3.x lists them by name, 2.x the newest first.
  const rows = order(
    context,
    orderings,
    context.store.profile.major === 3 ? ['name'] : ['-id'],
    applyFilters(context, filters, context.store.customFields.all()),
  );
  return paginate(context, rows, { render: (row) => show(context.store, row, true) });
};

export const createField: Handler = async (context) => {
  demand(context, 'add_customfield');
  const data = await readObject(context);
  const wanted = checkAll(data, checks(context.store, undefined), ['name', 'data_type']);
  const dataType = wanted.data_type as DataType;
  checkExtra(context.store, dataType, data);
  const extraData = (data.extra_data ?? null) as CustomFieldRow['extraData'];
  const row = context.store.customFields.insert({ name: wanted.name as string, dataType, extraData });
  return json(show(context.store, row, false), 201);
};

export const getField: Handler = (context) => {
  demand(context, 'view_customfield');
  return json(show(context.store, find(context), true));
};

const write = async (context: Context, required: string[]) => {
  demand(context, 'change_customfield');
  const row = find(context);
  const data = await readObject(context);
  const wanted = checkAll(data, checks(context.store, row), required);
  checkExtra(context.store, (wanted.data_type as DataType | undefined) ?? row.dataType, data);
  if ('name' in wanted) row.name = wanted.name as string;
  if ('data_type' in wanted) row.dataType = wanted.data_type as DataType;
  if ('extra_data' in wanted) row.extraData = wanted.extra_data as CustomFieldRow['extraData'];
  if (row.dataType === 'select') forgetDropped(context, row);
  return json(show(context.store, row, true));
};

/** Values of options that are no more become null when a worker gets to it; `modified` stays. */
function forgetDropped(context: Context, row: CustomFieldRow): void {
  const left = new Set(((row.extraData?.select_options ?? []) as SelectOption[]).map((option) => option.id));
  context.consumer.silently(() => {
    for (const document of context.store.documents.values()) {
      const instance = document.fields.find((candidate) => candidate.field === row.id);
      if (instance && typeof instance.values.select === 'string' && !left.has(instance.values.select)) instance.values.select = null;
    }
  });
}

export const updateField: Handler = (context) => write(context, []);
export const replaceField: Handler = (context) => write(context, ['name', 'data_type']);

export const deleteField: Handler = (context) => {
  demand(context, 'delete_customfield');
  const row = find(context);
  context.store.customFields.delete(row.id);
  for (const document of context.store.documents.values()) document.fields = document.fields.filter((instance) => instance.field !== row.id);
  return { status: 204 };
};
