import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { checkout as root } from './checkout';
import { madeErrors, sourcesOf, type MadeError } from './error-codes';

const made = (): MadeError[] => sourcesOf(root).flatMap((file) => madeErrors(relative(root, file), readFileSync(file, 'utf8')));

/** Errors of the registry whose next step is the caller's to say: src/api/errors.ts has it for each. */
const SAID_BY_THE_API: ReadonlySet<string> = new Set(['setting', 'invalid_replica', 'not_found']);

/** Codes that aren't written where the error is made. */
const COMPUTED = ['refused', 'spool-full'];

describe('house: errors', function () {
  this.timeout(20_000);

  it('say what happened and what to do, wherever one is made', () => {
    const errors = made();
    assert.ok(errors.length > 80, `only ${errors.length} were found`);
    const silent = errors.filter(({ code, message, nextStep }) => {
      const short = (text: string | null): boolean => text !== null && text.trim().length < 12;
      return short(message) || (short(nextStep) && !SAID_BY_THE_API.has(code));
    });
    assert.deepEqual(silent.map(({ file, line, code }) => `${file}:${line} ${code}`), []); // prettier-ignore
  });

  it('of a cycle stand in docs/operations.md, each with what it means, and no others', () => {
    const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
    const section = page.slice(page.indexOf('## Causes'), page.indexOf('\n## ', page.indexOf('## Causes') + 4));
    const listed = [...section.matchAll(/^\| `([a-z0-9-]+)` +\| ([^|]{12,}) \| ([^|]{12,}) \|$/gmu)].map(([, code]) => code ?? '');
    const rooms = /^src\/(?:sync\/(?!preflight)|paperless|controller\/stages)/u;
    const codes = new Set([...COMPUTED, ...made().flatMap(({ file, code }) => (rooms.test(file) ? [code] : []))]);
    assert.deepEqual([...listed].sort(), [...codes].sort());
  });

  it('are found in each form, and missed sentences with them', () => {
    const source = `
      throw documentError('no-next-step', 'Something happened here.');
      throw new PlanError('all-there', 'Something happened here.', \`Do \${what} about it.\`);
      const told = { code: 'of-an-object', message: '', nextStep: say(it) };
    `;
    assert.deepEqual(madeErrors('a.ts', source), [
      { file: 'a.ts', line: 2, code: 'no-next-step', message: 'Something happened here.', nextStep: '' },
      { file: 'a.ts', line: 3, code: 'all-there', message: 'Something happened here.', nextStep: 'Do ${what} about it.' },
      { file: 'a.ts', line: 4, code: 'of-an-object', message: '', nextStep: null },
    ]);
  });
});
