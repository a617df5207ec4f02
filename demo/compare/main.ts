import { parseArgs } from 'node:util';
import type { Comparison } from './compare.js';
import { compareInstances } from './compare.js';
import { ReadError } from './http.js';

const usage = `Compares a replica with its master, both read over HTTP, by GET alone.

  node dist/demo/compare/main.js --master URL --master-token T --replica URL --replica-token T [options]

  --checksums   take the servers' word for their files' checksums instead of downloading every original
                (between 2.x and 3.x the 3.x side is downloaded all the same: they have no algorithm in common)
  --owners      compare owners and permissions too
  --texts       compare the texts of older file versions too (3.x)
  --json        one JSON object on stdout

Tokens must be superusers'; COMPARE_MASTER_TOKEN and COMPARE_REPLICA_TOKEN do as well.
Exit code 0: nothing missing, doubled or different; 1: something is; 2: couldn't be compared.
`;

/** What a person reads. */
export function describe(result: Comparison): string {
  const side = (s: Comparison['master']): string => `${s.url} (${s.version}): ${s.documents} documents`;
  const lines = [
    `master   ${side(result.master)}`,
    `replica  ${side(result.replica)}`,
    `fields   ${result.fields.join(', ')}; files ${result.files.replica}`,
    `paired ${result.paired}, missing ${result.missing}, doubled ${result.doubled}, different ${result.different}, the replica's own ${result.own}${result.withheld > 0 ? `, without their owner ${result.withheld}` : ''}`,
    ...Object.entries(result.limited).map(([reason, n]) => `limited: ${reason}: ${n}`),
    ...Object.entries(result.by_field).map(([field, n]) => `differs: ${field}: ${n}`),
  ];
  for (const [name, found] of Object.entries(result.collections)) {
    if (found.missing.length > 0) lines.push(`${name} missing: ${found.missing.slice(0, 10).join(', ')}`);
    if (found.different.length > 0) lines.push(`${name} different: ${found.different.slice(0, 10).join(', ')}`);
  }
  for (const kind of ['missing', 'doubled'] as const) for (const d of result.examples[kind]) lines.push(`  ${kind}: ${d.id} ${d.title}`);
  for (const d of result.examples.different) {
    for (const x of d.differences) lines.push(`  ${d.id} -> ${d.replica_id} ${x.field}: ${JSON.stringify(x.master)} / ${JSON.stringify(x.replica)}`);
  }
  lines.push(result.ok ? 'The replica holds what the master has.' : 'The replica does not hold what the master has.');
  return lines.join('\n');
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    options: {
      master: text,
      'master-token': text,
      replica: text,
      'replica-token': text,
      checksums: flag,
      owners: flag,
      texts: flag,
      json: flag,
      help: flag,
    },
  });
  const masterToken = values['master-token'] ?? process.env['COMPARE_MASTER_TOKEN'];
  const replicaToken = values['replica-token'] ?? process.env['COMPARE_REPLICA_TOKEN'];
  if (values.help || !values.master || !masterToken || !values.replica || !replicaToken) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const options = { owners: values.owners, versionTexts: values.texts, files: values.checksums ? ('checksums' as const) : ('download' as const) };
  const [result] = await compareInstances({ url: values.master, token: masterToken }, [{ url: values.replica, token: replicaToken }], options);
  if (result === undefined) throw new Error('Nothing was compared.');
  process.stdout.write(`${values.json ? JSON.stringify(result) : describe(result)}\n`);
  return result.ok ? 0 : 1;
}

if (require.main === module) {
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      const known = error instanceof ReadError || (error instanceof TypeError && 'code' in error);
      process.stderr.write(`${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 2;
    },
  );
}
