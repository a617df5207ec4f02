import type { PaperlessReader, WireDocument } from '../../paperless';
import type { MasterDocRow, Store, SyncRow } from '../../state';
import { keptTitle } from '../normalise';
import type { Face } from '../plan/reconcile';
import { replacements } from '../replace';
import { failing } from '../instance-failure';
import type { Run } from '../run';
import { intentOf } from '../lost-uploads';

/** A replica to look at: only ever read here. */
export interface Surveyed {
  replicaId: number;
  name: string;
  reader: PaperlessReader;
}

/** A checksum that has to be read before documents can be compared. */
export type Reading =
  /** The file itself, hashed with both algorithms: the two majors have none in common. */
  | { side: 'master'; via: 'download'; id: number; versionId: number | null; sha256: string | null }
  /** 2.x tells its MD5 in a document's metadata alone. */
  | { side: 'master' | 'replica'; via: 'metadata'; id: number };

export interface Survey {
  /** What no row maps, on either side; documents with a create under way and those that are gone left out. */
  masters: Face[];
  replicas: Face[];
  /** What is to be read before a plan can be made; empty when all is known. */
  readings: Reading[];
}

const PAGE = 500;

/**
 * Who could be a copy of whom. The master's side is the registry's; the replica's list is walked, and on 3.x brings its checksums along. 2.x lists none: there
 * each unknown one is a reading of `/metadata/` (23–36 ms a document with 10,000 stored), not of `checksum__iexact` once per master document (67 ms), half the
 * time for as many documents; it also fills the index, which stays good: a 2.x document's file never changes.
 */
export async function survey(run: Run, replica: Surveyed): Promise<Survey> {
  const replicas = await failing('replica', replica.name, () => listReplica(run, replica));
  if (replicas.faces.length === 0) return { masters: [], replicas: [], readings: [] };
  const masters = listMasters(run, replica);
  if (masters.faces.length === 0) return { masters: [], replicas: replicas.faces, readings: [] };
  const hopeless = new Set(unreadable(run.store, replica.replicaId));
  const readings = [...replicas.readings, ...masters.readings].filter((reading) => !hopeless.has(keyOf(reading)));
  return { masters: masters.faces, replicas: replicas.faces, readings };
}

/** Readings that failed stay so until a reconcile was applied: a file that can't be read must not keep all others waiting. */
export function markUnreadable(run: Run, replicaId: number, readings: readonly Reading[]): void {
  if (readings.length === 0) return;
  const all = [...new Set([...unreadable(run.store, replicaId), ...readings.map(keyOf)])];
  run.store.fenced(run.epoch, () => run.store.settings.setFact(unreadableFact(replicaId), JSON.stringify(all)));
}

export function forgetUnreadable(store: Store, replicaId: number): void {
  store.settings.setFact(unreadableFact(replicaId), null);
}

function unreadable(store: Store, replicaId: number): string[] {
  const stored = store.settings.fact(unreadableFact(replicaId));
  return stored === null ? [] : (JSON.parse(stored) as string[]);
}

function unreadableFact(replicaId: number): string {
  return `reconcile:unreadable:${replicaId}`;
}

function keyOf({ side, id }: Reading): string {
  return `${side} ${id}`;
}

async function listReplica(run: Run, { replicaId, reader }: Surveyed): Promise<{ faces: Face[]; readings: Reading[] }> {
  const { registry } = run.store;
  const ids: number[] = [];
  for await (const page of reader.documentIds(run.call)) ids.push(...page);
  const algorithm = reader.capabilities.checksum;
  const index = checksums(run, replicaId, algorithm);
  const there = new Set(ids);
  for (const id of index.keys()) if (!there.has(id)) run.store.fenced(run.epoch, () => registry.forgetReplicaDoc(replicaId, id));
  const { copies: replaced } = replacements(run.store, replicaId);
  const free = ids.filter((id) => !registry.isMapped(replicaId, id) && !replaced.has(id)).sort((a, b) => a - b);
  const faces: Face[] = [];
  const readings: Reading[] = [];
  for (let i = 0; i < free.length; i += PAGE) {
    const documents = await reader.documentsByIds(free.slice(i, i + PAGE), run.call);
    run.store.fenced(run.epoch, () => {
      for (const document of documents) {
        // An upload of ours that arrived late: the row that sent it finds it by itself.
        if (intentOf({ run, replicaId }, document) !== null) continue;
        const root = document.versions[0]?.checksum;
        if (root !== undefined) registry.learnReplicaChecksum(replicaId, document.id, root);
        const known = index.get(document.id);
        const chain = root !== undefined ? document.versions.map(({ checksum }) => checksum) : known === undefined ? null : [known];
        if (chain === null) readings.push({ side: 'replica', via: 'metadata', id: document.id });
        faces.push(faceOf(document, chain));
      }
    });
  }
  return { faces, readings };
}

function checksums(run: Run, replicaId: number, algorithm: 'md5' | 'sha256'): Map<number, string> {
  const index = new Map<number, string>();
  for (let after = 0; ;) {
    const page = run.store.registry.replicaChecksumsAfter(replicaId, algorithm, after, PAGE);
    for (const { replicaDocId, checksum } of page) index.set(replicaDocId, checksum);
    const last = page.at(-1);
    if (last === undefined) return index;
    after = last.replicaDocId;
  }
}

function listMasters(run: Run, replica: Surveyed): { faces: Face[]; readings: Reading[] } {
  const faces: Face[] = [];
  const readings: Reading[] = [];
  for (let after = 0; ;) {
    const page = run.store.registry.masterDocsAfter(after, PAGE);
    for (const master of page) {
      if (!isFree(run.store.registry.rowFor(replica.replicaId, master.id))) continue;
      const document = JSON.parse(master.document) as WireDocument;
      const { chain, reading } = masterChain(run, master, document, replica.reader);
      if (reading !== null) readings.push(reading);
      faces.push(faceOf(document, chain));
    }
    const last = page.at(-1);
    if (last === undefined) return { faces, readings };
    after = last.id;
  }
}

/** Neither mapped nor in the middle of a create. A row that isn't there yet comes with the next cycle. */
export function isFree(row: SyncRow | null): boolean {
  return row === null || (row.replicaDocId === null && row.intent === null && row.status !== 'tombstone');
}

/** What the replica is to hold, in its algorithm, or how that is learned. */
function masterChain(
  run: Run,
  { id }: MasterDocRow,
  document: WireDocument,
  replica: PaperlessReader,
): { chain: string[] | null; reading: Reading | null } {
  const newest = document.versions.at(-1);
  if (replica.capabilities.checksum === 'sha256' && newest !== undefined) {
    return { chain: document.versions.map(({ checksum }) => checksum), reading: null };
  }
  const known = run.store.registry.file(id, newest?.id ?? 0);
  const checksum = known === null ? '' : replica.capabilities.checksum === 'md5' ? known.md5 : known.sha256;
  if (checksum !== '') return { chain: [checksum], reading: null };
  const sameAlgorithm = run.master.capabilities.checksum === replica.capabilities.checksum;
  return {
    chain: null,
    reading: sameAlgorithm
      ? { side: 'master', via: 'metadata', id }
      : { side: 'master', via: 'download', id, versionId: newest?.id ?? null, sha256: newest?.checksum ?? null },
  };
}

function faceOf(document: WireDocument, chain: readonly string[] | null): Face {
  return { id: document.id, chain, asn: document.archiveSerialNumber, title: keptTitle(document.title), created: document.created };
}
