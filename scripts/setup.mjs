// Makes a fresh checkout ready: dependencies as locked, then the build. Runs on any Node >= 20; what follows runs on the project's own Node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const projectNode = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Installs when node_modules is missing or was made from another lock file. */
export function install() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.pngx-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(projectNode)) return;
  process.stderr.write('Installing dependencies (npm ci) ...\n');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) fail('npm ci failed: see above. A machine with Node >= 20, npm and the npm registry in reach is all it needs.');
  if (!existsSync(projectNode))
    fail("The 'node' package did not install its binary. Check that npm may run its install script (allowScripts in package.json).");
  writeFileSync(stamp, lock);
}

/** Runs a file on the project's own Node (24) and ends this process as it ends; signals are passed on. */
export function run(args, options = {}) {
  const done = spawnSync(projectNode, args, { cwd: root, stdio: 'inherit', ...options });
  return done.status ?? 1;
}

export function build() {
  const status = run([join(root, 'scripts', 'build.mjs'), '--if-changed'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  install();
  build();
}
