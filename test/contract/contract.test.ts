/** The simulator answers recorded exchanges of real servers as they did. */
import { strict as assert } from 'node:assert';
import { simulatedVersions, type SimulatedVersion } from '../../simulator/profile';
import { recordings } from './recording';
import { replay } from './replay';
import { summary, Totals } from './report';
import { shapes, type ShapeName } from './shapes';

/** The share of all recorded exchanges that has to match; what is left out counts against it. */
const leastShare = 0.96;

describe('the simulator against recorded exchanges', () => {
  const totals = new Totals();

  for (const version of simulatedVersions as SimulatedVersion[]) {
    for (const recording of recordings(version)) {
      it(`${version}/${recording.name}: ${recording.what}`, async () => {
        const results = await replay(recording);
        totals.add(`${version}/${recording.name}`, results);
        const shown = results
          .filter((result) => result.differences.length > 0)
          .map((result) => [
            `#${result.index} ${result.title}`,
            ...result.differences
              .slice(0, 5)
              .map(({ where, recorded, ours }) => `    ${where}: ${JSON.stringify(recorded)} <> ${JSON.stringify(ours)}`),
          ]);
        assert.equal(shown.length, 0, shown.flat().join('\n'));
      });
    }
  }

  it('matches nearly all of them', () => {
    const all = totals.sum('matched') + totals.sum('leftOut') + totals.sum('differing');
    assert.ok(all >= 2809, `only ${all} exchanges were replayed`);
    assert.ok(totals.sum('matched') / all >= leastShare, totals.line());
  });

  it('compares by every shape on its list', () => {
    const unused = Object.keys(shapes).filter((name) => !totals.used.has(name as ShapeName));
    assert.deepEqual(unused, []);
  });

  after(() => process.stdout.write(`\n${summary(totals)}\n`));
});
