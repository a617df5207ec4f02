import { compareReplica, openOptionsOf, openReading, runOperation, type Reading } from '../../api';
import type { Command, Io } from '../command';
import { describeComparison } from '../comparison';
import type { Connection } from '../connection';
import { CommandError, EXIT } from '../exit';
import { printJson, wantsJson } from '../output';
import { REPLICA_OPTION, whichReplica } from './which-replica';

function reading(io: Io): Reading {
  const options = openOptionsOf(io.env);
  const opened = openReading(options);
  if (opened !== null) return opened;
  throw new CommandError(
    EXIT.configuration,
    'no-database',
    `There is no database at ${options.databasePath} yet.`,
    'Check DATABASE_URL, or make one: pngx replica add or pngx start do.',
  );
}

/** Straight from the database, even where a controller runs: the comparison must not lean on what the controller says. */
function connection({ controller }: Reading): Connection {
  return { call: (operation, input) => runOperation(operation, input, { controller, who: 'command line' }), close: () => Promise.resolve() };
}

export const compare: Command = {
  name: 'compare',
  summary: 'Compare a replica with the master, field by field, by reading both.',
  details:
    'Takes addresses, settings and the map of pairs from the database; whether a pair is equal is read from the two servers alone. Writes nothing, and may run beside a ' +
    'controller: what differs is looked at twice. Compares with the master as it is: what a flow changes or holds back is told as different or missing.\n\n' +
    'limited is what that version of paperless cannot hold; it is no difference. Files are proven by the checksums that both servers list; between 2.x and 3.x, which list ' +
    'different ones, by reading those of the 3.x side.\n\n' +
    'The exit code is 0 when all is equal or limited, 1 when something is missing, doubled or different.',
  options: { ...REPLICA_OPTION, bytes: { type: 'boolean', about: 'Read every file of both sides and compare the bytes.' } },
  positionals: ['NAME|ID'],
  async run(io, values, positionals) {
    const open = reading(io);
    const signal = io.interruptible();
    try {
      const { id, name } = await whichReplica(connection(open), values, positionals);
      const comparison = await compareReplica(open.controller.store, id, {
        allBytes: values.bytes === true,
        signal,
        progress: (done, total) => {
          if (io.tty) io.err(`\r\u001b[K${done} of ${total}${done === total ? '\r\u001b[K' : ''}`);
        },
      });
      if (wantsJson(values)) printJson(io, { ...comparison, replica: { id, name, ...comparison.replica } });
      else io.out(describeComparison(name, comparison));
      return comparison.equal ? EXIT.ok : EXIT.unsynced;
    } catch (error) {
      if (!signal.aborted) throw error;
      io.err('Interrupted.\n');
      return EXIT.interrupted;
    } finally {
      open.close();
    }
  },
};
