import { replicaListSchema, type Replica } from '../../api';
import type { OptionSpec, Values } from '../command';
import { text } from '../command';
import { ask, type Connection } from '../connection';
import { usageError } from '../exit';

export const REPLICA_OPTION: Readonly<Record<string, OptionSpec>> = {
  replica: { type: 'string', value: 'NAME|ID', about: "The replica's name or id." },
};

export async function allReplicas(connection: Connection): Promise<Replica[]> {
  return (await ask(replicaListSchema, connection, 'replica-list')).replicas;
}

/** The replica that a person means by its name or id. Refuses what fits none, or one by its name and another by its id. */
export async function whichReplica(connection: Connection, values: Values, positionals: readonly string[]): Promise<Replica> {
  const given = text(values, 'replica') ?? positionals[0];
  if (given === undefined) throw usageError('Which replica?', 'Give its name or id: --replica NAME. pngx replica list shows them.');
  const replicas = await allReplicas(connection);
  const named = replicas.find((replica) => replica.name === given);
  const numbered = replicas.find((replica) => String(replica.id) === given);
  if (named !== undefined && numbered !== undefined && named.id !== numbered.id) {
    throw usageError(
      `"${given}" is the name of replica ${named.id} and the id of "${numbered.name}".`,
      `Use the id ${named.id}, or the name "${numbered.name}".`,
    );
  }
  const found = named ?? numbered;
  if (found !== undefined) return found;
  const known = replicas.map((replica) => `${replica.name} (${replica.id})`).join(', ');
  throw usageError(`There is no replica "${given}".`, known === '' ? 'There is none yet: pngx replica add makes one.' : `There are: ${known}.`);
}
