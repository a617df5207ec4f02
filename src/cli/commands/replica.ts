import { findOperation, replicaSchema, testSchema } from '../../api';
import { text, wholeNumber, type Command } from '../command';
import { ask, call, connectForReading, connectForWriting, using } from '../connection';
import { EXIT } from '../exit';
import { findingLines } from '../findings';
import { printJson, table, wantsJson } from '../output';
import { givenToken } from './given-token';
import { allReplicas, REPLICA_OPTION, whichReplica } from './which-replica';

export const replicaAdd: Command = {
  name: 'replica add',
  summary: 'Add a replica; it is tried first, and refused when it fails.',
  options: {
    name: { type: 'string', value: 'NAME', about: 'What you call it.', required: true },
    url: { type: 'string', value: 'URL', about: 'Its address, e.g. http://100.64.0.2:8000.', required: true },
    token: { type: 'string', value: 'TOKEN', about: "API token of one of its superusers; '-' reads it from standard input.", required: true },
    interval: { type: 'string', value: 'SECONDS', about: 'Its own sync interval; the global one when left out.' },
  },
  async run(io, values) {
    const interval = wholeNumber(values, 'interval', 1);
    const input = {
      name: text(values, 'name'),
      url: text(values, 'url'),
      token: await givenToken(io, text(values, 'token')),
      ...(interval === undefined ? {} : { sync_interval_seconds: interval }),
    };
    findOperation('replica-add')?.check(input);
    const added = await using(await connectForWriting(io, true), async (connection) => await ask(replicaSchema, connection, 'replica-add', input));
    if (wantsJson(values)) printJson(io, { replica: added });
    else io.out(`Replica "${added.name}" (${added.id}) at ${added.url} added.\n${findingLines(added.name, added.preflight)}`);
    return EXIT.ok;
  },
};

export const replicaList: Command = {
  name: 'replica list',
  summary: 'List the replicas.',
  options: {},
  async run(io, values) {
    const replicas = await using(await connectForReading(io), allReplicas);
    if (wantsJson(values)) printJson(io, { replicas });
    else if (replicas.length === 0) io.out('There is no replica yet: pngx replica add makes one.\n');
    else {
      const rows = replicas.map((r) => [String(r.id), r.name, r.url, r.version ?? '-', r.enabled ? 'yes' : 'no', r.last_sync_ts ?? 'never']);
      io.out(table(['ID', 'NAME', 'URL', 'VERSION', 'ENABLED', 'LAST SYNC'], rows));
    }
    return EXIT.ok;
  },
};

export const replicaRemove: Command = {
  name: 'replica remove',
  summary: 'Remove a replica from the controller; its documents stay where they are.',
  options: REPLICA_OPTION,
  positionals: ['NAME|ID'],
  async run(io, values, positionals) {
    const replica = await using(await connectForWriting(io), async (connection) => {
      const found = await whichReplica(connection, values, positionals);
      await call(connection, 'replica-remove', { id: found.id });
      return found;
    });
    if (wantsJson(values)) printJson(io, { removed: replica });
    else io.out(`Replica "${replica.name}" (${replica.id}) removed. Its documents were left as they are.\n`);
    return EXIT.ok;
  },
};

export const replicaTest: Command = {
  name: 'replica test',
  summary: 'Try the connection to a replica.',
  options: REPLICA_OPTION,
  positionals: ['NAME|ID'],
  async run(io, values, positionals) {
    const result = await using(await connectForWriting(io), async (connection) => {
      const replica = await whichReplica(connection, values, positionals);
      return ask(testSchema, connection, 'replica-test', { id: replica.id });
    });
    if (wantsJson(values)) printJson(io, result);
    else if (result.ok) io.out(`It answers: version ${result.version ?? 'unknown'}, ${result.doc_count ?? 0} documents, ${result.latency_ms} ms.\n`);
    if (result.ok) return EXIT.ok;
    io.err(`${result.error ?? 'It failed.'} ${result.next_step ?? ''}\n`);
    return EXIT.instance;
  },
};

export const replicaUnsuspend: Command = {
  name: 'replica unsuspend',
  summary: 'Take a suspended replica back into the cycles.',
  options: REPLICA_OPTION,
  positionals: ['NAME|ID'],
  async run(io, values, positionals) {
    const replica = await using(await connectForWriting(io), async (connection) => {
      const found = await whichReplica(connection, values, positionals);
      return ask(replicaSchema, connection, 'replica-unsuspend', { id: found.id });
    });
    if (wantsJson(values)) printJson(io, { replica });
    else io.out(`Replica "${replica.name}" (${replica.id}) is active again.\n`);
    return EXIT.ok;
  },
};
