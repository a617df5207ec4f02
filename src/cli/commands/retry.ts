import { retriedSchema } from '../../api';
import { text, type Command } from '../command';
import { ask, connectForWriting, using } from '../connection';
import { EXIT, usageError } from '../exit';
import { printJson, wantsJson } from '../output';
import { REPLICA_OPTION, whichReplica } from './which-replica';

function idsOf(given: string | undefined): number[] | undefined {
  const ids = given?.split(',').map((id) => Number(id.trim()));
  if (ids?.some((id) => !Number.isSafeInteger(id) || id < 1) === true)
    throw usageError(`--documents takes ids of the master's documents, not "${given ?? ''}".`, 'As in --documents 17,23.');
  return ids;
}

export const retry: Command = {
  name: 'retry',
  summary: 'Have failed and quarantined documents tried again by the next cycle.',
  options: {
    ...REPLICA_OPTION,
    code: { type: 'string', value: 'CODE', about: 'Only what failed for this cause, as pngx sync and the errors of a replica name it.' },
    documents: { type: 'string', value: 'IDS', about: "Only these of the master's documents, also when they are held: 17,23." },
  },
  async run(io, values, positionals) {
    const documents = idsOf(text(values, 'documents'));
    const code = text(values, 'code');
    const { name, retried } = await using(await connectForWriting(io), async (connection) => {
      const replica = await whichReplica(connection, values, positionals);
      const answer = await ask(retriedSchema, connection, 'replica-retry', {
        id: replica.id,
        ...(documents === undefined ? {} : { documents }),
        ...(code === undefined ? {} : { code }),
      });
      return { name: replica.name, ...answer };
    });
    if (wantsJson(values)) printJson(io, { retried });
    else io.out(`${retried} documents of "${name}" are tried again by the next cycle.\n`);
    return EXIT.ok;
  },
};
