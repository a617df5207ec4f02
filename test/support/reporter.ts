import { appendFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import Mocha from 'mocha';

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } = Mocha.Runner.constants;

/**
 * Mocha's own listing for people, and each result as a line of JSON in a file for scripts/test.mjs. Written as they come: what a crash
 * leaves behind is told apart from a run that came to its end, by the line `{"end":true}`.
 */
class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { results } = options.reporterOptions as { results: string };
    writeFileSync(results, '');
    const line = (value: object): void => appendFileSync(results, `${JSON.stringify(value)}\n`);
    runner.on(EVENT_TEST_PASS, (test) => line({ state: 'passed', title: test.fullTitle() }));
    runner.on(EVENT_TEST_FAIL, (test) => line({ state: 'failed', title: test.fullTitle() }));
    runner.on(EVENT_TEST_PENDING, (test) => line({ state: 'skipped', title: test.fullTitle() }));
    runner.on(EVENT_RUN_END, () => line({ end: true }));
    // After mocha's account of the failures, which is what npm test shows of a suite.
    runner.on(EVENT_RUN_END, () => {
      const seeds = this.failures.flatMap(({ err }) => /^Property failed [^]*\bseed: (-?\d+)/u.exec(err?.message ?? '')?.[1] ?? []);
      const suite = basename(results, '.jsonl');
      for (const seed of new Set(seeds)) process.stdout.write(`The same cases again: PROPERTY_SEED=${seed} npm test -- ${suite}\n`);
    });
  }
}

export = Reporter;
