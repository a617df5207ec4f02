import type { Context } from './context';
import type { AuditRow } from './rows';
import type { Audit } from './store';

const SECRET = /token|password|passwd|secret|authorization|cookie|api_?key|credential/i;

/** Who changed what. Only ever added to. */
export function createAudit({ db, iso }: Context): Audit {
  const insert = db.prepare<[Omit<AuditRow, 'id'>]>(
    'INSERT INTO audit (at, who, action, before, after) VALUES (@at, @who, @action, @before, @after)',
  );
  const page = db.prepare<[number, number], AuditRow>('SELECT id, at, who, action, before, after FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?');

  return {
    add({ who, action, before, after }) {
      const row = { at: iso(), who, action, before: withoutSecrets(before), after: withoutSecrets(after) };
      return { id: Number(insert.run(row).lastInsertRowid), ...row };
    },
    list: ({ before = Number.MAX_SAFE_INTEGER, limit }) => page.all(before, limit),
  };
}

/** JSON in which whatever is named like a secret only says whether it was there; flags such as master_token_set stay. */
function withoutSecrets(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return JSON.stringify(value, (key, part: unknown) => {
    if (!SECRET.test(key) || typeof part === 'boolean' || part === null) return part;
    return part === '' ? '' : '[secret]';
  });
}
