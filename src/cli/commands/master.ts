import { findOperation } from '../../api';
import { text, type Command } from '../command';
import { call, connectForWriting, using } from '../connection';
import { EXIT, usageError } from '../exit';
import { printJson, wantsJson } from '../output';
import { givenToken } from './given-token';

export const masterSet: Command = {
  name: 'master set',
  summary: "Change the master's address or token; it is tried first, and refused when it fails.",
  details: 'MASTER_URL and MASTER_TOKEN are only read when a database has no master yet; afterwards this changes it.',
  options: {
    url: { type: 'string', value: 'URL', about: 'Its address.' },
    token: { type: 'string', value: 'TOKEN', about: "API token of one of its superusers; '-' reads it from standard input." },
  },
  async run(io, values) {
    const url = text(values, 'url');
    const token = await givenToken(io, text(values, 'token'));
    if (url === undefined && token === undefined) throw usageError('Nothing to change.', 'Give --url, --token or both.');
    const input = { ...(url === undefined ? {} : { master_url: url }), ...(token === undefined ? {} : { master_token: token }) };
    findOperation('settings-update')?.check(input);
    const answer = await using(await connectForWriting(io), (connection) => call(connection, 'settings-update', input));
    if (wantsJson(values)) printJson(io, answer);
    else io.out('The master answers and is set.\n');
    return EXIT.ok;
  },
};
