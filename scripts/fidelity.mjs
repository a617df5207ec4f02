// npm run fidelity: writes docs/fidelity.md anew. Syncs a library of everything that copies get wrong between simulated servers of both versions, and
// puts down what `pngx compare --bytes` then finds. The same documents and seed give the same page.
//   --documents N (120)  --seed S (1)  --check (writes nothing; exits 1 where the page differs from docs/fidelity.md)
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { page } from './fidelity-page.mjs';
import { build, install, projectNode, root } from './setup.mjs';

const PAIRS = [
  ['3.0.5', '3.0.5'],
  ['3.0.5', '2.20.15'],
  ['2.20.15', '3.0.5'],
  ['2.20.15', '2.20.15'],
];

const { values } = parseArgs({
  options: {
    documents: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    check: { type: 'boolean', default: false },
  },
});
const [documents, seed] = [Number(values.documents), Number(values.seed)];

// A check is a test's, which runs on what was built.
if (!values.check) {
  install();
  build();
}
const load = createRequire(join(root, 'dist', 'simulator', 'main.js'));
const { generateLibrary } = load('./library/index.js');
const { peopleOf } = load('./library/nasty/people.js');
const { Instance } = load('./instance.js');
const { machineEnvironment } = load('./environment.js');
const { listen } = load('./http/server.js');

/** A simulated server with a library in it. */
async function serve(version, library) {
  const instance = new Instance({ version, environment: machineEnvironment(seed), token: 'fidelity', workers: 4 });
  instance.seed(library);
  return listen((request) => instance.handle(request), 0);
}

/** Runs the command; resolves with what it printed. Exit codes that aren't in `ends` are errors. */
function pngx(folder, env, args, ends) {
  return new Promise((resolve, reject) => {
    const child = spawn(projectNode, [join(root, 'bin', 'pngx.js'), ...args], { cwd: folder, env: { PATH: process.env.PATH, ...env } });
    const [out, err] = [[], []];
    child.stdout.on('data', (chunk) => out.push(chunk));
    child.stderr.on('data', (chunk) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (ends.includes(code)) resolve(Buffer.concat(out).toString());
      else reject(new Error(`pngx ${args.join(' ')} ended with ${code}: ${Buffer.concat([...out, ...err]).toString()}`));
    });
  });
}

/** What a comparison finds after a sync between these two versions. */
async function measure([from, to]) {
  const folder = mkdtempSync(join(tmpdir(), 'pngx-fidelity-'));
  const library = generateLibrary({ documents, seed, nasty: true, major: Number(from[0]) });
  const servers = [await serve(from, library), await serve(to, peopleOf(library))];
  const [master, replica] = servers;
  try {
    const env = { DATA_DIR: folder, MASTER_URL: master.url, MASTER_TOKEN: 'fidelity' };
    env.SECRET_KEY = (await pngx(folder, env, ['new-key'], [0])).trim();
    await pngx(folder, env, ['replica', 'add', '--name', 'copy', '--url', replica.url, '--token', 'fidelity'], [0]);
    // One after the other: which of two twins gets there first decides which of them a 2.x replica holds.
    await pngx(folder, env, ['settings', 'set', 'upload_concurrency', '1'], [0]);
    await pngx(folder, env, ['sync', '--until-settled', '--timeout', '600'], [0, 1]);
    return { from, to, comparison: JSON.parse(await pngx(folder, env, ['compare', 'copy', '--bytes', '--json'], [0, 1])) };
  } finally {
    for (const server of servers) await server.close();
    rmSync(folder, { recursive: true });
  }
}

const file = join(root, 'docs', 'fidelity.md');
const made = page({ documents, seed, pairs: await Promise.all(PAIRS.map(measure)) });
if (!values.check) {
  writeFileSync(file, made);
  process.stdout.write(`${file} is written.\n`);
} else if (readFileSync(file, 'utf8') !== made) {
  process.stderr.write(
    `docs/fidelity.md isn't what the comparison finds. Run npm run fidelity and look at what changed.\n${firstChange(file, made)}`,
  );
  process.exitCode = 1;
}

/** The first line in which the page differs, as it is and as it should be. */
function firstChange(path, wanted) {
  const [is, should] = [readFileSync(path, 'utf8').split('\n'), wanted.split('\n')];
  const at = should.findIndex((line, index) => line !== is[index]);
  return `line ${at + 1} is:        ${is[at] ?? 'not there'}\nline ${at + 1} should be: ${should[at] ?? 'not there'}\n`;
}
