import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { allExamples } from '../../flows';
import { definitionsOf } from './editor-definition';
import { nodeFiles, root } from './runtime';

const manifest = z
  .object({
    name: z.string(),
    license: z.string(),
    keywords: z.array(z.string()),
    repository: z.object({ url: z.string() }),
    engines: z.object({ node: z.string() }),
    files: z.array(z.string()),
    dependencies: z.record(z.string(), z.string()),
    'node-red': z.object({ version: z.string(), nodes: z.record(z.string(), z.string()), plugins: z.record(z.string(), z.string()) }),
  })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

const nodes = nodeFiles.map(([set, file]) => ({ set, file: join(root, file), html: join(root, file.replace(/\.js$/, '.html')) }));
const exampleNode = z.looseObject({ id: z.string(), type: z.string() });

function jsonFilesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
}

/** The checks of Node-RED's own scorecard (node-red-dev validate) that need no network, by its numbers. */
describe('the package, by the scorecard', () => {
  it('P01: has a licence', () => assert.equal(manifest.license, 'Apache-2.0'));
  it('P03: says where its source is', () => assert.match(manifest.repository.url, /^git\+https:\/\//));
  it('P04: has a scoped name', () => assert.match(manifest.name, /^@[a-z0-9-]+\/[a-z0-9-]+$/));
  it('P05: is found by its keyword', () => assert.ok(manifest.keywords.includes('node-red')));
  it('P06: names the Node-RED versions that it works with', () => assert.equal(manifest['node-red'].version, '>=4.1.0'));
  it('P07: needs a newer Node than Node-RED does, for undici: known, and not met', () => assert.equal(manifest.engines.node, '>=22.19'));
  it('D01: has at most six dependencies', () => assert.ok(Object.keys(manifest.dependencies).length <= 6));

  it('N01: every type has the package in its name', () => {
    for (const { html } of nodes) for (const type of definitionsOf(html).keys()) assert.match(type, /^paperless-/);
  });

  it('N02: every node is in an example', () => {
    const used = new Set<string>();
    for (const name of jsonFilesBelow(join(root, 'examples'))) {
      for (const { type } of z.array(exampleNode).parse(JSON.parse(readFileSync(join(root, 'examples', name), 'utf8')))) used.add(type);
    }
    for (const { set } of nodes) assert.ok(used.has(`paperless-${set}`), `no example has paperless-${set}`);
  });
});

describe('the files of the nodes', () => {
  it('are named in package.json, all twelve, with the folder as the name', () => {
    const folders = readdirSync(join(root, 'nodes')).filter((name) => existsSync(join(root, 'nodes', name, `${name}.html`)));
    assert.deepEqual(nodes.map(({ set }) => set).sort(), folders.sort());
    assert.equal(nodes.length, 12);
  });

  for (const { set, file, html } of nodes) {
    it(`${set} registers one type with literal properties, an icon, help and words`, () => {
      const type = `paperless-${set}`;
      const definitions = definitionsOf(html);
      assert.deepEqual([...definitions.keys()], [type]);
      const definition = definitions.get(type);
      assert.ok(definition !== undefined);
      const text = readFileSync(html, 'utf8');
      assert.match(text, new RegExp(`registerType\\('${type}', \\{`));
      assert.ok(text.includes(`data-template-name="${type}"`));

      const folder = join(file, '..');
      assert.ok(existsSync(join(folder, 'icons', String(definition.icon))), 'icon');
      const help = readFileSync(join(folder, 'locales', 'en-US', `${set}.html`), 'utf8');
      assert.ok(help.includes(`data-help-name="${type}"`));
      const words = z
        .record(z.string(), z.record(z.string(), z.string()).or(z.string()))
        .parse(JSON.parse(readFileSync(join(folder, 'locales', 'en-US', `${set}.json`), 'utf8')));
      for (const [, key] of text.matchAll(/data-i18n="(?:\[\w+\])?([\w.-]+)"/g))
        assert.ok(lookUp(words, key ?? '') !== undefined, `no word for ${key}`);
      const source = readFileSync(join(root, 'nodes', set, `${set}.ts`), 'utf8');
      for (const [, key] of source.matchAll(/status\('\w+', '\w+', '(\w+)'/g))
        assert.ok(lookUp(words, `status.${key}`) !== undefined, `no word for status ${key}`);

      if (set === 'config') {
        assert.equal(definition.category, 'config');
        assert.deepEqual(definition.credentials, { secretKey: { type: 'password' } });
      } else {
        assert.equal(definition.category, 'paperless');
        assert.equal(definition.defaults['controller']?.type, 'paperless-config');
        assert.equal((definition.outputLabels as string[]).length, definition.outputs);
      }
    });

    if (set === 'events') {
      it('events offers in its form what it can send, and has words for each', () => {
        const listed = (text: string): string[] =>
          [...(/types = \[([^\]]*)\]/.exec(text)?.[1] ?? '').matchAll(/'([\w-]+)'/g)].map(([, type]) => type ?? '');
        const offered = listed(readFileSync(html, 'utf8'));
        assert.ok(offered.length > 5);
        assert.deepEqual(offered, listed(readFileSync(join(root, 'nodes', set, `${set}.ts`), 'utf8')));
        const { events } = JSON.parse(readFileSync(join(file, '..', 'locales', 'en-US', 'events.json'), 'utf8')) as {
          events: Record<string, string>;
        };
        assert.deepEqual(Object.keys(events), offered);
      });
    }

    it(`${set} has help in the form that the editor renders`, () => {
      const help = readFileSync(join(root, 'nodes', set, 'help.md'), 'utf8');
      const [tip, ...sections] = help.split('\n### ');
      assert.ok(tip !== undefined && tip.trim().split('\n').length === 1, 'the first paragraph is the tip in the palette: one line');
      const titles = sections.map((section) => section.split('\n')[0]);
      assert.ok(titles.every((title) => ['Inputs', 'Outputs', 'Details', 'References'].includes(title ?? '')));
      assert.ok(titles.includes('Details'));
      // The editor takes a definition by this expression only: one line, two colons.
      for (const line of help.split('\n').filter((each) => /^\s*:/.test(each))) assert.match(line, /^: [^:\n(]+\([^:\n)]+\) : [^:\n]+$/);
    });
  }
});

function lookUp(words: object, key: string): unknown {
  return key
    .split('.')
    .reduce<unknown>((from, part) => (typeof from === 'object' && from !== null ? (from as Record<string, unknown>)[part] : undefined), words);
}

describe('the examples', () => {
  it('are what flows/ makes of them (scripts/examples.mjs writes them)', () => {
    const made = allExamples();
    assert.deepEqual(jsonFilesBelow(join(root, 'examples')).sort(), made.map(([path]) => path).sort());
    for (const [path, flow] of made) assert.deepEqual(JSON.parse(readFileSync(join(root, 'examples', path), 'utf8')), flow, path);
  });

  it('are short, say what they are, and need no third-party node but the whole app', () => {
    for (const [path, flow] of allExamples()) {
      assert.ok(
        flow.some((node) => node.type === 'comment'),
        path,
      );
      if (path.startsWith('app/')) continue;
      assert.ok(flow.length <= 15, path);
      assert.ok(!flow.some((node) => node.type.startsWith('ui-')), path);
    }
  });
});
