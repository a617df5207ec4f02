/** npm run fidelity:changes; see --help. */
import { parseArgs } from 'node:util';
import { ReadError } from '../../demo/compare/http.js';
import { ClientError } from '../../demo/client.js';
import type { Pair } from './run.js';
import { runPair, table } from './run.js';

const usage = `Fills a master with everything that a copy may get wrong, syncs it to a replica and compares; then changes it in every way that its users
can, syncs with --full and compares again. After each sync a second one must write nothing.

  npm run fidelity:changes -- [--master 3.0.5] [--replica 2.20.15] [--documents 300] [--changes 300] [--seed 1] [--quiet]

  --master-url URL --master-token T --replica-url URL --replica-token T
                 real servers, both empty, instead of simulated ones; --master and --replica then say their versions
  --quiet        without the log of changes

Prints a table; exit code 0 when all is equal but for what a version can't hold, 1 when it isn't, 2 when it couldn't be run.
`;

class UsageError extends Error {}

function pairOf(): { pair: Pair; quiet: boolean } | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    options: {
      master: { ...text, default: '3.0.5' },
      replica: { ...text, default: '2.20.15' },
      documents: { ...text, default: '300' },
      changes: { ...text, default: '300' },
      seed: { ...text, default: '1' },
      'master-url': text,
      'master-token': text,
      'replica-url': text,
      'replica-token': text,
      quiet: flag,
      help: flag,
    },
  });
  if (values.help) return null;
  const [documents, changes, seed] = ([values.documents, values.changes, values.seed] as const).map(Number) as [number, number, number];
  if (![documents, changes, seed].every(Number.isSafeInteger)) throw new UsageError('--documents, --changes and --seed take whole numbers.');
  const given = [values['master-url'], values['master-token'], values['replica-url'], values['replica-token']];
  const [masterUrl, masterToken, replicaUrl, replicaToken] = given;
  const pair: Pair = { master: values.master, replica: values.replica, documents, changes, seed };
  if (given.every((value) => value === undefined)) return { pair, quiet: values.quiet };
  if (masterUrl === undefined || masterToken === undefined || replicaUrl === undefined || replicaToken === undefined)
    throw new UsageError('Real servers need all four: --master-url, --master-token, --replica-url, --replica-token.');
  const at = { master: { url: masterUrl, token: masterToken }, replica: { url: replicaUrl, token: replicaToken } };
  return { pair: { ...pair, at }, quiet: values.quiet };
}

async function main(): Promise<number> {
  const given = pairOf();
  if (given === null) {
    process.stdout.write(usage);
    return 0;
  }
  const { pair, quiet } = given;
  const report = await runPair(pair, (line) => quiet || process.stderr.write(`${line}\n`));
  const kinds = new Set(report.changes.filter((change) => change.refused === null).map((change) => change.kind));
  const refused = report.changes.filter((change) => change.refused !== null).length;
  process.stdout.write(`${pair.master} → ${pair.replica}, seed ${pair.seed}\n\n${table(report)}\n`);
  process.stdout.write(`\n${report.changes.length - refused} changes of ${kinds.size} kinds, ${refused} more refused by the master\n`);
  for (const { name, sync } of report.steps) {
    for (const error of (sync.summary.replicas[0]?.['errors'] ?? []) as { count: number; code: string; message: string }[])
      process.stdout.write(`${name}: ${error.count} × ${error.code}: ${error.message}\n`);
  }
  for (const problem of report.problems) process.stdout.write(`not well: ${problem}\n`);
  return report.problems.length === 0 ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const expected = error instanceof UsageError || error instanceof ReadError || error instanceof ClientError;
    const known = expected || (error instanceof TypeError && 'code' in error);
    process.stderr.write(`${known ? `${error.message}\nSee --help.` : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 2;
  },
);
