import type { Context } from './context';
import { queueChanged } from './registry-offers';
import type { MasterDocRow, MasterFileRow } from './rows';
import type { MasterDocInput, Registry } from './store';

const CURSOR = 'master.cursor';
const DOC_COLUMNS = 'id, modified, version, fingerprint, document, content_hash AS contentHash, seen_at AS seenAt, gone_since AS goneSince';

type MasterSide = Pick<
  Registry,
  | 'cursor'
  | 'record'
  | 'masterDoc'
  | 'masterDocs'
  | 'masterDocsAfter'
  | 'masterDocCount'
  | 'countModifiedAt'
  | 'newestMasterDocs'
  | 'forgetCursor'
  | 'setContentHash'
  | 'contentChanged'
  | 'liveIdsAfter'
  | 'goneIdsAfter'
  | 'markGone'
  | 'file'
  | 'files'
  | 'learnFile'
  | 'learnMd5'
>;

/** What the master had when we last looked. */
export function masterSide({ db, iso }: Context): MasterSide {
  const cursor = db.prepare<[string], string>('SELECT value FROM facts WHERE key = ?').pluck();
  const setCursor = db.prepare<[string, string]>(
    'INSERT INTO facts (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const doc = db.prepare<[number], MasterDocRow>(`SELECT ${DOC_COLUMNS} FROM master_docs WHERE id = ?`);
  const docs = db.prepare<[string], MasterDocRow>(`SELECT ${DOC_COLUMNS} FROM master_docs WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`);
  const docsAfter = db.prepare<[number, number], MasterDocRow>(
    `SELECT ${DOC_COLUMNS} FROM master_docs WHERE gone_since IS NULL AND id > ? ORDER BY id LIMIT ?`,
  );
  const count = db.prepare<[], number>('SELECT count(*) FROM master_docs WHERE gone_since IS NULL').pluck();
  const countAt = db
    .prepare<[number | null, string], number>('SELECT count(*) FROM master_docs WHERE gone_since IS NULL AND modified_ms = ? AND modified = ?')
    .pluck();
  const lastIds = db.prepare<[number], number>('SELECT id FROM master_docs WHERE gone_since IS NULL AND id > 0 ORDER BY id DESC LIMIT ?').pluck();
  const lastChanged = db.prepare<[number], { id: number; modified: string }>(
    'SELECT id, modified FROM master_docs WHERE gone_since IS NULL AND modified_ms > 0 ORDER BY modified_ms DESC LIMIT ?',
  );
  const dropCursor = db.prepare<[string]>('DELETE FROM facts WHERE key = ?');
  const known = db.prepare<[number], { version: number; modified: string; fingerprint: string; goneSince: string | null }>(
    'SELECT version, modified, fingerprint, gone_since AS goneSince FROM master_docs WHERE id = ?',
  );
  const add = db.prepare<[MasterDocInput & { ms: number | null; at: string }]>(
    `INSERT INTO master_docs (id, modified, modified_ms, version, fingerprint, document, seen_at)
     VALUES (@id, @modified, @ms, 1, @fingerprint, @document, @at)`,
  );
  const change = db.prepare<[MasterDocInput & { ms: number | null; at: string }]>(
    `UPDATE master_docs SET modified = @modified, modified_ms = @ms, version = version + 1, fingerprint = @fingerprint, document = @document,
       content_hash = NULL, seen_at = @at, gone_since = NULL WHERE id = @id`,
  );
  const seen = db.prepare<[string, number]>('UPDATE master_docs SET seen_at = ? WHERE id = ?');
  const hash = db.prepare<[string, number, number]>('UPDATE master_docs SET content_hash = ? WHERE id = ? AND version = ?');
  const reread = db.prepare<[string, string, number, string]>(
    `UPDATE master_docs SET content_hash = ?, version = version + 1, seen_at = ? WHERE id = ? AND gone_since IS NULL AND content_hash IS NOT ?
     RETURNING version, modified_ms AS modifiedMs`,
  );
  const live = db.prepare<[number, number], number>('SELECT id FROM master_docs WHERE gone_since IS NULL AND id > ? ORDER BY id LIMIT ?').pluck();
  const buried = db
    .prepare<[number, number], number>('SELECT id FROM master_docs WHERE gone_since IS NOT NULL AND id > ? ORDER BY id LIMIT ?')
    .pluck();
  const gone = db.prepare<[string, number]>('UPDATE master_docs SET gone_since = ? WHERE id = ? AND gone_since IS NULL');
  const file = db.prepare<[number, number], MasterFileRow>(
    'SELECT master_doc_id AS masterDocId, version_id AS versionId, sha256, md5, size FROM master_files WHERE master_doc_id = ? AND version_id = ?',
  );
  const files = db.prepare<[number], MasterFileRow>(
    'SELECT master_doc_id AS masterDocId, version_id AS versionId, sha256, md5, size FROM master_files WHERE master_doc_id = ? ORDER BY version_id',
  );
  const learn = db.prepare<[MasterFileRow]>(
    `INSERT INTO master_files (master_doc_id, version_id, sha256, md5, size) VALUES (@masterDocId, @versionId, @sha256, @md5, @size)
     ON CONFLICT DO UPDATE SET sha256 = excluded.sha256, md5 = excluded.md5, size = excluded.size`,
  );
  const learnMd5 = db.prepare<[number, string, number]>(
    `INSERT INTO master_files (master_doc_id, version_id, sha256, md5, size) VALUES (?, 0, '', ?, ?)
     ON CONFLICT DO UPDATE SET md5 = excluded.md5, size = excluded.size WHERE sha256 = ''`,
  );
  // MD5 and size were learned from bytes; they hold only as long as the SHA-256 does.
  const list = db.prepare<[number, number, string]>(
    `INSERT INTO master_files (master_doc_id, version_id, sha256) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET sha256 = excluded.sha256, md5 = '', size = 0 WHERE sha256 <> excluded.sha256`,
  );
  const unlist = db.prepare<[number, string]>(
    'DELETE FROM master_files WHERE master_doc_id = ? AND version_id NOT IN (SELECT value FROM json_each(?))',
  );
  const offer = queueChanged(db);

  function recordFiles({ id, files: listed }: MasterDocInput): void {
    if (listed === undefined) return;
    for (const { versionId, sha256 } of listed) list.run(id, versionId, sha256);
    unlist.run(id, JSON.stringify(listed.map(({ versionId }) => versionId)));
  }

  return {
    cursor: () => cursor.get(CURSOR) ?? null,
    record(inputs, to, options = {}) {
      const result = { added: 0, changed: 0, unchanged: 0 };
      const at = iso();
      db.transaction(() => {
        for (const input of inputs) {
          const row = { ...input, ms: milliseconds(input.modified), at };
          const before = known.get(input.id);
          if (before === undefined) {
            add.run(row);
            offer({ masterDocId: input.id, version: 1, modifiedMs: row.ms, priority: options.backfill === false ? 1 : 0 });
            result.added += 1;
          } else if (before.modified !== input.modified || before.fingerprint !== input.fingerprint || before.goneSince !== null) {
            change.run(row);
            offer({ masterDocId: input.id, version: before.version + 1, modifiedMs: row.ms, priority: 1 });
            result.changed += 1;
          } else {
            seen.run(at, input.id);
            result.unchanged += 1;
          }
          recordFiles(input);
        }
        if (to !== null) setCursor.run(CURSOR, to);
      }).immediate();
      return result;
    },
    masterDoc: (id) => doc.get(id) ?? null,
    masterDocs: (ids) => docs.all(JSON.stringify(ids)),
    masterDocsAfter: (id, limit) => docsAfter.all(id, limit),
    masterDocCount: () => count.get() ?? 0,
    countModifiedAt: (modified) => countAt.get(milliseconds(modified), modified) ?? 0,
    newestMasterDocs: (limit) => ({ byId: lastIds.all(limit), byTime: lastChanged.all(limit) }),
    forgetCursor: () => void dropCursor.run(CURSOR),
    setContentHash: (id, version, value) => void hash.run(value, id, version),
    contentChanged(id, value) {
      return db
        .transaction(() => {
          const moved = reread.get(value, iso(), id, value) as { version: number; modifiedMs: number | null } | undefined;
          if (moved === undefined) return false;
          offer({ masterDocId: id, ...moved, priority: 1 });
          return true;
        })
        .immediate();
    },
    liveIdsAfter: (id, limit) => live.all(id, limit),
    goneIdsAfter: (id, limit) => buried.all(id, limit),
    markGone: (id, at) => gone.run(at, id).changes === 1,
    file: (masterDocId, versionId) => file.get(masterDocId, versionId) ?? null,
    files: (masterDocId) => files.all(masterDocId),
    learnFile: (row) => void learn.run(row),
    learnMd5: (masterDocId, md5, size) => void learnMd5.run(masterDocId, md5, size),
  };
}

/** For ordering only; null where the master's text isn't a date, which then waits without an age. */
function milliseconds(modified: string): number | null {
  const parsed = Date.parse(modified);
  return Number.isNaN(parsed) ? null : parsed;
}
