/** Values of custom fields on documents: what each data type takes, what it refuses, and what breaks the server. */
import { letters } from '../../state/letters';
import { liveDocument, mayChange, bump } from '../../state/documents';
import { linksOf, reflectLinks } from '../../state/links';
import { parseDate } from '../../state/times';
import type { CustomFieldRow, DocumentRow, FieldInstance, SelectOption } from '../../state/rows';
import type { Context } from '../context';
import { ApiError, ServerError } from '../errors';
import { Refused, refuse } from '../check';
import { Float, isObject, pythonRepr, pythonType } from '../json';

export interface WantedInstance {
  field: CustomFieldRow;
  value: unknown;
}

const longestString = 128;
const largestInteger = 2147483647;

function wrong(message: string): Refused {
  return new Refused({ non_field_errors: [message] });
}

/** Validation before anything is saved. @throws Refused (400) or ServerError (500) where the server trips over the type. */
export function checkValue(context: Context, field: CustomFieldRow, value: unknown): unknown {
  if (value === null) return null;
  switch (field.dataType) {
    case 'string':
      return checkString(value);
    case 'url':
      return checkUrl(value);
    case 'date':
      return checkDate(value);
    case 'integer':
      return checkInteger(value);
    case 'monetary':
      return checkMonetary(value);
    case 'select':
      return checkSelect(field, value);
    case 'documentlink':
      return checkLinks(context, value);
    case 'longtext':
      return typeof value === 'string' ? value : pythonRepr(value);
    default:
      return value;
  }
}

function checkString(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof Float) throw new ServerError('a number has no length');
  const length = Array.isArray(value) ? value.length : letters(value as string).length;
  if (length > longestString) throw wrong(`Ensure this value has at most ${longestString} characters (it has ${length}).`);
  return typeof value === 'string' ? value : pythonRepr(value);
}

function checkUrl(value: unknown): unknown {
  if (value === '') return '';
  if (typeof value !== 'string') throw new ServerError('a URL must be text');
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/.exec(value);
  if (!match) throw wrong(`Unable to parse URI ${value}, missing scheme`);
  if ((match[2] ?? '').replace(/^\/\//, '') === '') throw wrong(`Unable to parse URI ${value}, missing net location or path`);
  return value;
}

function checkDate(value: unknown): string {
  const date = typeof value === 'string' ? parseDate(value) : undefined;
  if (date === undefined) throw wrong('Date has wrong format. Use one of these formats instead: YYYY-MM-DD.');
  return date;
}

function checkInteger(value: unknown): number {
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : undefined;
  if (number === undefined) throw wrong('Enter a valid integer.');
  if (number > largestInteger) throw wrong(`Ensure this value is less than or equal to ${largestInteger}.`);
  if (number < -largestInteger - 1) throw wrong(`Ensure this value is greater than or equal to ${-largestInteger - 1}.`);
  return number;
}

const currency = /^[A-Z]{3}-?\d+(\.\d{1,2})$/;

/** A plain decimal of at most twelve digits, two of them behind the point; otherwise a currency code and an amount with decimals. */
function checkMonetary(value: unknown): unknown {
  const shown = value instanceof Float ? String(value.value) : value;
  if (shown === '') return shown;
  if (typeof shown === 'number' || (typeof shown === 'string' && /^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$/.test(shown))) {
    const [whole = '', fraction = ''] = String(shown).trim().replace(/^[+-]/, '').split('.');
    const digits = whole.replace(/^0+/, '').length + fraction.length;
    if (fraction.length <= 2 && digits <= 12) return String(shown);
  }
  if (typeof shown === 'string' && currency.test(shown)) return shown;
  throw wrong('Must be a two-decimal number with optional currency code e.g. GBP123.45');
}

function checkSelect(field: CustomFieldRow, value: unknown): unknown {
  const options = (field.extraData?.select_options ?? []) as SelectOption[];
  if (!options.some((option) => option.id === value)) {
    throw wrong(`Value must be an id of an element in ${pythonOptions(options)}`);
  }
  return value;
}

function pythonOptions(options: SelectOption[]): string {
  return `[${options
    .map(
      (option) =>
        `{${Object.entries(option)
          .map(([name, value]) => `'${name}': '${String(value)}'`)
          .join(', ')}}`,
    )
    .join(', ')}]`;
}

function checkLinks(context: Context, value: unknown): number[] {
  if (!Array.isArray(value)) throw wrong('Value must be a list');
  if (value.some((id) => typeof id === 'string')) throw new ServerError('ids are compared with numbers');
  const ids = value as number[];
  const rows = ids.map((id) => liveDocument(context.store, id));
  if (rows.some((row) => row === undefined) || new Set(ids).size !== ids.length)
    throw wrong("Some documents in value don't exist or were specified twice.");
  if (rows.some((row) => row && !mayChange(context.user, row)))
    throw new ApiError(403, { detail: 'You do not have permission to perform this action.' });
  return ids;
}

/** The whole list as it would be written; shapes as the server's nested serializer gives them. */
export function checkInstances(context: Context, row: DocumentRow, value: unknown): WantedInstance[] {
  if (value === null) throw refuse('This field may not be null.');
  if (!Array.isArray(value)) throw new Refused({ non_field_errors: [`Expected a list of items but got type "${pythonType(value)}".`] });
  const found: Record<string, unknown> = {};
  const wanted = (value as unknown[]).map((item, index): WantedInstance | undefined => {
    try {
      return checkInstance(context, row, item);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      found[String(index)] = error.detail;
      return undefined;
    }
  });
  const details = Object.values(found);
  // A missing value is told in a list of all items, everything else by the item's index.
  if (details.length > 0) {
    const missing = details.some((detail) => isObject(detail) && 'value' in detail);
    throw new Refused(missing ? wanted.map((_item, index) => found[String(index)] ?? {}) : found);
  }
  return wanted.filter((instance) => instance !== undefined);
}

function checkInstance(context: Context, _row: DocumentRow, item: unknown): WantedInstance {
  if (!isObject(item)) throw new Refused({ non_field_errors: [`Invalid data. Expected a dictionary, but got ${pythonType(item)}.`] });
  const problems: Record<string, unknown> = {};
  if (!('value' in item)) problems.value = ['This field is required.'];
  const id = item.field;
  const field = typeof id === 'number' ? context.store.customFields.get(id) : undefined;
  if (id === undefined) throw new ServerError('no field');
  if (!field)
    problems.field = [
      typeof id === 'number' ? `Invalid pk "${id}" - object does not exist.` : `Incorrect type. Expected pk value, received ${pythonType(id)}.`,
    ];
  if (!field || Object.keys(problems).length > 0) throw new Refused(problems);
  return { field, value: checkValue(context, field, item.value) };
}

/** What the database column makes of a value. @throws ServerError: everything before it stays written. */
export function column(field: CustomFieldRow, value: unknown): unknown {
  if (value === null) return null;
  if (field.dataType === 'boolean') {
    if (value === true || value === 1 || value === 'True' || value === '1' || value === 't') return true;
    if (value === false || value === 0 || value === 'False' || value === '0' || value === 'f') return false;
    throw new ServerError('not a boolean');
  }
  if (field.dataType === 'float') {
    const number =
      value instanceof Float ? value.value : typeof value === 'string' ? pythonFloat(value) : typeof value === 'boolean' ? Number(value) : value;
    if (typeof number !== 'number') throw new ServerError('not a float');
    return number;
  }
  return value instanceof Float ? value.value : value;
}

function pythonFloat(text: string): number | undefined {
  if (/^\s*[+-]?nan\s*$/i.test(text)) return NaN;
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : undefined;
}

/** Replaces a document's instances: what isn't wanted goes, links are kept on both sides. */
export function saveInstances(context: Context, row: DocumentRow, wanted: WantedInstance[]): void {
  const { store } = context;
  for (const { field, value } of wanted) {
    const instance = instanceOf(row, field.id);
    const before = linksOf(instance);
    const stored = column(field, value);
    if (field.dataType === 'documentlink' && instance) reflectLinks(store, row, field.id, before, Array.isArray(stored) ? (stored as number[]) : []);
    if (instance) instance.values[field.dataType] = stored;
    else {
      const made: FieldInstance = { field: field.id, values: { [field.dataType]: stored } };
      row.fields.push(made);
      if (field.dataType === 'documentlink') reflectLinks(store, row, field.id, [], linksOf(made));
    }
  }
  const kept = new Set(wanted.map(({ field }) => field.id));
  const gone = row.fields.filter((instance) => !kept.has(instance.field));
  row.fields = row.fields.filter((instance) => kept.has(instance.field));
  for (const instance of gone) reflectLinks(store, row, instance.field, linksOf(instance), []);
  bump(store, row);
}

function instanceOf(row: DocumentRow, field: number): FieldInstance | undefined {
  return row.fields.find((instance) => instance.field === field);
}
