import { decidedSchema, driftSchema, type DriftItem } from '../../api';
import { text, wholeNumber, type Command } from '../command';
import { ask, connectForReading, connectForWriting, using, type Connection } from '../connection';
import { EXIT, usageError } from '../exit';
import { printJson, wantsJson } from '../output';
import { REPLICA_OPTION, whichReplica } from './which-replica';

const PAGE = 500;

async function allDrift(connection: Connection, replicaId: number): Promise<DriftItem[]> {
  const items: DriftItem[] = [];
  for (let after: number | null | undefined; after !== null;) {
    const page = await ask(driftSchema, connection, 'replica-drift', { id: replicaId, limit: PAGE, ...(after === undefined ? {} : { after }) });
    items.push(...page.items);
    after = page.next_after;
  }
  return items;
}

function show(value: unknown): string {
  return value === null || value === undefined ? 'nothing' : JSON.stringify(value);
}

function describe(item: DriftItem): string {
  const copy = item.replica_document_id === null ? 'no copy' : `copy ${item.replica_document_id}`;
  const lines = [`Document ${item.master_document_id} "${item.title ?? ''}" (${copy}): ${item.state}, found ${item.found_at ?? 'never'}`];
  if (item.differences.length === 0) lines.push('  the copy is not there any more');
  for (const { field, wanted, found } of item.differences) lines.push(`  ${field}: wanted ${show(wanted)}, found ${show(found)}`);
  if (item.reason !== null) lines.push(`  ${item.reason}`);
  if (item.next_step !== null) lines.push(`  ${item.next_step}`);
  return lines.join('\n');
}

export const drift: Command = {
  name: 'drift',
  summary: 'Show field by field how copies differ that were changed on their replica, or decide about one.',
  details:
    "With drift_policy 'ask' such a copy waits for your decision: --document ID --decide revert brings back what the master has with the next cycle; --decide keep leaves it " +
    'until the master changes it. Each decision is in the audit log.',
  options: {
    ...REPLICA_OPTION,
    document: { type: 'string', value: 'ID', about: "Only this one of the master's documents." },
    decide: { type: 'string', value: 'DECISION', about: 'revert or keep; with --document.' },
  },
  positionals: ['NAME|ID'],
  async run(io, values, positionals) {
    const document = wholeNumber(values, 'document', 1);
    const decision = text(values, 'decide');
    if (decision !== undefined && decision !== 'revert' && decision !== 'keep')
      throw usageError(`--decide takes revert or keep, not "${decision}".`, 'Correct it.');
    if (decision !== undefined) {
      if (document === undefined) throw usageError('Decide about which document?', 'Give its id on the master: --document 17.');
      const decided = await using(await connectForWriting(io), async (connection) => {
        const { id } = await whichReplica(connection, values, positionals);
        return ask(decidedSchema, connection, 'replica-drift-decide', { id, document, decision });
      });
      if (wantsJson(values)) printJson(io, decided);
      else io.out(`${describe(decided.document)}\n`);
      return EXIT.ok;
    }
    const all = await using(await connectForReading(io), async (connection) =>
      allDrift(connection, (await whichReplica(connection, values, positionals)).id),
    );
    const items = document === undefined ? all : all.filter((item) => item.master_document_id === document);
    if (wantsJson(values)) printJson(io, { items });
    else io.out(items.length === 0 ? 'Every copy was as it should be when it was last looked at.\n' : `${items.map(describe).join('\n\n')}\n`);
    return EXIT.ok;
  },
};
