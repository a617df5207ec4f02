import type { Context } from './context';
import { utc } from './context';
import type { LogRow } from './rows';
import type { Logs } from './store';

const COLUMNS = 'l.id, l.run_id AS runId, l.replica_id AS replicaId, l.level, l.message, l.doc_id AS docId, l.created_at AS createdAt';

export function createLogs({ db, iso }: Context): Logs {
  const insert = db.prepare<[Omit<LogRow, 'id'>]>(
    'INSERT INTO logs (run_id, replica_id, level, message, doc_id, created_at) VALUES (@runId, @replicaId, @level, @message, @docId, @createdAt)',
  );
  const prune = db.prepare<[string]>('DELETE FROM logs WHERE created_at < ?');

  return {
    add({ level, message, runId = null, replicaId = null, docId = null }) {
      const row = { runId, replicaId, level, message, docId, createdAt: iso() };
      return { id: Number(insert.run(row).lastInsertRowid), ...row };
    },
    query({ replicaId, level, from, to, q, docId, before, limit }) {
      const words = q === undefined ? '' : searchWords(q);
      if (q !== undefined && q.trim() !== '' && words === '') return [];
      const filters: [string, string | number | undefined][] = [
        ['l.replica_id = ?', replicaId],
        ['l.level = ?', level],
        ['l.created_at >= ?', from === undefined ? undefined : utc(from)],
        ['l.created_at <= ?', to === undefined ? undefined : utc(to)],
        ['l.doc_id = ?', docId],
        [words === '' ? 'l.id < ?' : 'f.rowid < ?', before],
        ['logs_fts MATCH ?', words === '' ? undefined : words],
      ];
      const given = filters.filter((filter): filter is [string, string | number] => filter[1] !== undefined);
      const source = words === '' ? 'logs l' : 'logs_fts f JOIN logs l ON l.id = f.rowid';
      const where = given.length === 0 ? '' : `WHERE ${given.map(([condition]) => condition).join(' AND ')}`;
      return db
        .prepare<(string | number)[], LogRow>(`SELECT ${COLUMNS} FROM ${source} ${where} ORDER BY ${words === '' ? 'l.id' : 'f.rowid'} DESC LIMIT ?`)
        .all(...given.map(([, value]) => value), limit);
    },
    prune: (olderThan) => prune.run(utc(olderThan)).changes,
  };
}

/**
 * What a person typed as an FTS5 query that can't be malformed: each word in quotes, all of them wanted, from three letters on also as a word's beginning.
 * Empty when there is no word in it.
 */
export function searchWords(text: string): string {
  return text
    .split(/[\s\p{Cc}]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .map((word) => `"${word.replaceAll('"', '""')}"${word.length >= 3 ? '*' : ''}`)
    .join(' ');
}
