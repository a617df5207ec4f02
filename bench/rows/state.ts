import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import Database from 'better-sqlite3';
import { openStore } from '../../src/state';
import type { Row } from '../row';
import { inScene } from '../scene';

const DOCUMENTS = 1_000;
/** uploading, consuming, applying, ok: each its own commit, as a crash may come after any. */
const MOVES = 4;

/** How fast the registry takes a document's moves, beside plain updates of one row on the same disk. */
export async function stateWrites(): Promise<Row[]> {
  return inScene((scene) => {
    const plain = plainUpdates(join(scene.folder, 'plain.sqlite3'));
    const moved = registryMoves(join(scene.folder, 'registry.sqlite3'));
    return Promise.resolve([
      {
        name: 'registry: moves a second / plain SQLite updates a second',
        value: moved / plain,
        unit: 'x',
        bound: { least: 0.1 },
        note: `${Math.round(moved)} and ${Math.round(plain)} a second; a document takes ${MOVES}`,
      },
    ]);
  });
}

function rate(count: number, work: () => void): number {
  const started = performance.now();
  work();
  return count / ((performance.now() - started) / 1000);
}

function plainUpdates(path: string): number {
  const db = new Database(path);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, text TEXT)');
    db.exec(`INSERT INTO item (id, text) SELECT value, 'queued' FROM json_each('[${Array.from({ length: DOCUMENTS }, (_, n) => n).join(',')}]')`);
    const update = db.prepare('UPDATE item SET text = ? WHERE id = ?');
    return rate(DOCUMENTS * MOVES, () => {
      for (let move = 0; move < MOVES; move += 1) for (let id = 0; id < DOCUMENTS; id += 1) update.run(`move ${move}`, id);
    });
  } finally {
    db.close();
  }
}

function registryMoves(path: string): number {
  const store = openStore({
    path,
    now: () => Date.now(),
    randomBytes: (n) => randomBytes(n),
    secretKey: `${randomBytes(32).toString('base64url')}=`,
  });
  try {
    const replica = store.replicas.add({ name: 'replica', url: 'http://127.0.0.1:1', token: 'token' });
    const at = new Date().toISOString();
    const ids = Array.from({ length: DOCUMENTS }, (_, n) => n + 1);
    store.registry.record(
      ids.map((id) => ({ id, modified: at, fingerprint: `fingerprint ${id}`, document: JSON.stringify({ id, title: `Document ${id}` }) })),
      null,
    );
    const observed = { fields: Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`a field ${n}`, 'a1b2c3d4e5f6'])), links: { 1: [2, 3] } };
    const epoch = store.lease.take('bench', 600_000);
    const { registry } = store;
    return rate(DOCUMENTS * MOVES, () => {
      for (const id of ids) {
        const row = registry.rowFor(replica.id, id);
        if (row === null) throw new Error(`document ${id} was not queued`);
        const intent = {
          nonce: `nonce-${id}`,
          at,
          kind: 'document',
          fileName: `document-${id}.txt`,
          sha256: 'a'.repeat(64),
          md5: 'b'.repeat(32),
          size: 1,
          masterVersionId: null,
          position: 0,
        } as const;
        const seen = { version: row.wantedVersion, observedModified: at, observedFields: JSON.stringify(observed) };
        store.fenced(epoch, () => registry.move(row.id, { to: 'uploading', intent }, at));
        store.fenced(epoch, () => registry.move(row.id, { to: 'consuming', taskId: `task ${id}` }, at));
        store.fenced(epoch, () => registry.move(row.id, { to: 'applying', replicaDocId: id, fileChecksum: intent.sha256 }, at));
        store.fenced(epoch, () => registry.move(row.id, { to: 'ok', ...seen }, at));
      }
    });
  } finally {
    store.close();
  }
}
