import { findOperation, settingDefinitions, settingsSchema } from '../../api';
import { type Command } from '../command';
import { ask, connectForReading, connectForWriting, using } from '../connection';
import { EXIT, usageError } from '../exit';
import { printJson, table, wantsJson } from '../output';
import { givenToken } from './given-token';

export const settingsList: Command = {
  name: 'settings list',
  summary: 'Show all settings; secrets only as whether they are set.',
  options: {},
  async run(io, values) {
    const { settings } = await using(await connectForReading(io), (connection) => ask(settingsSchema, connection, 'settings'));
    if (wantsJson(values)) printJson(io, { settings });
    else {
      const about = new Map(settingDefinitions.map((definition) => [definition.key, definition.about]));
      io.out(
        table(
          ['SETTING', 'VALUE', ''],
          Object.entries(settings).map(([key, value]) => [key, String(value ?? ''), about.get(key) ?? '']),
        ),
      );
    }
    return EXIT.ok;
  },
};

/** A value as typed, in the setting's own type; `default` restores what holds when nobody said. */
function typed(key: string, given: string): string | number | boolean | null {
  const definition = settingDefinitions.find((candidate) => candidate.key === key);
  if (definition === undefined) throw usageError(`There is no setting "${key}".`, 'pngx settings list shows them.');
  if (given === 'default') return null;
  if (definition.type === 'integer' && /^\d{1,15}$/.test(given)) return Number(given);
  if (definition.type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true';
  return given;
}

export const settingsSet: Command = {
  name: 'settings set',
  summary: 'Change a setting; it holds from the next cycle on.',
  details: "The value 'default' restores the default; '-' reads the value from standard input, as one does with secrets.",
  options: {},
  positionals: ['KEY', 'VALUE'],
  async run(io, values, [key, given]) {
    if (key === undefined || given === undefined)
      throw usageError('Which setting, and what value?', 'pngx settings set KEY VALUE; pngx settings list shows them.');
    const input = { [key]: typed(key, (await givenToken(io, given)) ?? '') };
    findOperation('settings-update')?.check(input);
    const answer = await using(await connectForWriting(io), (connection) => ask(settingsSchema, connection, 'settings-update', input));
    if (wantsJson(values)) printJson(io, answer);
    else io.out(`${key} is set.\n`);
    return EXIT.ok;
  },
};
