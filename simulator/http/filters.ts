/** Filters by query parameter, as django-filter has them: unknown names and empty values are ignored, bad values are a 400. */
import { parseDate, parseIso } from '../state/times';
import type { Micros } from '../state/rows';
import type { Store } from '../state/store';
import type { Context } from './context';
import { ApiError } from './errors';
import { Refused, refuse } from './check';

/** Makes a predicate of a parameter's text, or null when the text switches the filter off. */
export type Filter<Row> = (value: string, context: Context) => ((row: Row) => boolean) | null;

export type Filters<Row> = Record<string, Filter<Row>>;

export function applyFilters<Row>(context: Context, filters: Filters<Row>, rows: Row[]): Row[] {
  const wrong: Record<string, unknown> = {};
  let kept = rows;
  for (const name of new Set(context.query.keys())) {
    const value = context.query.getAll(name).at(-1) ?? '';
    const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
    if (!filter || value === '') continue;
    try {
      const predicate = filter(value, context);
      if (predicate) kept = kept.filter(predicate);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      wrong[name] = error.detail;
    }
  }
  if (Object.keys(wrong).length > 0) throw new ApiError(400, wrong);
  return kept;
}

/** SQLite folds ASCII letters only. */
export function fold(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function textFilters<Row>(name: string, get: (row: Row) => string | null | undefined): Filters<Row> {
  const make =
    (test: (have: string, want: string) => boolean): Filter<Row> =>
    (value) => {
      if (value.includes('\0')) throw refuse('Null characters are not allowed.');
      const want = fold(value.trim());
      if (want === '') return null;
      return (row) => test(fold(get(row) ?? ''), want);
    };
  return {
    [`${name}__iexact`]: make((have, want) => have === want),
    [`${name}__icontains`]: make((have, want) => have.includes(want)),
    [`${name}__istartswith`]: make((have, want) => have.startsWith(want)),
    [`${name}__iendswith`]: make((have, want) => have.endsWith(want)),
  };
}

function number(value: string): number {
  if (!/^\s*[+-]?\d+(\.\d+)?\s*$/.test(value)) throw refuse('Enter a number.');
  return Number(value);
}

export function numberList(value: string): number[] {
  return value
    .split(',')
    .filter((part) => part !== '')
    .map(number);
}

export function booleanOf(value: string): boolean | null {
  return { true: true, True: true, '1': true, false: false, False: false, '0': false }[value] ?? null;
}

export function idFilters<Row>(name: string, get: (row: Row) => number | null): Filters<Row> {
  return {
    [name]: (value) =>
      (
        (want) => (row: Row) =>
          get(row) === want
      )(number(value)),
    [`${name}__in`]: (value) =>
      (
        (want) => (row: Row) =>
          want.has(get(row) ?? NaN)
      )(new Set(numberList(value))),
  };
}

/** A foreign key under its own name, by id, by list, by absence. */
export function relationFilters<Row>(name: string, get: (row: Row) => number | null): Filters<Row> {
  return {
    ...idFilters(`${name}__id`, get),
    [`${name}__id__none`]: (value) =>
      (
        (want) => (row: Row) =>
          !want.has(get(row) ?? NaN)
      )(new Set(numberList(value))),
    [`${name}__isnull`]: isNull(get),
  };
}

export function isNull<Row>(get: (row: Row) => unknown): Filter<Row> {
  return (value) => {
    const want = booleanOf(value);
    return want === null ? null : (row) => (get(row) === null) === want;
  };
}

const comparisons: [string, (have: number, want: number) => boolean][] = [
  ['gt', (have, want) => have > want],
  ['gte', (have, want) => have >= want],
  ['lt', (have, want) => have < want],
  ['lte', (have, want) => have <= want],
];

export function numberFilters<Row>(name: string, get: (row: Row) => number | null): Filters<Row> {
  const made: Filters<Row> = {
    [name]: (value) =>
      (
        (want) => (row: Row) =>
          get(row) === want
      )(number(value)),
    [`${name}__isnull`]: isNull(get),
  };
  for (const [suffix, test] of comparisons) {
    made[`${name}__${suffix}`] = (value) => {
      const want = number(value);
      return (row) => ((have) => have !== null && test(have, want))(get(row));
    };
  }
  return made;
}

/** Dates are compared as text: YYYY-MM-DD sorts as it counts. */
export function dateFilters<Row>(name: string, get: (row: Row) => string): Filters<Row> {
  const made: Filters<Row> = {};
  const dayNumber = (date: string) => Number(date.replaceAll('-', ''));
  for (const [suffix, test] of comparisons) {
    made[`${name}__${suffix}`] = (value) => {
      const want = parseDate(value.trim());
      if (want === undefined) throw refuse('Enter a valid date.');
      return (row) => test(dayNumber(get(row)), dayNumber(want));
    };
  }
  for (const [suffix, from, to] of [
    ['year', 0, 4],
    ['month', 5, 7],
    ['day', 8, 10],
  ] as const) {
    made[`${name}__${suffix}`] = (value) =>
      (
        (want) => (row: Row) =>
          Number(get(row).slice(from, to)) === want
      )(number(value));
  }
  return made;
}

export function timeFilters<Row>(name: string, store: Store, get: (row: Row) => Micros): Filters<Row> {
  const made: Filters<Row> = {};
  for (const [suffix, test] of comparisons) {
    made[`${name}__${suffix}`] = (value) => {
      const want = parseIso(value, store.zone);
      if (want === undefined) throw refuse('Enter a valid date/time.');
      return (row) => test(get(row), want);
    };
  }
  const days = dateFilters<Row>(`${name}__date`, (row) => store.zone.date(get(row)));
  const parts = dateFilters<Row>(name, (row) => store.zone.date(get(row)));
  for (const suffix of ['year', 'month', 'day']) made[`${name}__${suffix}`] = parts[`${name}__${suffix}`] as Filter<Row>;
  for (const [suffix] of comparisons) made[`${name}__date__${suffix}`] = days[`${name}__date__${suffix}`] as Filter<Row>;
  return made;
}

export type Key = number | string | null;

/** Orders by a comma list of known names; unknown ones are dropped, and without any the fallback orders. No tie-break is added. */
export function order<Row>(context: Context, known: Record<string, (row: Row) => Key>, fallback: string[], rows: Row[]): Row[] {
  const asked = (context.query.getAll('ordering').at(-1) ?? '').split(',').map((name) => name.trim());
  const names = asked.filter((name) => Object.hasOwn(known, name.replace(/^-/, '')));
  const keys = (names.length > 0 ? names : fallback).map((name) => ({ get: known[name.replace(/^-/, '')], sign: name.startsWith('-') ? -1 : 1 }));
  return [...rows].sort((a, b) => {
    for (const { get, sign } of keys) {
      const result = get ? compare(get(a), get(b)) : 0;
      if (result !== 0) return result * sign;
    }
    return 0;
  });
}

/** SQLite puts NULL first and text in the order of its bytes. */
function compare(a: Key, b: Key): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
