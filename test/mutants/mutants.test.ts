import assert from 'node:assert/strict';
import { hunt, hunted, type Fate } from './hunt';
import { locate, mutated, sourceOf, StaleEditError, type Edit } from './mutation';
import { allMutations, mutationsOf } from './operators';
import { page } from './page';
import { canary, planted } from './planted';
import { explained, outdated } from './survivors';

/** A process for each hunt, and a process more to see that the seed passes without the bug. */
const MINUTES = 5 * 60_000;

describe('planted bugs', () => {
  it('have names of their own, and a sentence', () => {
    const names = [canary, ...planted].map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const { careless } of planted) assert.match(careless, /^[A-Z].*\.$/u);
  });

  for (const mutant of [canary, ...planted]) {
    it(`fit their source: ${mutant.name}`, () => {
      const { edits } = hunted(mutant);
      assert.ok(edits.length > 0);
    });
  }

  it('are all in docs/mutants.md, which npm run simulate:mutants writes', () => {
    const lines = sourceOf('docs/mutants.md').split('\n');
    for (const line of page(new Map()).split('\n')) {
      const start = line.startsWith('| ') ? line.split(' | ').slice(0, 3).join(' | ') : line;
      assert.ok(
        lines.some((one) => one.startsWith(start)),
        `docs/mutants.md lacks: ${start}`,
      );
    }
  });

  it('are refused where the source has moved on', () => {
    const edit: Edit = { file: 'src/a.ts', find: 'x > 1', put: 'x >= 1' };
    assert.deepEqual(
      locate([edit], () => 'if (x > 1) y();'),
      [{ file: 'src/a.ts', start: 4, end: 9, put: 'x >= 1' }],
    );
    assert.throws(() => locate([edit], () => 'if (x > 2) y();'), StaleEditError);
    assert.throws(() => locate([edit], () => 'x > 1 || x > 1'), /2 times instead of once/u);
  });

  it('may be made of several edits, which may not overlap', () => {
    const span = (start: number, end: number, put: string) => ({ file: 'a', start, end, put });
    assert.equal(mutated('abcdef', [span(0, 1, 'X'), span(4, 5, ''), span(2, 2, 'Y')]), 'XbYcdf');
    assert.throws(() => mutated('abcdef', [span(0, 3, 'X'), span(2, 4, 'Y')]), RangeError);
  });
});

describe('the simulation', function () {
  this.timeout(MINUTES);

  it('notices the canary: it is not blind', async () => {
    const fate = await hunt(hunted(canary), { from: 1, seeds: 3 });
    assert.equal(fate.kind, 'caught', describeFate(fate));
  });

  for (const name of ['patch-taken-as-proof', 'time-of-change-ignored', 'spool-kept']) {
    it(`notices ${name}`, async () => {
      const mutant = planted.find((one) => one.name === name);
      assert.ok(mutant);
      const fate = await hunt(hunted(mutant), { from: 1, seeds: 30 });
      assert.equal(fate.kind, 'caught', describeFate(fate));
    });
  }

  it('lets an edit pass that is none', async () => {
    const edit: Edit = { file: 'src/sync/ingest.ts', find: 'const PAGE = 1000;', put: 'const PAGE = 500 + 500;' };
    assert.equal((await hunt({ edits: locate([edit]) }, { from: 4, seeds: 2 })).kind, 'survived');
  });

  it("doesn't take a source that nobody loads for one that was proven", async () => {
    const edit: Edit = { file: 'src/cli/help.ts', find: 'import', put: 'import' };
    const [span] = locate([edit], (file) => (file === edit.file ? 'import' : ''));
    assert.ok(span);
    assert.deepEqual(await hunt({ edits: [{ ...span, end: 0, put: '' }] }, { from: 1, seeds: 1 }), { kind: 'not loaded' });
  });

  it('does not count a seed that fails without the bug as well', async () => {
    const breaks = locate(canary.edits);
    assert.deepEqual(await hunt({ edits: breaks, harmless: breaks }, { from: 4, seeds: 1 }), { kind: 'survived', after: 0 });
  });

  it('counts a process that ends by itself as a find', async () => {
    const edit: Edit = { file: 'src/sync/ingest.ts', find: 'const PAGE = 1000;', put: 'const PAGE = 1000; setImmediate(() => process.exit(9));' };
    const fate = await hunt({ edits: locate([edit]) }, { from: 1, seeds: 1 });
    assert.deepEqual([fate.kind, fate.kind === 'caught' && fate.check], ['caught', 'died']);
  });
});

describe('random changes', () => {
  it('are those of each operator', () => {
    const source = `
      export async function f(list: number[]): Promise<void> {
        if (list.length > 2 && list[0] === 1) throw new Error('x');
        await g(list.filter((n) => n < 3), { a: 1, b: true });
        run.log('info', 'not this one: 1 > 0');
      }`;
    const found = mutationsOf('f.ts', source).map(({ what }) => what);
    for (const what of [
      '> → >=',
      '&& → ||',
      '=== → !==',
      '< → <=',
      'true → false',
      '2 → 3',
      '2 → 1',
      "throw new Error('x'); → ;",
      'nothing → return;',
    ])
      assert.ok(found.includes(what), `${what} in ${found.join('\n')}`);
    assert.ok(found.includes('await g(list.filter((n) => n < 3), { a: 1, b: true }); → ;'));
    assert.ok(found.includes('list.filter((n) => n < 3) → list'));
    assert.ok(found.includes('a: 1, → nothing'));
    assert.ok(!found.some((what) => what.includes('not this one')));
  });

  it('have the same numbers each time, and leave something that can be parsed', () => {
    const sources: Record<string, string> = {
      'a.ts': 'export const a = (n: number): boolean => n > 1 && n < 5;',
      'b.ts': 'export const b = [1, 2, 3];',
    };
    const read = (file: string): string => sources[file] ?? '';
    const all = allMutations(['a.ts', 'b.ts'], read);
    assert.deepEqual(allMutations(['a.ts', 'b.ts'], read), all);
    assert.ok(all.length > 10);
    assert.equal(new Set(all.map(({ file, start, end, put }) => `${file} ${start} ${end} ${put}`)).size, all.length);
    assert.ok(all.some(({ file, put }) => file === 'b.ts' && put === ''));
  });

  it('that are explained say which and why', () => {
    for (const { file, text, what, why } of explained) {
      assert.match(file, /^src\//u);
      assert.ok(text !== '' && what.includes(' → '));
      assert.match(why, /^.{20,}\.$/u);
    }
    assert.ok(outdated(allMutations()).length <= explained.length);
  });
});

function describeFate(fate: Fate): string {
  return fate.kind === 'survived' ? `survived ${fate.after} seeds` : fate.kind;
}
