import type { WireDocument } from '../paperless';
import type { SyncRow } from '../state';
import { walkBytes } from './byte-walk';
import { compareCopy } from './check-copy';
import type { Lane } from './lane';
import { demandLooks, rotation, rotationOf } from './rotation';
import { failing } from './instance-failure';
import { demandSameCopy } from './same-copy';
import { isHarmed, readStoredFiles, sayHarm, storedDifference, type StoredFiles } from './stored-files';
import { failVerification, recordMatch } from './verdict';

export interface VerifyReport {
  matched: number;
  differs: number;
  unreadable: number;
  /** Copies whose stored files were downloaded and hashed. */
  hashed: number;
}

export type OnVerified = (masterDocId: number, verification: 'matched' | 'differs' | 'unreadable') => void;

/**
 * Looks at copies with eyes of its own: everything not yet verified at its version, and a share of the rest, so that all of it is looked at within
 * `verify_days`. Reads only; what differs is queued for repair.
 */
export async function verify(lane: Lane, onResult: OnVerified): Promise<VerifyReport> {
  const report: VerifyReport = { matched: 0, differs: 0, unreadable: 0, hashed: 0 };
  const input = rotationOf(lane.run, lane.replicaId);
  await failing('replica', lane.replica, async () => {
    for (const rows of rotation(input)) {
      if (lane.signal.aborted || !(await verifyChunk(lane, rows, input.demanded !== null, report, onResult))) return;
    }
    demandLooks(lane.run.store.settings, lane.replicaId, null);
    report.hashed += await walkBytes(lane);
  });
  return report;
}

/** False when the cycle's end came before that of the chunk. */
async function verifyChunk(lane: Lane, rows: readonly SyncRow[], demanded: boolean, report: VerifyReport, onResult: OnVerified): Promise<boolean> {
  const documents = await lane.writer.documentsWithContent(
    rows.flatMap((row) => row.replicaDocId ?? []),
    lane.call,
  );
  const byId = new Map(documents.map((d) => [d.id, d]));
  for (const row of rows) {
    if (lane.signal.aborted) return false;
    const found = byId.get(row.replicaDocId ?? -1);
    if (found === undefined) {
      await failVerification(lane, row, { verification: 'unreadable', found: null, differences: [] });
      report.unreadable += 1;
      onResult(row.masterDocId, 'unreadable');
      continue;
    }
    demandSameCopy(row, found);
    const asProven = row.verification === 'matched' && row.verifiedVersion === row.wantedVersion && found.modified === row.observedModified;
    const differences = await compareCopy(lane, row, found, asProven && !demanded);
    if (differences === null) continue;
    // What was repaired on the disk is proven by its bytes alone.
    const files = isHarmed(row) ? await readStored(lane, row, found) : undefined;
    if (files === null) continue;
    const harm = files === undefined ? null : storedDifference(files);
    if (harm !== null) differences.push(harm);
    const verification = differences.length === 0 ? 'matched' : files?.found.includes(null) === true ? 'unreadable' : 'differs';
    if (verification === 'matched') await recordMatch(lane, row, found);
    else {
      const told = files === undefined || harm === null ? {} : { harm: sayHarm(lane.replica, found.id, files) };
      await failVerification(lane, row, { verification, found, differences, ...told });
    }
    report[verification] += 1;
    onResult(row.masterDocId, verification);
  }
  return true;
}

function readStored(lane: Lane, row: SyncRow, copy: WireDocument): Promise<StoredFiles | null> {
  const master = lane.run.store.registry.masterDoc(row.masterDocId);
  return master === null ? Promise.resolve(null) : readStoredFiles(lane, row, JSON.parse(master.document) as WireDocument, copy);
}
