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
