import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, VARIABLE, type Span } from './mutation';

/** By how long they take: the first that fails is enough. */
const SUITES = ['dist/test/unit/{sync,state,compare}/**/*.test.js', 'dist/test/simulation/**/*.test.js'];
const LIMIT_MS = 10 * 60_000;

/** The title of a written test that fails with these edits; null when none does. */
export async function failingTest(edits: readonly Span[]): Promise<string | null> {
  for (const suite of SUITES) {
    const failed = await failingIn(suite, edits);
    if (failed !== null) return failed;
  }
  return null;
}

interface Report {
  failures: { fullTitle: string }[];
}

function failingIn(suite: string, edits: readonly Span[]): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'pngx-mutants-'));
  const results = join(folder, 'results.json');
  const args = ['--require', join(__dirname, 'apply.js'), join('node_modules', 'mocha', 'bin', 'mocha.js'), '--bail', '--exit', '--timeout', '60000'];
  args.push(
    '--require',
    join(checkout, 'dist', 'test', 'support', 'properties.js'),
    '--reporter',
    'json',
    '--reporter-option',
    `output=${results}`,
    suite,
  );
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: checkout, stdio: 'ignore', env: { ...process.env, [VARIABLE]: JSON.stringify(edits) } });
    let hangs = false;
    const watch = setTimeout(() => {
      hangs = true;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    child.on('close', (code) => {
      clearTimeout(watch);
      const report = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as Report) : null;
      rmSync(folder, { recursive: true });
      const first = report?.failures[0]?.fullTitle;
      resolve(first ?? (hangs ? 'a written test never ends' : code === 0 ? null : 'a test process ended before its last test'));
    });
  });
}
