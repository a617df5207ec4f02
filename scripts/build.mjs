// TypeScript to dist/, then everything of a node that isn't code: editor HTML, icons, locales, and help made from help.md.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const sources = ['src', 'nodes', 'flows', 'ui', 'simulator', 'demo', 'test', 'bench', 'scripts', 'package.json', 'tsconfig.json'];

function newest(path) {
  if (!existsSync(path)) return 0;
  const info = statSync(path);
  if (!info.isDirectory()) return info.mtimeMs;
  return readdirSync(path).reduce((max, name) => Math.max(max, newest(join(path, name))), info.mtimeMs);
}

if (process.argv.includes('--if-changed') && existsSync(stamp)) {
  const built = statSync(stamp).mtimeMs;
  if (sources.every((s) => newest(join(root, s)) <= built)) process.exit(0);
}

const started = new Date();
const tsc = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'tsconfig.json')], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);

/** help.md becomes the help Node-RED shows: one source for the editor and the docs. */
function help(folder, name) {
  const source = join(folder, 'help.md');
  if (!existsSync(source)) return;
  const target = join(dist, 'nodes', name, 'locales', 'en-US');
  mkdirSync(target, { recursive: true });
  writeFileSync(
    join(target, `${name}.html`),
    `<script type="text/markdown" data-help-name="paperless-${name}">\n${readFileSync(source, 'utf8')}</script>\n`,
  );
}

for (const name of readdirSync(join(root, 'nodes'))) {
  const folder = join(root, 'nodes', name);
  if (!statSync(folder).isDirectory()) continue;
  mkdirSync(join(dist, 'nodes', name), { recursive: true });
  for (const entry of readdirSync(folder)) {
    if (entry.endsWith('.html') || entry === 'icons' || entry === 'locales')
      cpSync(join(folder, entry), join(dist, 'nodes', name, entry), { recursive: true });
  }
  help(folder, name);
}

const after = join(root, 'scripts', 'build-app.mjs');
if (existsSync(after)) {
  const done = spawnSync(process.execPath, [after], { cwd: root, stdio: 'inherit' });
  if (done.status !== 0) process.exit(done.status ?? 1);
}

writeFileSync(stamp, '');
utimesSync(stamp, started, started);
