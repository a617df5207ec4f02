/** npm run bench: see --help. */
import { parseArgs } from 'node:util';
import { describe, judge, type Outcome, type Row, type Unmeasured } from './row';
import { idleCycle } from './rows/idle';
import { masterCost } from './rows/master-cost';
import { memory } from './rows/memory';
import { shareOfCeiling } from './rows/share';
import { stateWrites } from './rows/state';

const BENCHES: Readonly<Record<string, () => Promise<Row[]>>> = {
  'master-cost': masterCost,
  'idle-1000': () => idleCycle(1_000),
  'idle-10000': () => idleCycle(10_000),
  memory,
  'share-2': () => shareOfCeiling(2, 60, 0.9),
  'share-4': () => shareOfCeiling(4, 120, 0.85),
  state: stateWrites,
};

const usage = `Measures what the product costs, on simulated servers on this machine: counts and ratios, each taken within one run.

  npm run bench                      all of it, in some minutes
  npm run bench -- memory share-2    these alone: ${Object.keys(BENCHES).join(', ')}
  npm run bench -- --json            one JSON object on stdout

Exit code 0: every row was measured and is within its bounds; 1: one isn't; 2: a wrong argument.
`;

async function measure(name: string, bench: () => Promise<Row[]>): Promise<(Outcome | Unmeasured)[]> {
  try {
    const rows = (await bench()).map(judge);
    return rows.length > 0 ? rows : [{ name, ok: false, unmeasured: 'it gave no row' }];
  } catch (error) {
    return [{ name, ok: false, unmeasured: error instanceof Error ? error.message : String(error) }];
  }
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' }, help: { type: 'boolean' } } });
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const unknown = positionals.find((name) => !Object.hasOwn(BENCHES, name));
  if (unknown !== undefined) {
    process.stderr.write(`There is no "${unknown}".\n\n${usage}`);
    return 2;
  }
  // For people on stderr when stdout is for programs.
  const out = values.json === true ? process.stderr : process.stdout;
  const results: (Outcome | Unmeasured)[] = [];
  for (const [name, bench] of Object.entries(BENCHES)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const rows = await measure(name, bench);
    for (const row of rows) out.write(`${describe(row)}\n`);
    results.push(...rows);
  }
  const failed = results.filter(({ ok }) => !ok).length;
  out.write(failed === 0 ? `All ${results.length} rows are within their bounds.\n` : `${failed} of ${results.length} rows failed.\n`);
  if (values.json === true) process.stdout.write(`${JSON.stringify({ ok: failed === 0, rows: results })}\n`);
  return failed === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(error instanceof TypeError && 'code' in error ? `${error.message}\n\n${usage}` : `${String(error)}\n`);
    process.exitCode = 2;
  },
);
