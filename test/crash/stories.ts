import { hashSync } from 'bcryptjs';
import SqliteDatabase from 'better-sqlite3';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hashOf, type FlowNode } from '../../nodes/appliance/install-flow';
import type { Appliance, Home } from './appliance';
import type { Story } from './starts';

const root = join(__dirname, '..', '..', '..');
const nodes = z.array(z.looseObject({ id: z.string(), type: z.string(), z: z.string().optional() }));

function packaged(): FlowNode[] {
  return nodes.parse(JSON.parse(readFileSync(join(root, 'dist', 'flows', 'flows.json'), 'utf8')));
}

function json(home: Home, name: string): unknown {
  const file = join(home.data, 'node-red', name);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
}

/** Flow, and what the package remembers of it. */
const flowFiles = (home: Home): unknown => ({ flow: json(home, 'flows.json'), shipped: json(home, 'flows.shipped.json') });

/** Schema and rows of what a migration carries over. */
function database(home: Home): unknown {
  const db = new SqliteDatabase(home.database, { readonly: true });
  try {
    const tables = ['replicas', 'master_docs', 'master_files', 'entity_maps', 'sync_map', 'sync_counts'];
    return {
      version: db.pragma('user_version', { simple: true }),
      schema: db.prepare('SELECT type, name FROM sqlite_schema ORDER BY type, name').all(),
      rows: tables.map((table) => db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2, 3`).all()),
    };
  } finally {
    db.close();
  }
}

/** An empty data folder. */
const first: Story = {
  name: 'the very first start',
  prepare: () => undefined,
  look: (home) => ({ files: flowFiles(home), database: database(home) }),
};

/** A database as the first release left it, with rows in every place. Paused, since its servers aren't there. */
const migration: Story = {
  name: 'the start that migrates a database of the first schema',
  // Of the fixture: bytes 200 to 231.
  env: { SECRET_KEY: 'yMnKy8zNzs_Q0dLT1NXW19jZ2tvc3d7f4OHi4-Tl5uc=' },
  prepare: (home) => {
    const db = new SqliteDatabase(home.database);
    db.pragma('foreign_keys = OFF');
    db.exec(readFileSync(join(root, 'test', 'unit', 'state', 'fixtures', 'schema-0001.sql'), 'utf8'));
    db.prepare("INSERT INTO settings (key, value) VALUES ('paused', 'true') ON CONFLICT (key) DO UPDATE SET value = 'true'").run();
    db.close();
  },
  look: database,
};

/** A folder in which an older package put its flow, and whose user changed another tab. */
const update: Story = {
  name: 'the start that updates the flow',
  prepare: (home) => {
    const flow = packaged();
    const tabs = flow.filter(({ type }) => type === 'tab').map(({ id }) => id);
    const part = (id: string): FlowNode[] => flow.filter((node) => (node.z ?? node.id) === id);
    for (const node of flow) {
      if (node.id === tabs[0]) node['label'] = 'as it was shipped before';
      if (node.id === tabs[1]) node['label'] = 'shipped';
    }
    const ids = new Set(flow.map((node) => node.z ?? node.id));
    const shipped = Object.fromEntries([...ids].map((id) => [id, hashOf(part(id))]));
    for (const node of flow) if (node.id === tabs[1]) node['label'] = "the user's own";
    mkdirSync(join(home.data, 'node-red'), { recursive: true });
    writeFileSync(join(home.data, 'node-red', 'flows.json'), JSON.stringify(flow));
    writeFileSync(join(home.data, 'node-red', 'flows.shipped.json'), JSON.stringify(shipped));
  },
  look: flowFiles,
};

const password = 'a password';
const token = z.object({ access_token: z.string() });
const deployed = z.object({ flows: nodes, rev: z.string() });

/** A person's deploy in the editor: Node-RED writes the flow, and the credentials beside it. */
async function deploy(appliance: Appliance): Promise<void> {
  const login = { client_id: 'node-red-admin', grant_type: 'password', scope: '*', username: 'admin', password };
  const got = token.safeParse((await appliance.ask('POST', '/editor/auth/token', login))?.body);
  if (!got.success) return;
  const headers = { authorization: `Bearer ${got.data.access_token}`, 'node-red-api-version': 'v2' };
  const now = deployed.safeParse((await appliance.ask('GET', '/editor/flows', undefined, headers))?.body);
  if (!now.success) return;
  const mine = [
    { id: 'mine', type: 'tab', label: 'mine' },
    {
      id: 'mine-ask',
      type: 'http request',
      z: 'mine',
      name: 'ask',
      method: 'GET',
      x: 100,
      y: 100,
      wires: [[]],
      credentials: { user: 'me', password: 'mine' },
    },
  ];
  await appliance.ask(
    'POST',
    '/editor/flows',
    { flows: [...now.data.flows, ...mine], rev: now.data.rev },
    { ...headers, 'node-red-deployment-type': 'nodes' },
  );
}

const editing: Story = {
  name: 'a deploy in the editor',
  env: { EDITOR_PASSWORD_HASH: hashSync(password, 4) },
  prepare: () => undefined,
  act: deploy,
  // Credentials are encrypted anew each time.
  look: (home) => ({ flow: json(home, 'flows.json') }),
  before: true,
};

export const stories: readonly Story[] = [first, migration, update, editing];
