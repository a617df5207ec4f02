import helper from 'node-red-node-test-helper';
import type { NodeInitializer, NodeMessage } from 'node-red';
import { join } from 'node:path';
import { z } from 'zod';
import { useController, type FakeController } from './fake-controller';

export const root = join(__dirname, '..', '..', '..');

const manifest = z.object({ 'node-red': z.object({ nodes: z.record(z.string(), z.string()) }) });

/** All nodes of the package, as its package.json names them. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- modules are found by name here, as Node-RED finds them
export const nodeFiles = Object.entries(manifest.parse(require(join(root, 'package.json')))['node-red'].nodes);
// eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
export const ours = nodeFiles.map(([, file]) => require(join(root, file)) as NodeInitializer);

/** A node of Node-RED's own, by its file below `@node-red/nodes/core`. */
export function core(file: string): NodeInitializer {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
  return require(`@node-red/nodes/core/${file}`) as NodeInitializer;
}

export interface TestNode {
  id: string;
  type: string;
  wires?: string[][];
  [property: string]: unknown;
}

export const database = 'sqlite:////nowhere/db.sqlite3';
export const secretKey = `${Buffer.alloc(32, 7).toString('base64url')}=`;

/** One tab with the nodes under test, the controller's node, and whatever else a test brings. */
export function flow(...nodes: TestNode[]): TestNode[] {
  return [
    { id: 'tab', type: 'tab', label: 'test' },
    { id: 'config', type: 'paperless-config', database },
    ...nodes.map((node, index) => ({ z: 'tab', x: 100, y: 40 * (index + 1), ...node })),
  ];
}

export function paperless(kind: string, wires: string[][], properties: Record<string, unknown> = {}): TestNode {
  return { id: kind, type: `paperless-${kind}`, controller: 'config', wires, ...properties };
}

export function sink(id: string): TestNode {
  return { id, type: 'helper', wires: [] };
}

export async function load(
  fake: FakeController,
  nodes: TestNode[],
  extra: NodeInitializer[] = [],
  credentials: Record<string, object> = { config: { secretKey } },
): Promise<void> {
  useController(fake);
  await helper.load([...ours, ...extra], nodes, credentials);
}

export async function unload(): Promise<void> {
  await helper.unload();
  useController(null);
}

export function send(id: string, msg: NodeMessage): void {
  helper.getNode(id).receive(msg);
}

/** The next message that a node gets. */
export function next(id: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    helper.getNode(id).once('input', (msg: Record<string, unknown>) => resolve(msg));
  });
}

/** Everything that a node gets from now on. */
export function inbox(id: string): Record<string, unknown>[] {
  const got: Record<string, unknown>[] = [];
  helper.getNode(id).on('input', (msg) => void got.push(msg));
  return got;
}

/** What an error looks like to a Catch node. */
export const caughtSchema = z.object({
  message: z.string(),
  code: z.string(),
  cause: z.object({ class: z.string(), code: z.string(), nextStep: z.string() }),
  source: z.object({ id: z.string() }),
});

/** A Catch node for the whole tab, wired to `caught`. */
export const catcher: TestNode = { id: 'catch', type: 'catch', scope: null, uncaught: false, wires: [['caught']] };

/** A Complete node for one node, wired to `completed`. */
export function complete(scope: string): TestNode {
  return { id: 'complete', type: 'complete', scope: [scope], wires: [['completed']] };
}

/** Lets everything that is ready to happen happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export { helper };
