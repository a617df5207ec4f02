/** Field checks with the words of the server's serializers. A check gives the value to keep or throws `Refused`. */
import { countLetters } from '../state/letters';
import { Float, isObject, pythonType, type Json } from './json';
import { ApiError, ServerError } from './errors';

/** What is wrong with one field: a list of sentences, or what the server nests there. */
export class Refused extends Error {
  constructor(readonly detail: unknown) {
    super('refused');
  }
}

export const refuse = (...messages: string[]) => new Refused(messages);

export type Check<T> = (value: unknown) => T;

export function text(limits: { max?: number; blank?: boolean; trim?: boolean; nullable?: boolean } = {}): Check<string> {
  return (value) => {
    if (value === null) throw refuse('This field may not be null.');
    const raw = value instanceof Float ? String(value.value) : typeof value === 'number' ? String(value) : value;
    if (typeof raw !== 'string') throw refuse('Not a valid string.');
    const kept = limits.trim === false ? raw : trim(raw);
    if (kept === '' && limits.blank !== true) throw refuse('This field may not be blank.');
    if (kept.includes('\0')) throw refuse('Null characters are not allowed.');
    if (limits.max !== undefined && countLetters(kept) > limits.max) throw refuse(`Ensure this field has no more than ${limits.max} characters.`);
    return kept;
  };
}

/** White space at both ends, as Python's strip() knows it. */
const space = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const outerSpace = new RegExp(`^${space}+|${space}+$`, 'g');

export function trim(value: string): string {
  return value.replace(outerSpace, '');
}

export function integer(min: number, max: number): Check<number> {
  return (value) => {
    const number = wholeNumber(value);
    if (number === undefined) throw refuse('A valid integer is required.');
    if (number > max) throw refuse(`Ensure this value is less than or equal to ${max}.`);
    if (number < min) throw refuse(`Ensure this value is greater than or equal to ${min}.`);
    return number;
  };
}

/** What Python's int() makes of it once a trailing ".0" is cut off. */
export function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value instanceof Float) return Number.isInteger(value.value) ? value.value : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?\d+(\.0*)?\s*$/.test(value)) return undefined;
  return Number(value);
}

export function nullable<T>(check: Check<T>): Check<T | null> {
  return (value) => (value === null ? null : check(value));
}

export const flag: Check<boolean> = (value) => {
  if (value === null) throw refuse('This field may not be null.');
  const word = value instanceof Float ? value.value : value;
  if (['t', 'y', 'yes', 'true', 'on', '1', 1, true].includes(typeof word === 'string' ? word.toLowerCase() : (word as boolean | number))) return true;
  if (['f', 'n', 'no', 'false', 'off', '0', 0, false].includes(typeof word === 'string' ? word.toLowerCase() : (word as boolean | number)))
    return false;
  throw refuse('Must be a valid boolean.');
};

export function choice<T extends string | number>(choices: readonly T[]): Check<T> {
  return (value) => {
    if (value === null) throw refuse('This field may not be null.');
    const found = choices.find((known) => String(known) === show(value));
    if (found === undefined) throw refuse(`"${show(value)}" is not a valid choice.`);
    return found;
  };
}

export function show(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : value === null ? 'None' : JSON.stringify(value);
}

/** The primary key of an existing row. */
export function key(exists: (id: number) => boolean): Check<number> {
  return (value) => {
    if (typeof value === 'boolean') throw refuse('Incorrect type. Expected pk value, received bool.');
    if (value === null) throw refuse('Invalid pk "None" - object does not exist.');
    const number = value instanceof Float ? Math.trunc(value.value) : value;
    const id = typeof number === 'number' ? number : typeof number === 'string' && /^\s*\d+\s*$/.test(number) ? Number(number) : undefined;
    if (id === undefined) throw refuse(`Incorrect type. Expected pk value, received ${pythonType(value)}.`);
    if (!exists(id)) throw refuse(`Invalid pk "${show(value)}" - object does not exist.`);
    return id;
  };
}

/** A key that may be none: null, or nothing. */
export function keyOrNone(check: Check<number>): Check<number | null> {
  return (value) => (value === null || value === '' ? null : check(value));
}

export function keys(exists: (id: number) => boolean): Check<number[]> {
  const one = key(exists);
  return (value) => {
    if (value === null) throw refuse('This field may not be null.');
    // An object counts as the list of its keys.
    const list: unknown = isObject(value) ? Object.keys(value) : value;
    if (!Array.isArray(list)) throw refuse(`Expected a list of items but got type "${pythonType(value)}".`);
    return [...new Set(list.map((item: unknown) => one(item)))];
  };
}

/** Checks the fields that are there (all that are required must be), and throws one 400 with everything that is wrong. */
export function checkAll(data: Json, checks: Record<string, Check<unknown>>, required: string[] = [], only?: (name: string) => boolean): Json {
  const kept: Json = {};
  const wrong: Json = {};
  for (const [name, check] of Object.entries(checks)) {
    if (only && !only(name)) continue;
    if (!Object.hasOwn(data, name) || data[name] === undefined) {
      if (required.includes(name)) wrong[name] = ['This field is required.'];
      continue;
    }
    try {
      kept[name] = check(data[name]);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      wrong[name] = error.detail;
    }
  }
  if (Object.keys(wrong).length > 0) throw new ApiError(400, wrong);
  return kept;
}

/** `set_permissions`: users and groups per action; an action that isn't named stays as it is. */
export function grants(users: (id: number) => boolean, groups: (id: number) => boolean): Check<Json> {
  const list = (value: unknown, kind: string, exists: (id: number) => boolean) => {
    const ids = Array.isArray(value) ? (value as unknown[]).map((item) => Number(item)) : [];
    if (ids.some((id) => !exists(id)) || new Set(ids).size !== ids.length) throw refuse(`Some ${kind} in don't exist or were specified twice.`);
    return ids;
  };
  return (value) => {
    if (value === null) throw refuse('This field may not be null.');
    if (!isObject(value)) throw refuse(`Expected a dictionary of items but got type "${pythonType(value)}".`);
    const kept: Json = {};
    for (const action of ['view', 'change']) {
      const given = value[action];
      if (given === null) throw new ServerError('no users in nothing');
      if (!isObject(given)) continue;
      kept[action] = { users: list(given.users, 'users', users), groups: list(given.groups, 'groups', groups) };
    }
    return kept;
  };
}
