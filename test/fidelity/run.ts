import type { Change } from '../../demo/changes.js';
import { describeChange, makeChanges } from '../../demo/changes.js';
import { Client } from '../../demo/client.js';
import type { Comparison } from '../../demo/compare/compare.js';
import { compareInstances } from '../../demo/compare/compare.js';
import type { Connection } from '../../demo/compare/http.js';
import { readInstance } from '../../demo/compare/read.js';
import { createPeople, Filler } from '../../demo/fill.js';
import { generateLibrary } from '../../simulator/library/index.js';
import { peopleOf } from '../../simulator/library/nasty/people.js';
import { plantedLimits, plantedWithheld } from '../../simulator/library/planted.js';
import { isSimulatedVersion } from '../../simulator/profile.js';
import type { Side, Synced } from './bench.js';
import { Bench } from './bench.js';

export interface Pair {
  /** `2.20.15`, `3.0.5`; of a real server any version. */
  master: string;
  replica: string;
  documents: number;
  changes: number;
  seed: number;
  /** Real and empty ones; simulated when left out. */
  at?: { master: Connection; replica: Connection };
}

export interface Step {
  name: string;
  sync: Synced;
  comparison: Comparison;
  /** Requests that wrote to a simulated replica in a sync right afterwards, or documents of a real one whose `modified` moved. */
  writesAgain: number;
}

export interface Report {
  steps: Step[];
  changes: Change[];
  /** What isn't as it must be; empty when all is well. */
  problems: string[];
}

const majorOf = (version: string): 2 | 3 => (version.startsWith('2.') ? 2 : 3);

/** What a user of the replica would see move: every document's `modified`. */
async function stamps(replica: Side): Promise<Map<number, string>> {
  const list = await new Client(replica).must('GET', '/api/documents/?page_size=100000&fields=id,modified&ordering=id');
  return new Map((list as { results: { id: number; modified: string }[] }).results.map(({ id, modified }) => [id, modified]));
}

/**
 * A nasty library, synced and compared; then changes of every kind, synced and compared again. After each sync a second one must write nothing.
 * @param tell hears what happens, for people
 */
export async function runPair(pair: Pair, tell: (line: string) => void): Promise<Report> {
  const bench = new Bench();
  const report: Report = { steps: [], changes: [], problems: [] };
  const library = generateLibrary({ documents: pair.documents, seed: pair.seed, nasty: true, major: majorOf(pair.master) });
  try {
    const { master, replica } = await sides(bench, pair, tell);
    await bench.connect(master, replica);
    const first = await step(bench, master, replica, 'the nasty library', [], undefined);
    report.steps.push(first);
    const planted = plantedLimits(library, majorOf(pair.replica));
    expectEqual(report, 'limited', sorted(first.comparison.limited), sorted(planted));
    expectEqual(report, 'without their owner', first.comparison.withheld, plantedWithheld(library));
    if (pair.changes > 0) {
      const before = await readInstance(master, { owners: true, needMd5: true });
      report.changes = await makeChanges(master, pair.changes, pair.seed, (change) => tell(describeChange(change)));
      await master.quiet();
      report.steps.push(await step(bench, master, replica, `${pair.changes} changes`, ['--full'], before));
    }
    for (const { name, sync, comparison, writesAgain } of report.steps) {
      if (!sync.summary.settled) report.problems.push(`${name}: not settled: ${sync.summary.reason ?? ''}`);
      if (!comparison.ok) report.problems.push(`${name}: ${differences(comparison)}`);
      if (writesAgain > 0) report.problems.push(`${name}: a second sync wrote ${writesAgain} times`);
    }
    return report;
  } finally {
    await bench.close();
  }
}

async function sides(bench: Bench, pair: Pair, tell: (line: string) => void): Promise<{ master: Side; replica: Side }> {
  const library = generateLibrary({ documents: pair.documents, seed: pair.seed, nasty: true, major: majorOf(pair.master) });
  if (pair.at === undefined) {
    if (!isSimulatedVersion(pair.master) || !isSimulatedVersion(pair.replica))
      throw new Error(`There is no simulated ${pair.master} or ${pair.replica}.`);
    return { master: await bench.simulated(pair.master, library), replica: await bench.simulated(pair.replica, peopleOf(library)) };
  }
  const [master, replica] = [bench.real(pair.at.master, pair.master), bench.real(pair.at.replica, pair.replica)];
  await createPeople(new Client(replica), peopleOf(library));
  await new Filler(master, { texts: false, width: 2, tell }).fill(library);
  await master.quiet();
  return { master, replica };
}

async function step(
  bench: Bench,
  master: Side,
  replica: Side,
  name: string,
  args: string[],
  before: Awaited<ReturnType<typeof readInstance>> | undefined,
): Promise<Step> {
  const sync = await bench.sync(...args);
  await replica.quiet();
  const options = { owners: true, versionTexts: true, ...(before === undefined ? {} : { before }) };
  const [comparison] = await compareInstances(master, [replica], options);
  if (comparison === undefined) throw new Error('Nothing was compared.');
  const [writes, seen] = [replica.writes(), await stamps(replica)];
  await bench.sync(...args);
  const after = await stamps(replica);
  const moved = [...after].filter(([id, stamp]) => seen.get(id) !== stamp).length;
  return { name, sync, comparison, writesAgain: writes === null ? moved : (replica.writes() ?? 0) - writes };
}

function expectEqual(report: Report, what: string, found: unknown, wanted: unknown): void {
  const [f, w] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (f !== w) report.problems.push(`${what}: ${f}, but the library gives reason for ${w}`);
}

function sorted(record: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(record).sort());
}

/** One line of what a comparison found. */
export function differences(comparison: Comparison): string {
  const collections = Object.entries(comparison.collections).flatMap(([name, { missing, different }]) =>
    [...missing.map((entry) => `lacks ${name} "${entry}"`), ...different.map((entry) => `has ${name} "${entry}" otherwise`)].slice(0, 5),
  );
  const examples = comparison.examples.different
    .flatMap(({ id, replica_id, differences: found }) =>
      found.map((d) => `${id} → ${replica_id} ${d.field}: ${JSON.stringify(d.master).slice(0, 200)} / ${JSON.stringify(d.replica).slice(0, 200)}`),
    )
    .slice(0, 12);
  const missing = comparison.examples.missing.map(({ id, title }) => `lacks ${id} "${title}"`).slice(0, 5);
  const doubled = comparison.examples.doubled.map(({ id, title }) => `has ${id} "${title}" once too often`).slice(0, 5);
  return [...missing, ...doubled, ...collections, ...examples].join('\n    ');
}

/** For people: a row for each step. */
export function table(report: Report): string {
  const head = '| step | cycles | seconds | master | copies | equal | different | missing | doubled | kept | limited | written again |';
  const rows = report.steps.map(({ name, sync, comparison: c, writesAgain }) => {
    const limited = Object.entries(c.limited)
      .map(([reason, n]) => `${n} ${reason}`)
      .join(', ');
    const cells = [
      name,
      sync.summary.runs,
      sync.summary.seconds,
      c.master.documents,
      c.replica.documents,
      c.paired - c.different,
      c.different,
      c.missing,
    ];
    return `| ${[...cells, c.doubled, c.kept, limited === '' ? '0' : limited, writesAgain].join(' | ')} |`;
  });
  return [head, head.replace(/[^|]+/gu, '---'), ...rows].join('\n');
}
