// npm test: sets the checkout up, then runs the suites (folders of test/), each in a process of its own, and adds them up. See --help.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, install, root } from './setup.mjs';
import { endAll, runSuite } from './suite.mjs';

const usage = `Runs the tests: npm test [-- SUITE ... --grep TEXT]

  SUITE         only these folders of test/; all of them when none is named
  --grep TEXT   only tests whose title matches
  --jobs N      suites that run at once (2, or 1 on a single core)
  --list        names the suites
`;

/** In this order; what isn't named here follows by name. */
const ORDER = ['unit', 'demo', 'contract', 'simulation', 'mutants', 'nodes', 'flow', 'fidelity', 'crash', 'sockets', 'browser', 'package', 'live'];
class Usage extends Error {}

function options(args) {
  const given = { suites: [], grep: undefined, jobs: Math.min(2, availableParallelism()), list: false, help: false };
  for (let i = 0; i < args.length; i += 1) {
    const [name, inline] = args[i].startsWith('--') ? args[i].split(/=(.*)/su) : [args[i]];
    const value = () => {
      const found = inline ?? args[++i];
      if (found === undefined) throw new Usage(`${name} needs a value.`);
      return found;
    };
    if (name === '--grep' || name === '-g') given.grep = value();
    else if (name === '--jobs') given.jobs = Number(value());
    else if (name === '--list') given.list = true;
    else if (name === '--help' || name === '-h') given.help = true;
    else if (name.startsWith('-')) throw new Usage(`There is no option ${name}.`);
    else given.suites.push(name);
  }
  if (!Number.isInteger(given.jobs) || given.jobs < 1) throw new Usage('--jobs takes a whole number from 1.');
  return given;
}

/** By suite, the compiled files of its tests. Taken from the sources: dist/ may still hold a test that was removed. */
function suites() {
  const found = new Map();
  for (const folder of readdirSync(join(root, 'test'), { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    const files = readdirSync(join(root, 'test', folder.name), { recursive: true })
      .filter((file) => file.endsWith('.test.ts'))
      .sort()
      .map((file) => join('dist', 'test', folder.name, file.replace(/\.ts$/u, '.js')));
    if (files.length > 0) found.set(folder.name, files);
  }
  const rank = (name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return new Map([...found].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)));
}

/** What a failed suite's output is worth showing: mocha's account of the failures, or its last lines when it didn't get so far. */
function ending(output) {
  const account = output.search(/^ +\d+ passing \(.*\)$/mu);
  return (account === -1 ? output.split('\n').slice(-100).join('\n') : output.slice(account)).trimEnd();
}

function report(result) {
  const { name, passed, failed, skipped, seconds } = result;
  const numbers = `${passed.length} passed, ${failed.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
  process.stdout.write(`${failed.length > 0 ? 'FAILED ' : 'ok     '} ${name.padEnd(11)} ${numbers.padEnd(36)} ${seconds.toFixed(1).padStart(6)} s\n`);
  // What a suite has to say beside its numbers.
  for (const line of result.output.match(/^# .*$/gmu) ?? []) process.stdout.write(`       ${name.padEnd(11)} ${line.slice(2)}\n`);
  if (failed.length > 0 && result.output !== '') process.stdout.write(`${ending(result.output).replace(/^/gmu, `  ${name} | `)}\n`);
}

function summarise(results) {
  const all = (key) => results.flatMap((result) => result[key].map((title) => ({ suite: result.name, title })));
  const skipped = all('skipped');
  const failed = all('failed');
  if (skipped.length > 0) process.stdout.write('\nSkipped (a skip is not a pass):\n');
  for (const { suite, title } of skipped) process.stdout.write(`  ${suite}: ${title}\n`);
  if (failed.length > 0) process.stdout.write('\nFailed:\n');
  for (const { suite, title } of failed) process.stdout.write(`  ${suite}: ${title}\n`);
  const passed = all('passed').length;
  process.stdout.write(`\n${passed} passed, ${failed.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}\n`);
  return failed.length === 0 && (passed > 0 || skipped.length > 0);
}

async function main() {
  const given = options(process.argv.slice(2));
  if (given.help) return process.stdout.write(usage);
  const all = suites();
  for (const name of given.suites) if (!all.has(name)) throw new Usage(`There is no suite "${name}". There is ${[...all.keys()].join(', ')}.`);
  if (given.list) return process.stdout.write(`${[...all.keys()].join('\n')}\n`);
  install();
  build();
  const chosen = [...all].filter(([name]) => given.suites.length === 0 || given.suites.includes(name));
  const folder = mkdtempSync(join(tmpdir(), 'pngx-test-'));
  const waiting = [...chosen];
  const results = [];
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await runSuite(...next, { grep: given.grep, live: chosen.length === 1, folder });
      report(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: given.jobs }, worker));
  rmSync(folder, { recursive: true, force: true });
  results.sort((a, b) => chosen.findIndex(([name]) => name === a.name) - chosen.findIndex(([name]) => name === b.name));
  if (given.grep !== undefined && results.every((result) => result.passed.length + result.failed.length + result.skipped.length === 0)) {
    results.push({ name: 'npm test', passed: [], skipped: [], failed: [`no test matches "${given.grep}"`] });
  }
  process.exitCode = summarise(results) ? 0 : 1;
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.on(signal, () => {
    endAll();
    process.exit(code);
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Usage)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
