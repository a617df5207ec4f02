import type { z } from 'zod';
import { pairsSchema } from '../../api';
import type { Command } from '../command';
import { ask, connectForReading, using } from '../connection';
import { EXIT } from '../exit';
import { wantsJson } from '../output';
import { REPLICA_OPTION, whichReplica } from './which-replica';

export const exportMap: Command = {
  name: 'export-map',
  summary: "Print which of a replica's documents is the copy of which of the master's.",
  details: 'With --json one object, {"<master id>": <replica id>, …}; else a line for each pair, the two ids with a tab between them.',
  options: REPLICA_OPTION,
  positionals: ['NAME|ID'],
  async run(io, values, positionals) {
    await using(await connectForReading(io), async (connection) => {
      const { id } = await whichReplica(connection, values, positionals);
      const json = wantsJson(values);
      let after: number | null = null;
      let separator = '{';
      do {
        const page: z.infer<typeof pairsSchema> = await ask(pairsSchema, connection, 'replica-pairs', { id, ...(after === null ? {} : { after }) });
        for (const [master, replica] of page.items) {
          io.out(json ? `${separator}"${master}":${replica}` : `${master}\t${replica}\n`);
          separator = ',';
        }
        after = page.next_after;
      } while (after !== null);
      if (json) io.out(separator === '{' ? '{}\n' : '}\n');
    });
    return EXIT.ok;
  },
};
