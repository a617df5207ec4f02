import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkout, VARIABLE, type Span } from './mutation';

/** By how long they take: the first that fails is enough. */
const SUITES = ['dist/test/unit/{sync,state,compare}/**/*.test.js', 'dist/test/simulation/**/*.test.js'];
/** Real milliseconds without the end of a test, after which it is taken as hanging. */
const PATIENCE_MS = 4 * 60_000;

/** By which written test these edits are noticed; null: by none. */
export async function failingTest(edits: readonly Span[]): Promise<string | null> {
  for (const suite of SUITES) {
    const failed = await failingIn(suite, edits);
    if (failed !== null) return failed;
  }
  return null;
}

function failingIn(suite: string, edits: readonly Span[]): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'pngx-mutants-'));
  const results = join(folder, 'results.jsonl');
  const support = join(checkout, 'dist', 'test', 'support');
  const args = ['--require', join(__dirname, 'apply.js'), join('node_modules', 'mocha', 'bin', 'mocha.js'), '--bail', '--exit', '--timeout', '60000'];
  args.push(
    '--require',
    join(support, 'properties.js'),
    '--reporter',
    join(support, 'reporter.js'),
    '--reporter-option',
    `results=${results}`,
    suite,
  );
  const lines = (): string[] => (existsSync(results) ? readFileSync(results, 'utf8').split('\n').slice(0, -1) : []);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: checkout, stdio: 'ignore', env: { ...process.env, [VARIABLE]: JSON.stringify(edits) } });
    let seen = { lines: 0, at: Date.now() };
    const watch = setInterval(() => {
      const now = lines().length;
      if (now > seen.lines) seen = { lines: now, at: Date.now() };
      else if (Date.now() - seen.at > PATIENCE_MS) child.kill('SIGKILL');
    }, 2000);
    child.on('close', (code, signal) => {
      clearInterval(watch);
      const ended = lines().map((line) => JSON.parse(line) as { state?: string; title?: string });
      rmSync(folder, { recursive: true });
      const failed = ended.find(({ state }) => state === 'failed')?.title;
      const how = signal === null ? `ended with ${code}` : 'hung';
      if (failed !== undefined) resolve(`by the test "${failed}"`);
      else resolve(code === 0 ? null : `by a test process that ${how} after "${ended.at(-1)?.title ?? 'nothing'}"`);
    });
  });
}
