// One suite of tests as a process of its own: what passed, failed and was skipped, and whether it came to its end.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectNode, root } from './setup.mjs';

/** Needs servers that most machines don't have, so it may skip all that it has. Anywhere else a suite that ran nothing has failed. */
const MAY_SKIP = ['live'];
/** A suite that hasn't ended by then hangs: the whole of npm test is to take 12 minutes. Real servers take the time that they take, and have a limit of their own. */
const limitMs = (name) => (name === 'live' ? 24 * 3_600_000 : 15 * 60_000);
/** From a suite's last test to the end of its process: longer means that a test left something open. */
const LINGER_MS = 20_000;

function readResults(file) {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // It died before its first test: no results is what is said.
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const running = new Set();

/** Ends a suite's process and whatever it started. */
function end(child) {
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/**
 * Runs a suite to its end. Resolves with the titles of what passed, failed and was skipped, and its output; a suite that crashed, hung or ran nothing
 * has that as one more failure. Never rejects. `live`: its output goes straight to the terminal; `folder`: where its results are kept meanwhile.
 */
export function runSuite(name, files, { grep, live = false, folder, lingerMs = LINGER_MS }) {
  const results = join(folder, `${name}.jsonl`);
  const reporter = join(root, 'dist', 'test', 'support', 'reporter.js');
  const args = [join('node_modules', 'mocha', 'bin', 'mocha.js'), '--forbid-only', '--timeout', '20000', '--reporter', reporter];
  args.push('--require', join(root, 'dist', 'test', 'support', 'properties.js'));
  args.push('--reporter-option', `results=${results}`, ...(grep === undefined ? [] : ['--grep', grep]), ...files);
  const started = Date.now();
  return new Promise((resolve) => {
    // A group of its own, so that what it started ends with it.
    const child = spawn(projectNode, args, {
      cwd: root,
      detached: process.platform !== 'win32',
      stdio: ['ignore', live ? 1 : 'pipe', live ? 2 : 'pipe'],
    });
    running.add(child);
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    let trouble = null;
    let overSince = null;
    const watch = setInterval(() => {
      if (overSince === null && readResults(results).at(-1)?.end === true) overSince = Date.now();
      if (overSince !== null && Date.now() - overSince > lingerMs)
        trouble = 'its tests ended, but its process did not: a test leaves a timer, socket or process open';
      else if (Date.now() - started > limitMs(name)) trouble = `it had not ended after ${limitMs(name) / 60_000} minutes`;
      if (trouble !== null) end(child);
    }, 1000);
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code, signal) => {
      clearInterval(watch);
      running.delete(child);
      end(child);
      const lines = readResults(results);
      const titles = (state) => lines.filter((line) => line.state === state).map((line) => line.title);
      const passed = titles('passed');
      const failed = titles('failed');
      const skipped = titles('skipped');
      const ended = lines.at(-1)?.end === true;
      if (trouble === null && !ended) trouble = `it crashed (${signal ?? `exit code ${code}`}) before its last test`;
      if (trouble === null && code !== 0 && failed.length === 0) trouble = `it ended with ${signal ?? `exit code ${code}`}`;
      const ran = passed.length + failed.length;
      if (trouble === null && ran === 0 && grep === undefined && !(MAY_SKIP.includes(name) && skipped.length > 0)) trouble = 'it ran no test';
      if (trouble !== null) failed.push(`${name}: ${trouble}`);
      resolve({ name, passed, failed, skipped, trouble, seconds: (Date.now() - started) / 1000, output: Buffer.concat(output).toString() });
    });
  });
}

/** For when this process is told to stop. */
export function endAll() {
  for (const child of running) end(child);
}
