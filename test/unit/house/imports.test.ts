import assert from 'node:assert/strict';
import { checkout, manifest } from './checkout';
import { importsOf, RULES, sources, wrongImports, wrongInTree } from './imports';

const packages = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]);
const wrong = (path: string, source: string): string[] => wrongImports(path, source, packages);

describe('house: imports', () => {
  it('point down, in every source of the tree', () => {
    assert.deepEqual(wrongInTree(checkout, packages), []);
  });

  it('are looked at in every room', () => {
    const files = sources(checkout);
    for (const room of Object.keys(RULES))
      assert.ok(
        files.some((path) => path.startsWith(`${room}/`)),
        `no source was found in ${room}`,
      );
    for (const path of ['src/sync/push-doc.ts', 'nodes/push-doc/push-doc.ts', 'ui/index.ts']) assert.ok(files.includes(path), path);
  });

  it('are refused when they point up', () => {
    assert.deepEqual(wrong('src/paperless/client.ts', "import { openStore } from '../state';"), [
      'src/paperless/client.ts:1: src/paperless imports src/state; it may import nothing of ours.',
    ]);
    assert.deepEqual(wrong('src/sync/ingest.ts', "\nimport type { Engine } from '../controller/controller';"), [
      'src/sync/ingest.ts:2: src/sync imports src/controller; it may import src/paperless, src/state.',
    ]);
    assert.equal(wrong('src/controller/types.ts', "export * from '../api';").length, 1);
    assert.equal(wrong('src/api/run.ts', "import { main } from '../cli/main';").length, 1);
    assert.equal(wrong('nodes/verify/verify.ts', "import { Lane } from '../../src/sync';").length, 1);
    assert.equal(wrong('simulator/instance.ts', "import { hashing } from '../src/paperless';").length, 1);
    assert.equal(wrong('demo/settle.ts', "import { statusSchema } from '../src/api';").length, 1);
    assert.equal(wrong('src/state/open.ts', "import { seed } from '../../simulator/seed';").length, 1);
  });

  it('are seen in every form that loads a module', () => {
    const forms = [
      "import { a } from '../../src/sync';",
      "import '../../src/sync';",
      "export { a } from '../../src/sync';",
      "import a = require('../../src/sync');",
      "const a = require('../../src/sync');",
      "const a = require.resolve('../../src/sync');",
      "const a = await import('../../src/sync');",
      'const a = await import(`../../src/sync`);',
      "type A = import('../../src/sync').A;",
      "function f() { return { a: require('../../src/sync') }; }",
    ];
    for (const form of forms) assert.equal(wrong('nodes/shared/stage.ts', form).length, 1, form);
    assert.deepEqual(importsOf('a.ts', "// import '../x'\nconst s = `import '../y'`;"), []);
  });

  it("let the browser's code have the API's types, and no more of it", () => {
    const path = 'ui/api.ts';
    assert.deepEqual(wrong(path, "import type { Status } from '../src/api';\nexport type { Status } from '../src/api';"), []);
    assert.match(wrong(path, "import { statusSchema } from '../src/api';")[0] ?? '', /types alone/u);
    assert.match(wrong(path, "import type { Controller } from '../src/controller';")[0] ?? '', /may import src\/api/u);
  });

  it('let shipped code have the packages that a user gets, and no others', () => {
    assert.deepEqual(wrong('src/paperless/body.ts', "import { request } from 'undici';\nimport { join } from 'node:path';"), []);
    assert.match(wrong('src/paperless/body.ts', "import fc from 'fast-check';")[0] ?? '', /neither a dependency nor a peer/u);
    assert.equal(wrong('nodes/alert/alert.ts', "import { build } from 'esbuild/lib/main';").length, 1);
    assert.deepEqual(wrong('nodes/alert/alert.ts', "import type { Node } from '@types/node-red';"), []);
    assert.deepEqual(wrong('simulator/library/files/pdf.ts', "import PDFDocument from 'pdfkit';"), []);
  });

  it('are refused from a folder that nobody gave a rule', () => {
    assert.match(wrong('plugins/a.ts', '')[0] ?? '', /no rule yet/u);
  });
});
