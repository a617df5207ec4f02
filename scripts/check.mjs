// npm run check: lint, format, types, and the house rules on imports and package.json. Runs all of them, then says which failed.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, install, projectNode, root } from './setup.mjs';

install();
const tool = (...path) => join(root, 'node_modules', ...path);
const tsc = tool('typescript', 'bin', 'tsc');

const checks = [
  { name: 'lint', args: [tool('eslint', 'bin', 'eslint.js'), '--max-warnings=0', '.'] },
  { name: 'format', args: [tool('prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'] },
  { name: 'types', args: [tsc, '-p', 'tsconfig.json', '--noEmit', '--incremental', 'false'] },
  { name: 'types of ui', args: [tsc, '-p', 'ui'] },
];
const house = { name: 'house', args: [tool('mocha', 'bin', 'mocha.js'), '--reporter=dot', 'dist/test/unit/house/**/*.test.js'] };

function runCheck({ name, args }) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(projectNode, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (chunk) => output.push(chunk));
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code) => {
      process.stdout.write(`${code === 0 ? 'ok     ' : 'FAILED '} ${name.padEnd(12)} ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
      if (code !== 0) process.stdout.write(Buffer.concat(output).toString());
      resolve({ name, ok: code === 0 });
    });
  });
}

const waiting = [...checks];
const results = [];
const worker = async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await runCheck(next));
};
await Promise.all([worker(), worker()]);
// The house's rules are tests, so they are built first; a build that fails has been told above as types.
if (results.every(({ ok, name }) => ok || !name.startsWith('types'))) {
  build();
  results.push(await runCheck(house));
}
const failed = results.filter(({ ok }) => !ok).map(({ name }) => name);
process.stdout.write(failed.length === 0 ? 'Everything is in order.\n' : `Not in order: ${failed.join(', ')}.\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
