// The end of the build: the shipped flow out of its tabs, and the dashboard's code as one browser bundle.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const { shippedFlow } = createRequire(import.meta.url)(join(dist, 'flows', 'index.js'));

mkdirSync(join(dist, 'flows'), { recursive: true });
writeFileSync(join(dist, 'flows', 'flows.json'), `${JSON.stringify(shippedFlow(), null, 2)}\n`);

mkdirSync(join(dist, 'ui'), { recursive: true });
const entry = join(root, 'ui', 'index.ts');
if (existsSync(entry)) {
  await build({
    entryPoints: [entry],
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
}
