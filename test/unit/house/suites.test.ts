import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkout } from './checkout';

interface Outcome {
  passed: string[];
  failed: string[];
  skipped: string[];
}
interface Options {
  folder: string;
  grep?: string;
  lingerMs?: number;
}
type RunSuite = (name: string, files: string[], options: Options) => Promise<Outcome>;

describe('house: npm test counts what a suite did', function () {
  // Each is a process of mocha's.
  this.timeout(30_000);
  let folder: string;
  let runSuite: RunSuite;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pngx-suites-'));
    const module = (await import(pathToFileURL(join(checkout, 'scripts', 'suite.mjs')).href)) as { runSuite: RunSuite };
    runSuite = module.runSuite;
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  async function run(source: string, options: { name?: string; grep?: string; lingerMs?: number } = {}): Promise<Outcome> {
    const file = join(folder, 'sample.test.js');
    writeFileSync(file, source);
    const { name = 'sample', ...others } = options;
    const { passed, failed, skipped } = await runSuite(name, [file], { folder, ...others });
    return { passed, failed, skipped };
  }

  it('by title', async () => {
    const outcome = await run("it('a', () => {}); it('b', () => { throw new Error('x'); }); it.skip('c', () => {});");
    assert.deepEqual(outcome, { passed: ['a'], failed: ['b'], skipped: ['c'] });
  });

  it('and fails one that ran nothing, skipped all, or crashed', async () => {
    assert.deepEqual((await run("describe('empty', () => {});")).failed, ['sample: it ran no test']);
    assert.deepEqual((await run("it.skip('c', () => {});")).failed, ['sample: it ran no test']);
    assert.deepEqual(await run("it('a', () => {}); it('b', () => process.exit(0));"), {
      passed: ['a'],
      failed: ['sample: it crashed (exit code 0) before its last test'],
      skipped: [],
    });
    assert.deepEqual((await run("it('a', () => process.kill(process.pid, 'SIGKILL'));")).failed, [
      'sample: it crashed (SIGKILL) before its last test',
    ]);
    assert.deepEqual((await run("require('./not-there');")).failed, ['sample: it crashed (exit code 1) before its last test']);
    const late = "it('a', () => {}); after(() => void setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50));";
    assert.deepEqual((await run(late)).failed, ['sample: it ended with SIGKILL']);
  });

  it('and fails one that was narrowed by only, or leaves something open', async () => {
    assert.equal((await run("it.only('a', () => {}); it('b', () => {});")).failed.length, 1);
    const open = await run("it('a', () => { setInterval(() => {}, 1000); });", { lingerMs: 0 });
    assert.match(open.failed.join(), /its tests ended, but its process did not/u);
  });

  it('and lets a suite of real servers skip all', async () => {
    assert.deepEqual(await run("it.skip('c', () => {});", { name: 'live' }), { passed: [], failed: [], skipped: ['c'] });
    assert.equal((await run("describe('empty', () => {});", { name: 'live' })).failed.length, 1);
  });

  it('and takes a selection as one', async () => {
    assert.deepEqual(await run("it('a', () => {}); it('b', () => {});", { grep: 'b' }), { passed: ['b'], failed: [], skipped: [] });
    assert.deepEqual((await run("it('a', () => {});", { grep: 'z' })).failed, []);
  });
});
