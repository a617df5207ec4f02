import { Cron } from 'croner';
import type { Context } from './context';
import { SettingError } from './errors';
import { DEFINITION, DEFINITIONS, type Definition } from './settings-definitions';
import type { Settings } from './store';
import { instanceUrl } from './url';

type Value = string | number | boolean | null;

const HOURS = /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/;

export function createSettings({ db, box }: Context): Settings {
  const select = db.prepare<[string], string | null>('SELECT value FROM settings WHERE key = ?').pluck();
  const upsert = db.prepare<[string, string]>(
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const remove = db.prepare<[string]>('DELETE FROM settings WHERE key = ?');
  const fact = db.prepare<[string], string>('SELECT value FROM facts WHERE key = ?').pluck();
  const upsertFact = db.prepare<[string, string]>(
    'INSERT INTO facts (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const removeFact = db.prepare<[string]>('DELETE FROM facts WHERE key = ?');

  const stored = (key: string): string | null => select.get(key) ?? null;

  function get(key: string): Value {
    const definition = define(key);
    if (definition.type === 'secret') throw new SettingError(key, `${key} is a secret and is read by name only.`);
    const text = stored(key);
    return text === null ? definition.default : parse(definition, text);
  }

  const settings: Settings = {
    get,
    text: (key) => String(get(key)),
    number(key) {
      const value = get(key);
      if (typeof value !== 'number') throw new SettingError(key, `${key} isn't a number.`);
      return value;
    },
    set(key, value) {
      const definition = define(key);
      if (value === null || (value === '' && definition.type === 'secret')) remove.run(key);
      else if (definition.type === 'secret') upsert.run(key, box.seal(secretText(key, value)));
      else {
        const parsed = String(parse(definition, value));
        if (definition.type === 'cron') demandStrike(key, parsed);
        upsert.run(key, parsed);
      }
    },
    isSet: (key) => stored(define(key).key) !== null,
    secret(key) {
      const token = stored(key);
      return token === null || token === '' ? null : box.open(token, `The setting ${key}`);
    },
    all() {
      const result: Record<string, Value> = {};
      for (const { key, type } of DEFINITIONS) {
        if (type === 'secret') result[`${key}_set`] = (stored(key) ?? '') !== '';
        else result[key] = get(key);
      }
      return result;
    },
    fact: (key) => fact.get(key) ?? null,
    setFact(key, value) {
      if (value === null) removeFact.run(key);
      else upsertFact.run(key, value);
    },
  };
  return settings;
}

function define(key: string): Definition {
  const definition = DEFINITION.get(key);
  if (definition === undefined) throw new SettingError(key, `There is no setting ${key}.`);
  return definition;
}

function secretText(key: string, value: string | number | boolean): string {
  // A token travels in a header: a line break from a paste would end it, and a stray blank is never meant.
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' || !/^[\x20-\x7e]+$/.test(text)) throw new SettingError(key, `${key} must be one line of plain characters.`);
  return text;
}

/** From what was stored or given to the typed value; texts are taken too, since forms and the command line send them. */
function parse(definition: Exclude<Definition, { type: 'secret' }>, value: string | number | boolean): string | number | boolean {
  const { key } = definition;
  const text = String(value).trim();
  switch (definition.type) {
    case 'integer': {
      const number = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      if (!Number.isSafeInteger(number)) throw new SettingError(key, `${key} must be a whole number.`);
      if (number < definition.min || number > definition.max) {
        throw new SettingError(key, `${key} must be between ${definition.min} and ${definition.max}.`);
      }
      return number;
    }
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new SettingError(key, `${key} must be true or false.`);
      return text === 'true';
    case 'choice':
      if (!definition.choices.includes(text)) {
        throw new SettingError(key, `${key} must be one of ${definition.choices.map((choice) => (choice === '' ? '(empty)' : choice)).join(', ')}.`);
      }
      return text;
    case 'url':
      return text === '' ? '' : checkUrl(key, text);
    case 'cron':
      if (text !== '') checkCron(key, text);
      return text;
    case 'hours': {
      const spans = text.split(',').map((span) => span.trim());
      if (text !== '' && !spans.every((span) => HOURS.test(span))) {
        throw new SettingError(key, `${key} must be spans of hours such as 22:00-06:00, with commas between them.`);
      }
      const endless = spans.find((span) => span !== '' && span.slice(0, 5) === span.slice(6));
      if (endless !== undefined) throw new SettingError(key, `${key}: ${endless} has no length. To hold all cycles up, set paused to true.`);
      return text === '' ? '' : spans.join(',');
    }
  }
}

function checkUrl(key: string, text: string): string {
  try {
    return instanceUrl(text);
  } catch (error) {
    throw new SettingError(key, `${key} ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkCron(key: string, text: string): void {
  try {
    new Cron(text, { paused: true }).stop();
  } catch {
    throw new SettingError(key, `${key} must be a cron expression, such as "*/15 6-22 * * *".`);
  }
}

/** When it is set, not when it is read: a year may be over by then. */
function demandStrike(key: string, text: string): void {
  if (text !== '' && new Cron(text, { paused: true }).nextRun() === null)
    throw new SettingError(key, `${key}: the time that "${text}" names never comes. Check its days and months.`);
}
