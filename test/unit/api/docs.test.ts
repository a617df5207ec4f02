import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { operations, packageRoot } from '../../../src/api';
import { EXIT } from '../../../src/cli/exit';
import { COMMANDS } from '../../../src/cli/main';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

describe('the docs', () => {
  it('list exactly the operations that there are', () => {
    const rows = [...read('docs/api.md').matchAll(/^\| `([A-Z]+ \/api[^`]*)` +\| `([^`]+)` +\|/gm)].map(
      (match) => `${match[1] ?? ''} ${match[2] ?? ''}`,
    );
    assert.deepEqual(rows.sort(), operations.map(({ method, path, id }) => `${method} ${path} ${id}`).sort());
  });

  it('name every command, and every exit code', () => {
    const text = read('docs/operations.md');
    for (const { name } of COMMANDS) {
      const [family, verb] = name.split(' ');
      assert(text.includes(`pngx ${name}`) || new RegExp(`pngx ${family ?? ''} [^|]*\`${verb ?? ''}\\b`).test(text), name);
    }
    for (const code of Object.values(EXIT)) assert.match(text, new RegExp(`^\\| ${code} +\\|`, 'm'));
  });

  const documents = [
    'README.md',
    ...readdirSync(join(packageRoot, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];
  for (const document of documents) {
    it(`lead somewhere: ${document}`, () => {
      for (const [, target = ''] of read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^https?:/.test(target)) continue;
        const path = normalize(join(dirname(document), target));
        assert(path.endsWith('/') ? readdirSync(join(packageRoot, path)).length > 0 : read(path).length > 0, `${document} → ${target}`);
      }
    });
  }
});
