import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, manifest } from './checkout';

const missing = (paths: readonly string[]): string[] => paths.filter((path) => !existsSync(join(checkout, path)));

describe('house: package.json', () => {
  it('names at most six dependencies: each is code that runs beside the documents', () => {
    assert.ok(Object.keys(manifest.dependencies).length <= 6, Object.keys(manifest.dependencies).join(', '));
  });

  it('takes Node-RED and its dashboard from the user, never a second copy', () => {
    for (const name of ['node-red', '@node-red/util', '@flowfuse/node-red-dashboard']) {
      assert.ok(name in manifest.peerDependencies && !(name in manifest.dependencies), name);
      assert.ok(name in manifest.devDependencies, `${name} isn't there for the tests`);
    }
  });

  it('packs what is there', () => {
    assert.deepEqual(missing([...manifest.files, manifest.main, ...Object.values(manifest.bin)]), []);
  });

  it("lists every node's folder, and each of its files is built", () => {
    const nodes = manifest['node-red'].nodes;
    assert.deepEqual(missing([...Object.values(nodes), ...Object.values(manifest['node-red'].plugins)]), []);
    const folders = readdirSync(join(checkout, 'nodes')).filter((name) => existsSync(join(checkout, 'nodes', name, `${name}.html`)));
    assert.deepEqual(Object.keys(nodes).sort(), folders.sort());
  });

  it('has scripts that exist', () => {
    const programs = Object.values(manifest.scripts).map((line) =>
      line.split(' ')[0] === 'node' ? (line.split(' ')[1] ?? '') : `node_modules/.bin/${line.split(' ')[0]}`,
    );
    assert.deepEqual(missing(programs), []);
  });

  it('is locked: the lock file is of these dependencies', () => {
    const lock = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as { packages: Record<string, Record<string, unknown>> };
    for (const key of ['dependencies', 'devDependencies', 'peerDependencies'] as const) assert.deepEqual(lock.packages['']?.[key], manifest[key]);
  });
});
