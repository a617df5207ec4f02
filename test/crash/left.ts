import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';

/** What `PRAGMA quick_check` says of a database file; empty when it is whole. */
function quickCheck(path: string): string[] {
  const db = new SqliteDatabase(path);
  try {
    return (db.prepare('PRAGMA quick_check').pluck().all() as string[]).filter((line) => line !== 'ok');
  } finally {
    db.close();
  }
}

/** What is wrong with the database and the backup that a killed process left. Looked at in a copy: recovering the real ones is the next start's part. */
export function wrongWithLeft(database: string): { checked: number; wrong: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'pngx-left-'));
  const wrong: string[] = [];
  let checked = 0;
  try {
    for (const name of [database, `${database}.bak`]) {
      if (!existsSync(name)) continue;
      const copy = join(folder, 'copy.sqlite3');
      for (const suffix of ['', '-wal', '-journal', '-shm']) rmSync(copy + suffix, { force: true });
      for (const suffix of ['', '-wal', '-journal']) if (existsSync(name + suffix)) copyFileSync(name + suffix, copy + suffix);
      checked += 1;
      try {
        wrong.push(...quickCheck(copy).map((line) => `${name}: ${line}`));
      } catch (error) {
        wrong.push(`${name}: ${String(error)}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { checked, wrong };
}

/**
 * Old copies on a 2.x replica that the registry keeps though a newer file took their document's place: the newer one has the bytes of another document's copy, so that
 * its document is limited to no copy, and its only one isn't thrown away. By the replica's name.
 */
export function keptForWantOfABetter(database: string): Map<string, Set<number>> {
  const db = new SqliteDatabase(database, { readonly: true });
  try {
    const kept = new Map<string, Set<number>>();
    const limited = db.prepare("SELECT 1 FROM sync_map WHERE id = ? AND status = 'limited' AND replica_doc_id IS NULL");
    for (const { id, name } of db.prepare<[], { id: number; name: string }>('SELECT id, name FROM replicas').all()) {
      const fact = db.prepare<[string], string>('SELECT value FROM facts WHERE key = ?').pluck().get(`replaced:${id}`) ?? '{}';
      const rows = Object.entries(JSON.parse(fact) as Record<string, number[]>).filter(([row]) => limited.get(Number(row)) !== undefined);
      kept.set(name, new Set(rows.flatMap(([, copies]) => copies)));
    }
    return kept;
  } finally {
    db.close();
  }
}
