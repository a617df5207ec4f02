import { isPaperlessError, type WireDocument } from '../../paperless';
import type { Candidate, SyncRow } from '../../state';
import { isoTime } from '../instant';
import type { Lane } from '../lane';
import { failing } from '../instance-failure';
import { everyRow } from '../every-row';
import { isOurs } from '../same-copy';
import { trashOf } from '../trashed';
import { isFree } from './survey';

export interface TakeUpReport {
  taken: number;
  /** Gone from the replica, or of bytes that the document never had. */
  dropped: number;
}

const PAGE = 200;

/**
 * The pairs that a resync gave up: each is read, and taken up again where the replica's document holds the bytes that are wanted. What can't be proven is dropped, and
 * its document is synced as a new one. Goes on where a deadline stopped it: what was decided is no candidate any more.
 */
export async function takeUp(lane: Lane): Promise<TakeUpReport> {
  const report: TakeUpReport = { taken: 0, dropped: 0 };
  const { store, epoch } = lane.run;
  if (store.candidates.count(lane.replicaId) === 0) return report;
  await failing('replica', lane.replica, async () => {
    await provePairsOfTheGone(lane);
    const trash = new Trash(lane);
    for (let after = 0; !lane.signal.aborted;) {
      const page = store.candidates.after(lane.replicaId, after, PAGE);
      const last = page.at(-1);
      // What is left by now has a copy already, by another way.
      if (last === undefined) {
        store.fenced(epoch, () => store.candidates.clear(lane.replicaId));
        return;
      }
      after = last.masterDocId;
      const ids = page.map(({ replicaDocId }) => replicaDocId);
      const found = new Map((await lane.writer.documentsByIds(ids, lane.call)).map((document) => [document.id, document]));
      for (const candidate of page) {
        const document = found.get(candidate.replicaDocId) ?? (await outOfTheTrash(lane, candidate, trash));
        const proof = document === null ? null : await prove(lane, candidate, document);
        store.fenced(epoch, () => decide(lane, candidate, proof === null || document === null ? null : { ...proof, added: document.added }, report));
      }
    }
  });
  return report;
}

/**
 * Documents that are gone on the master keep their copies through a resync, for policy to judge: those that are still there, or in the trash, and arrived
 * when the copy did; where nobody has learned when that was, those that are ours by mark or bytes. What else stands under such a number is somebody's.
 */
async function provePairsOfTheGone(lane: Lane): Promise<void> {
  const { store, epoch } = lane.run;
  const graves = new Map<number, SyncRow>();
  for (const row of everyRow(store, lane.replicaId, { status: 'tombstone' })) if (row.replicaDocId !== null) graves.set(row.replicaDocId, row);
  const prove = async (document: WireDocument): Promise<void> => {
    const row = graves.get(document.id);
    if (row === undefined) return;
    const { copyAdded: arrived } = row;
    const same = arrived === null ? await isOurs(lane, row, document) : Date.parse(arrived) === Date.parse(document.added);
    if (same) graves.delete(document.id);
  };
  for (const document of await lane.writer.documentsByIds([...graves.keys()], lane.call)) await prove(document);
  if (graves.size > 0) for await (const document of trashOf(lane.writer, lane.call)) await prove(document);
  store.fenced(epoch, () => {
    for (const { id } of graves.values()) store.registry.unmap(id);
  });
}

/** When what lies in the replica's trash arrived there; read when it is needed first. */
class Trash {
  private known: Promise<ReadonlyMap<number, string>> | undefined;

  constructor(private readonly lane: Lane) {}

  async added(id: number): Promise<string | undefined> {
    this.known ??= this.read();
    return (await this.known).get(id);
  }

  private async read(): Promise<ReadonlyMap<number, string>> {
    const found = new Map<number, string>();
    for await (const { id, added } of trashOf(this.lane.writer, this.lane.call)) found.set(id, added);
    return found;
  }
}

/** A copy that somebody trashed is brought back, as it would have been without the resync: 2.x refuses an upload of the same bytes. null: it is gone. */
async function outOfTheTrash(lane: Lane, { masterDocId, replicaDocId: id, copyAdded }: Candidate, trash: Trash): Promise<WireDocument | null> {
  // The copy of what is gone on the master is where it belongs.
  if (lane.run.store.registry.rowFor(lane.replicaId, masterDocId)?.status === 'tombstone') return null;
  const added = await trash.added(id);
  // What has its number and came at another time is somebody's, on an instance that was emptied or set back.
  if (added === undefined || (copyAdded !== null && Date.parse(copyAdded) !== Date.parse(added))) return null;
  try {
    await lane.writes(() => lane.writer.restoreDocument(id, lane.call));
  } catch (error) {
    if (!isPaperlessError(error) || error.class !== 'document') throw error;
    return null;
  }
  return lane.writer.document(id, lane.call);
}

/** The SHA-256 of what the copy holds (null where only its MD5 is known to be right); null when it isn't what is wanted. */
async function prove(
  lane: Lane,
  { masterDocId, replicaDocId, sha256 }: Candidate,
  document: WireDocument,
): Promise<{ sha256: string | null } | null> {
  const { registry } = lane.run.store;
  const master = registry.masterDoc(masterDocId);
  if (master === null) return null;
  const { versions } = JSON.parse(master.document) as WireDocument;
  const newest = versions.at(-1);
  const learned = registry.file(masterDocId, newest?.id ?? 0);
  if (lane.writer.capabilities.versions) {
    const have = document.versions;
    // Of a chain the first file says whose it is: what follows is brought in line by the push. A 2.x master has one file and forgets those before it: any that
    // the copy was ever given says as much.
    const given = new Set([sha256, learned?.sha256, ...registry.sentFiles(lane.replicaId, masterDocId).map((file) => file.sha256)]);
    const proven =
      newest === undefined ? have.some(({ checksum }) => checksum !== '' && given.has(checksum)) : have[0]?.checksum === versions[0]?.checksum;
    return proven ? { sha256: have.at(-1)?.checksum ?? null } : null;
  }
  const metadata = await lane.writer.metadata(replicaDocId, lane.call);
  if (metadata === null) return null;
  if (learned !== null && learned.md5 === metadata.originalChecksum) return { sha256: learned.sha256 === '' ? null : learned.sha256 };
  // An earlier file of the document's proves as much, also one that the master has no more: the push replaces such a copy by one of the newest, which
  // dropping it here would put beside it.
  const earlier = versions.slice(0, -1).map(({ id, checksum }) => ({ md5: registry.file(masterDocId, id)?.md5, sha256: checksum }));
  const file = [...earlier, ...registry.sentFiles(lane.replicaId, masterDocId)].find(({ md5 }) => md5 === metadata.originalChecksum);
  return file === undefined ? null : { sha256: file.sha256 };
}

function decide(
  lane: Lane,
  { masterDocId, replicaDocId }: Candidate,
  proof: { sha256: string | null; added: string } | null,
  report: TakeUpReport,
): void {
  const { registry, candidates } = lane.run.store;
  const row = registry.rowFor(lane.replicaId, masterDocId);
  candidates.drop(lane.replicaId, masterDocId);
  if (proof === null || row === null || (row.status !== 'tombstone' && !isFree(row)) || registry.isMapped(lane.replicaId, replicaDocId)) {
    report.dropped += 1;
    return;
  }
  const at = isoTime(lane.run.env.now());
  if (row.status !== 'pending') registry.move(row.id, { to: 'queued' }, at);
  registry.move(row.id, { to: 'applying', replicaDocId, fileChecksum: proof.sha256 }, at);
  registry.learnCopy(row.id, proof.added);
  if (row.status === 'tombstone') registry.move(row.id, { to: 'tombstone' }, at);
  report.taken += 1;
}
