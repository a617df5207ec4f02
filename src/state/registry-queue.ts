import type { Context } from './context';
import { ROW_COLUMNS, type StoredRow, toRow } from './registry-row';
import type { Step, SyncStatus, SyncRow, Verification } from './rows';
import type { Counts, Registry } from './store';

type Queue = Pick<
  Registry,
  | 'row'
  | 'rowFor'
  | 'rowByReplicaDoc'
  | 'rows'
  | 'work'
  | 'workCount'
  | 'inFlight'
  | 'counts'
  | 'oldestWaiting'
  | 'pairsAfter'
  | 'isMapped'
  | 'goneUnsettled'
  | 'newestCopy'
>;

/** Looking at the rows: one, a page, the work, how many. Nothing here writes. */
export function queue({ db }: Context): Queue {
  const select = (rest: string, index = '') =>
    db.prepare<(string | number)[], StoredRow>(`SELECT ${ROW_COLUMNS} FROM sync_map ${index} WHERE ${rest}`);
  const row = select('id = ?');
  const rowFor = select('replica_id = ? AND master_doc_id = ?');
  const byCopy = select('replica_id = ? AND replica_doc_id = ?');
  const page = {
    all: select('replica_id = ? AND id > ? ORDER BY id LIMIT ?'),
    status: select('replica_id = ? AND status = ? AND id > ? ORDER BY id LIMIT ?'),
    verification: select('replica_id = ? AND verification = ? AND id > ? ORDER BY id LIMIT ?'),
    // Two filters, one index: the plus sign keeps SQLite off the other, and the smaller set is walked.
    statusFirst: select('replica_id = ? AND status = ? AND +verification = ? AND id > ? ORDER BY id LIMIT ?'),
    verificationFirst: select('replica_id = ? AND +status = ? AND verification = ? AND id > ? ORDER BY id LIMIT ?'),
  };
  const at = (step: string) => select(`replica_id = ? AND status = 'pending' AND step = '${step}' ORDER BY priority DESC, master_doc_id`);
  const handedOut = [at('applying'), at('queued'), at('linking')];
  // Named, since SQLite takes the index over more columns, and with it every row that waits.
  const inFlight = select(
    `replica_id = ? AND status = 'pending' AND step IN ('uploading', 'consuming') ORDER BY id`,
    'INDEXED BY idx_sync_map_in_flight',
  );
  const goneUnsettled = select(
    `replica_id = ? AND status IN ('pending', 'held', 'quarantined') AND intent IS NOT NULL AND (step IS NULL OR step = 'queued')
       AND EXISTS (SELECT 1 FROM master_docs d WHERE d.id = master_doc_id AND d.gone_since IS NOT NULL) ORDER BY id`,
    'INDEXED BY idx_sync_map_intent',
  );
  const counted = db.prepare<[number], { status: SyncStatus; step: Step | ''; verification: Verification; current: number; n: number }>(
    'SELECT status, step, verification, current, n FROM sync_counts WHERE replica_id = ?',
  );
  const oldest = db
    .prepare<[number], string>(
      `SELECT d.modified FROM sync_map m JOIN master_docs d ON d.id = m.master_doc_id
       WHERE m.replica_id = ? AND m.status IN ('pending', 'error') AND m.wanted_modified_ms IS NOT NULL ORDER BY m.wanted_modified_ms LIMIT 1`,
    )
    .pluck();
  const pairs = db.prepare<[number, number, number], { masterDocId: number; replicaDocId: number }>(
    `SELECT master_doc_id AS masterDocId, replica_doc_id AS replicaDocId FROM sync_map
     WHERE replica_id = ? AND master_doc_id > ? AND replica_doc_id IS NOT NULL ORDER BY master_doc_id LIMIT ?`,
  );

  // The row of the maximum, as SQLite picks bare columns; nulls where there is none.
  const newest = (column: string) =>
    db.prepare<[number], { at: string | null; id: number }>(
      `SELECT ${column} AS at, replica_doc_id AS id, max(julianday(${column})) FROM sync_map
       WHERE replica_id = ? AND status IN ('ok', 'limited') AND copy_added IS NOT NULL AND observed_modified IS NOT NULL`,
    );
  const newestAdded = newest('copy_added');
  const newestModified = newest('observed_modified');

  const one = (stored: StoredRow | undefined): SyncRow | null => (stored === undefined ? null : toRow(stored));

  function counts(replicaId: number): Counts {
    const result: Counts = {
      total: 0,
      byStatus: { pending: 0, ok: 0, error: 0, held: 0, quarantined: 0, limited: 0, tombstone: 0 },
      byStep: { queued: 0, uploading: 0, consuming: 0, applying: 0, linking: 0 },
      verification: { never: 0, matched: 0, differs: 0, unreadable: 0 },
      verifiedCurrent: 0,
    };
    for (const { status, step, verification, current, n } of counted.iterate(replicaId)) {
      result.total += n;
      result.byStatus[status] += n;
      if (step !== '') result.byStep[step] += n;
      result.verification[verification] += n;
      if (current === 1) result.verifiedCurrent += n;
    }
    return result;
  }

  return {
    row: (id) => one(row.get(id)),
    rowFor: (replicaId, masterDocId) => one(rowFor.get(replicaId, masterDocId)),
    rowByReplicaDoc: (replicaId, replicaDocId) => one(byCopy.get(replicaId, replicaDocId)),
    rows(replicaId, { status, verification, after = 0, limit }) {
      if (status !== undefined && verification !== undefined) {
        const { byStatus, verification: byVerification } = counts(replicaId);
        const smaller = byStatus[status] <= byVerification[verification] ? page.statusFirst : page.verificationFirst;
        return smaller.all(replicaId, status, verification, after, limit).map(toRow);
      }
      if (status !== undefined) return page.status.all(replicaId, status, after, limit).map(toRow);
      if (verification !== undefined) return page.verification.all(replicaId, verification, after, limit).map(toRow);
      return page.all.all(replicaId, after, limit).map(toRow);
    },
    work(replicaId, limit, exclude, takes) {
      const found: SyncRow[] = [];
      for (const statement of handedOut) {
        if (found.length >= limit) break;
        for (const stored of statement.iterate(replicaId)) {
          if (exclude.has(stored.id)) continue;
          const candidate = toRow(stored);
          if (takes?.(candidate) === false) continue;
          found.push(candidate);
          if (found.length >= limit) break;
        }
      }
      return found;
    },
    workCount(replicaId) {
      const { byStep } = counts(replicaId);
      return byStep.queued + byStep.applying + byStep.linking;
    },
    inFlight: (replicaId) => inFlight.all(replicaId).map(toRow),
    newestCopy(replicaId) {
      const [added, modified] = [newestAdded.get(replicaId), newestModified.get(replicaId)];
      if (added === undefined || modified === undefined || added.at === null || modified.at === null) return null;
      return { added: added.at, modified: modified.at, modifiedId: modified.id };
    },
    goneUnsettled: (replicaId) => goneUnsettled.all(replicaId).map(toRow),
    counts,
    oldestWaiting: (replicaId) => oldest.get(replicaId) ?? null,
    pairsAfter: (replicaId, masterDocId, limit) => pairs.all(replicaId, masterDocId, limit),
    isMapped: (replicaId, replicaDocId) => byCopy.get(replicaId, replicaDocId) !== undefined,
  };
}
