import assert from 'node:assert/strict';
import { kindsOf } from '../../demo/changes.js';
import type { Report } from './run.js';
import { runPair } from './run.js';

/** Small enough for every day; the whole of it is `npm run fidelity:changes`. */
const size = { documents: 72, changes: 60, seed: 1 };

for (const [master, replica] of [
  ['3.0.5', '3.0.5'],
  ['3.0.5', '2.20.15'],
  ['2.20.15', '3.0.5'],
  ['2.20.15', '2.20.15'],
] as const) {
  describe(`a nasty library from ${master} to ${replica}`, function () {
    this.timeout(120_000);
    let report: Report;
    before(async () => (report = await runPair({ master, replica, ...size }, () => undefined)));

    it('is equal but for what was planted, and again after changes of every kind; a second sync writes nothing', () => {
      assert.deepEqual(report.problems, []);
      assert.ok(report.steps.every(({ comparison }) => comparison.ok && comparison.paired > size.documents / 2));
    });

    it('was changed as often and as variously as asked', () => {
      const done = report.changes.filter((change) => change.refused === null);
      assert.equal(done.length, size.changes);
      assert.ok(new Set(done.map((change) => change.kind)).size > Object.keys(kindsOf(3)).length / 2);
    });
  });
}
