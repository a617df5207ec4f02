import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { allExamples, shippedFlow, type FlowNode } from '../../flows';
import { operations } from '../../src/api';
import { definitionsOf, type Definition } from '../nodes/editor-definition';
import { nodeFiles, root } from '../nodes/runtime';

function htmlBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html') && !name.includes('locales'))
    .map((name) => join(folder, name));
}

const dashboard = join(dirname(require.resolve('@flowfuse/node-red-dashboard/package.json')), 'nodes');
const core = join(dirname(require.resolve('@node-red/nodes/package.json')), 'core');
const coreFiles = ['inject', 'debug', 'catch', 'comment', 'httpin', 'function'];

/** Every type that the flow may use, as its editor file defines it. */
function knownTypes(): Map<string, Definition> {
  const files = [
    ...nodeFiles.map(([, file]) => join(root, file.replace(/\.js$/, '.html'))),
    ...htmlBelow(core).filter((file) => coreFiles.some((name) => file.endsWith(`-${name}.html`))),
    ...['ui_base', 'ui_page', 'ui_group', 'ui_theme'].map((name) => join(dashboard, 'config', `${name}.html`)),
    join(dashboard, 'widgets', 'ui_template.html'),
  ];
  return new Map(files.flatMap((file) => [...definitionsOf(file)]));
}

describe('the shipped flow', () => {
  const flow = shippedFlow();
  const types = knownTypes();
  const byId = new Map(flow.map((node) => [node.id, node]));
  const onTabs = flow.filter((node) => node.z !== undefined);

  it('is what the build has written', () => {
    const file = join(root, 'dist', 'flows', 'flows.json');
    assert.ok(existsSync(file), 'run the build');
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), flow);
  });

  it('has every id once, and the ids that people already have', () => {
    assert.equal(byId.size, flow.length);
    for (const id of [
      'pngx-controller',
      'pngx-sync',
      'pngx-sync-cycle-start',
      'pngx-sync-fetch-changed',
      'pngx-sync-push-doc',
      'pngx-api',
      'pngx-dashboard',
      'pngx-ui',
    ])
      assert.ok(byId.has(id), id);
  });

  it('gives every node on a tab a place of its own, which is what tells it from a configuration node', () => {
    const places = new Set<string>();
    for (const node of onTabs) {
      assert.ok(Number.isInteger(node.x) && Number.isInteger(node.y), node.id);
      places.add(`${node.z} ${node.x} ${node.y}`);
    }
    assert.equal(places.size, onTabs.length);
    for (const node of flow) if (node.z === undefined) assert.equal(node.x, undefined, node.id);
  });

  it('wires to nodes of the same tab, from outputs that are there, left to right but for the way back', () => {
    for (const node of onTabs) {
      const outputs = outputsOf(node, types);
      assert.equal(node.wires?.length ?? 0, outputs, `${node.id} has ${node.wires?.length ?? 0} of ${outputs} outputs`);
      for (const target of (node.wires ?? []).flat()) {
        const end = byId.get(target);
        assert.equal(end?.z, node.z, `${node.id} → ${target}`);
        const back = node.type === 'paperless-push-doc' && end?.type === 'paperless-fetch-changed';
        assert.ok(back || (end?.x ?? 0) >= (node.x ?? 0), `${node.id} → ${target} goes back`);
      }
    }
  });

  it('uses known types only, and writes out every property that the editor would save', () => {
    for (const node of [...flow, ...allExamples().flatMap(([, nodes]) => nodes)]) {
      if (node.type === 'tab') continue;
      const definition = types.get(node.type);
      assert.ok(definition !== undefined, `${node.id} is of type ${node.type}`);
      for (const [name, { type }] of Object.entries(definition.defaults)) {
        // The editor takes these two off an inject node that sends no payload.
        if (node.type === 'inject' && name.startsWith('payload')) continue;
        assert.ok(name in node, `${node.id} lacks ${name}`);
        const value = node[name];
        if (type !== undefined && !type.endsWith('[]') && value !== '' && type !== 'swagger-doc')
          assert.equal(byId.get(String(value))?.type, type, `${node.id}.${name}`);
      }
      const extra = Object.keys(node).filter((name) => !(name in definition.defaults) && !['id', 'type', 'z', 'x', 'y', 'wires'].includes(name));
      assert.deepEqual(extra, [], `${node.id} has ${extra.join(', ')}, which the editor would drop`);
    }
  });

  it('holds no credentials', () => {
    for (const node of flow) {
      assert.equal(node['credentials'], undefined, node.id);
      for (const secret of Object.keys(types.get(node.type)?.credentials ?? {})) assert.equal(node[secret], undefined, node.id);
    }
  });

  it('explains each section with a comment', () => {
    for (const tab of flow.filter((node) => node.type === 'tab')) {
      assert.ok(String(tab['info']).length > 40, tab.id);
      const comments = onTabs.filter((node) => node.z === tab.id && node.type === 'comment');
      assert.ok(comments.length > 0 && comments.every((node) => String(node['info']).length > 40), tab.id);
    }
  });

  it('has one way in for each operation of the API', () => {
    const routes = onTabs.filter((node) => node.type === 'http in').map((node) => `${String(node['method'])} ${String(node['url'])}`);
    assert.deepEqual(
      routes,
      operations.map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    );
    for (const { id } of operations) assert.equal(byId.get(`pngx-api-do-${id}`)?.['operation'], id);
  });
});

/** A function node has as many as it says, a debug node none; all others as their type has. */
function outputsOf(node: FlowNode, types: ReadonlyMap<string, Definition>): number {
  const own = node['outputs'];
  return typeof own === 'number' ? own : (types.get(node.type)?.outputs ?? 0);
}
