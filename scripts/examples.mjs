// Writes the short examples anew from flows/: they are kept in the repository, where people read them. Run after a build; examples/app comes from the build itself.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { shortExamples } = createRequire(import.meta.url)(join(root, 'dist', 'flows', 'index.js'));
for (const [path, nodes] of shortExamples) {
  const file = join(root, 'examples', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(nodes, null, 2)}\n`);
}
