import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { KINDS } from './kinds';
import { readLedger } from './ledger';
import { runSeeds } from './pool';
import { Report } from './report';
import type { SeedVerdict } from './run-seed';

/** So many stories, or as many as fit in so many minutes. */
const CI = process.env.CI === 'true';
const SEEDS = Number(process.env.SIMULATE_SEEDS ?? (CI ? 10_000 : 1000));
const MINUTES = Number(process.env.SIMULATE_MINUTES ?? (CI ? 10 : 5));
/**
 * The share of stories that may end badly. It is to be 0: each that did is in the ledger, and mended or told as `open`. Until ten thousand have gone by without
 * one, a story in a thousand that nobody has met before is told, and fails nothing.
 */
const KNOWN_SHARE = 0.001;
const jobs = availableParallelism();

async function all(seeds: Iterable<number>, options: Parameters<typeof runSeeds>[1] = {}): Promise<{ report: Report; verdicts: SeedVerdict[] }> {
  const report = new Report();
  const verdicts: SeedVerdict[] = [];
  for await (const verdict of runSeeds(seeds, { jobs, ...options })) {
    report.add(verdict);
    verdicts.push(verdict);
  }
  return { report, verdicts };
}

function* from(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed += 1) yield seed;
}

/** A line that npm test shows. */
function tell(line: string): void {
  process.stdout.write(`# ${line}\n`);
}

describe('random stories of a master, its replicas and the controller', function () {
  this.timeout(14 * 60_000);
  const ledger = readLedger();
  const open = new Set(ledger.seeds.filter((entry) => entry.open === true).map(({ seed }) => seed));

  it('end with nothing lost, doubled, different or stuck, and with true words', async () => {
    const enough = new AbortController();
    const timer = setTimeout(() => enough.abort(), MINUTES * 60_000);
    const seeds = [...from(1, SEEDS)].filter((seed) => !open.has(seed));
    const { report } = await all(seeds, { signal: enough.signal });
    clearTimeout(timer);
    tell(
      `${report.done} of ${SEEDS} random stories within ${MINUTES} minutes, with ${report.crashes} crashes; ${open.size} seeds are left out as known and not mended`,
    );
    for (const verdict of report.failures) tell(`${report.line(verdict)}; again: npm run simulate -- --seed ${verdict.seed}`);
    assert.ok(
      report.failures.length <= report.done * KNOWN_SHARE,
      `${report.failures.length} of ${report.done} stories ended badly: ${report.failures.map((verdict) => report.line(verdict)).join('\n')}`,
    );
    assert.ok(report.done >= Math.min(seeds.length, 50), `only ${report.done} stories were told in ${MINUTES} minutes`);
    // Too few stories say nothing of what is rare.
    if (report.done >= 500)
      assert.deepEqual(
        KINDS.filter((kind) => report.times(kind) === 0),
        [],
        'trouble that never came',
      );
  });

  it('that failed once end well now', async () => {
    const { report } = await all(ledger.seeds.filter((entry) => entry.open !== true).map(({ seed }) => seed));
    assert.deepEqual(
      report.failures.map((verdict) => report.line(verdict)),
      [],
    );
    const root = join(__dirname, '..', '..', '..');
    for (const { held, seed } of ledger.seeds) assert.ok(held === null || existsSync(join(root, held)), `seed ${seed}: there is no ${held ?? ''}`);
  });

  it('are the same to the byte when they are told again', async () => {
    const seeds = [...from(20_001, 20)];
    const hashes = async (order: readonly number[]): Promise<[number, string][]> => {
      const { verdicts } = await all(order);
      return verdicts.map(({ seed, traceHash }): [number, string] => [seed, traceHash]).sort(([a], [b]) => a - b);
    };
    const first = await hashes(seeds);
    assert.deepEqual(await hashes([...seeds].reverse()), first);
    assert.equal(new Set(first.map(([, hash]) => hash)).size, seeds.length, 'different seeds tell the same story');
  });

  it('end alike change by change, with restarts between, and all at once', async () => {
    const { report } = await all(from(1, Number(process.env.SIMULATE_DIFFERENTIAL ?? 30)), { differential: true });
    tell(`${report.done} pasts seen three ways`);
    assert.deepEqual(
      report.failures.map((verdict) => report.line(verdict)),
      [],
    );
  });
});
