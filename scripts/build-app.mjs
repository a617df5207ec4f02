// The end of the build: the shipped flow out of its tabs, and the dashboard's code as one browser bundle.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const { shippedFlow } = createRequire(import.meta.url)(join(dist, 'flows', 'index.js'));

// Once for the appliance, once for the import dialog of those who run Node-RED themselves.
for (const file of [join(dist, 'flows', 'flows.json'), join(root, 'examples', 'app', 'complete-controller.json')]) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(shippedFlow(), null, 2)}\n`);
}

mkdirSync(join(dist, 'ui'), { recursive: true });
// esbuild takes types away without looking at them, and the browser's code has other globals than the rest: it is checked by itself.
const checked = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(root, 'ui')], {
  cwd: root,
  stdio: 'inherit',
});
if (checked.status !== 0) process.exit(checked.status ?? 1);

try {
  await build({
    entryPoints: [join(root, 'ui', 'index.ts')],
    outfile: join(dist, 'ui', 'pngx.js'),
    bundle: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    sourcemap: true,
    legalComments: 'none',
    logLevel: 'warning',
    loader: { '.css': 'text' },
    tsconfigRaw: {},
  });
} catch {
  // esbuild has said what is wrong.
  process.exit(1);
}
