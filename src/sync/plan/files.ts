import type { SyncRow } from '../../state';
import { changedOnMaster } from '../copy-file';
import { policyOf } from '../deletes';
import type { Lane } from '../lane';
import type { WireDocument } from '../../paperless';
import { trashedOf } from '../trashed';
import type { Named } from './body';

/** Which of these copies are not there any more: to be uploaded anew, or in the trash, from where they are brought back. */
export async function planLost(lane: Lane, rows: readonly SyncRow[]): Promise<{ gone: Set<number>; trashed: Set<number> }> {
  const copies = new Map(rows.flatMap((row) => (row.replicaDocId === null ? [] : [[row.replicaDocId, row.masterDocId] as const])));
  for (const { id } of await lane.writer.documentsByIds([...copies.keys()], lane.call)) copies.delete(id);
  const there = copies.size === 0 ? new Set<number>() : await trashedOf(lane.writer, new Set(copies.keys()), lane.call);
  const trashed = new Set([...copies].flatMap(([copy, master]) => (there.has(copy) ? [master] : [])));
  return { gone: new Set([...copies.values()].filter((id) => !trashed.has(id))), trashed };
}

/** What the files of copies that are there already need. */
export interface FilePlan {
  /** 2.x: copies that another takes the place of. */
  replaced: { master: number; replica: number }[];
  /** 2.x under `keep`: changed files that can't be given. */
  attention: number;
  /** 3.x: versions that are given, and such that are taken away because a lower one differs, or the master has them no more. */
  given: number;
  taken: Named[];
  /** Bytes of what is sent; `exact` false where a size isn't known. */
  bytes: number;
  exact: boolean;
}

const CHUNK = 500;

/** Reads the copies of documents that have versions, and asks a 2.x master for the sum of each file that may have changed: as the cycle itself would. */
export async function planFiles(lane: Lane, rows: readonly SyncRow[], alive: () => void): Promise<FilePlan> {
  const plan: FilePlan = { replaced: [], attention: 0, given: 0, taken: [], bytes: 0, exact: true };
  for (let at = 0; at < rows.length; at += CHUNK) {
    await planChunk(lane, rows.slice(at, at + CHUNK), plan);
    alive();
  }
  return plan;
}

async function planChunk(lane: Lane, rows: readonly SyncRow[], plan: FilePlan): Promise<void> {
  const { registry } = lane.run.store;
  const documents = new Map(
    registry.masterDocs(rows.map(({ masterDocId }) => masterDocId)).map((d) => [d.id, JSON.parse(d.document) as WireDocument]),
  );
  const chains: { row: SyncRow; document: WireDocument; copy: number }[] = [];
  for (const row of rows) {
    const document = documents.get(row.masterDocId);
    if (document === undefined || row.replicaDocId === null) continue;
    if (lane.writer.capabilities.versions && document.versions.length > 0) {
      if (document.versions.length > 1 || document.versions[0]?.checksum !== row.fileChecksum) chains.push({ row, document, copy: row.replicaDocId });
    } else if (await changedOnMaster(lane, row, { document, reason: 'changed', row })) {
      send(lane, row.masterDocId, document.versions.at(-1)?.id ?? null, plan);
      if (lane.writer.capabilities.versions) plan.given += 1;
      else if (policyOf(lane) === 'keep') plan.attention += 1;
      else plan.replaced.push({ master: row.masterDocId, replica: row.replicaDocId });
    }
  }
  const copies = new Map(
    (
      await lane.writer.documentsByIds(
        chains.map(({ copy }) => copy),
        lane.call,
      )
    ).map((d) => [d.id, d]),
  );
  for (const { row, document, copy } of chains) {
    const found = copies.get(copy)?.versions ?? [];
    const differs = found.findIndex((version, i) => version.checksum !== document.versions[i]?.checksum);
    // Another first version is an error, and nothing is done to it.
    if (differs === 0) continue;
    const kept = differs < 0 ? found.length : differs;
    for (const version of document.versions.slice(kept)) {
      plan.given += 1;
      send(lane, row.masterDocId, version.id, plan);
    }
    for (const [n] of found.slice(kept).entries())
      plan.taken.push({ master: row.masterDocId, replica: copy, title: `${document.title}, version ${kept + n + 1}` });
  }
}

function send(lane: Lane, masterDocId: number, versionId: number | null, plan: FilePlan): void {
  // What a 2.x master has for a file now was never seen; what was, is the old one.
  const size = versionId === null ? 0 : (lane.run.store.registry.file(masterDocId, versionId)?.size ?? 0);
  plan.bytes += size;
  if (size === 0) plan.exact = false;
}
