import { keptFileName, keptTitle } from './rules.js';
import type { Snapshot, SnapshotDocument } from './snapshot.js';

export type Algorithm = 'md5' | 'sha256';

export interface Pairs {
  pairs: [master: SnapshotDocument, replica: SnapshotDocument][];
  /** On the master only. `twin`: another master document with the same bytes is paired. */
  missing: { document: SnapshotDocument; twin: boolean }[];
  /** On the replica, once more than on the master. */
  doubled: SnapshotDocument[];
  /** On the replica alone, and nothing like it on the master: the replica's own. */
  own: SnapshotDocument[];
}

/** Takes from both lists what `same` calls a pair, in order. */
function take(
  masters: SnapshotDocument[],
  replicas: SnapshotDocument[],
  same: (m: SnapshotDocument, r: SnapshotDocument) => boolean,
): Pairs['pairs'] {
  const pairs: Pairs['pairs'] = [];
  for (const master of [...masters]) {
    const index = replicas.findIndex((replica) => same(master, replica));
    const replica = replicas[index];
    if (replica === undefined) continue;
    replicas.splice(index, 1);
    masters.splice(masters.indexOf(master), 1);
    pairs.push([master, replica]);
  }
  return pairs;
}

const sameTitle = (m: SnapshotDocument, r: SnapshotDocument): boolean => keptTitle(m.title) === keptTitle(r.title);

/** Documents of the same bytes: those alike in more come first. */
function takeTwins(masters: SnapshotDocument[], replicas: SnapshotDocument[]): Pairs['pairs'] {
  if (masters.length === 1 && replicas.length === 1) return take(masters, replicas, () => true);
  return [
    ...take(masters, replicas, (m, r) => sameTitle(m, r) && m.created === r.created && m.archiveSerialNumber === r.archiveSerialNumber),
    ...take(masters, replicas, sameTitle),
    ...take(masters, replicas, () => true),
  ];
}

/** The checksum that both sides tell of every document. */
export function commonAlgorithm(master: Snapshot, replica: Snapshot): Algorithm {
  return [...master.documents, ...replica.documents].every((d) => d.sha256 !== undefined) ? 'sha256' : 'md5';
}

function groupBy(documents: readonly SnapshotDocument[], key: (document: SnapshotDocument) => string): Map<string, SnapshotDocument[]> {
  const groups = new Map<string, SnapshotDocument[]>();
  for (const document of documents) {
    const group = groups.get(key(document));
    if (group) group.push(document);
    else groups.set(key(document), [document]);
  }
  return groups;
}

/**
 * Which replica document is which master document's copy: by the bytes of the newest original, title as the tie-break. What no bytes pair is
 * paired by title and file name, or by archive number: the file is what differs then.
 */
export function pairDocuments(master: Snapshot, replica: Snapshot, algorithm: Algorithm): Pairs {
  const hash = (document: SnapshotDocument): string => {
    const value = document[algorithm];
    if (value === undefined)
      throw new Error(`Document ${document.id} was read without ${algorithm}: read 3.x with needMd5 when the other side is 2.x.`);
    return value;
  };
  const onReplica = groupBy(replica.documents, hash);
  const result: Pairs = { pairs: [], missing: [], doubled: [], own: [] };
  const [masterLeft, replicaLeft]: [SnapshotDocument[], SnapshotDocument[]] = [[], []];
  const pairedHashes = new Set<string>();
  for (const [value, group] of groupBy(master.documents, hash)) {
    const [masters, replicas] = [[...group], [...(onReplica.get(value) ?? [])]];
    onReplica.delete(value);
    const pairs = takeTwins(masters, replicas);
    if (pairs.length > 0) pairedHashes.add(value);
    result.pairs.push(...pairs);
    result.doubled.push(...replicas);
    masterLeft.push(...masters);
  }
  replicaLeft.push(...[...onReplica.values()].flat());

  const sameName = (m: SnapshotDocument, r: SnapshotDocument): boolean =>
    sameTitle(m, r) && keptFileName(m.originalFileName, replica.major) === r.originalFileName;
  const sameNumber = (m: SnapshotDocument, r: SnapshotDocument): boolean =>
    m.archiveSerialNumber !== null && m.archiveSerialNumber === r.archiveSerialNumber;
  result.pairs.push(...take(masterLeft, replicaLeft, sameName), ...take(masterLeft, replicaLeft, sameNumber));
  result.missing = masterLeft.map((document) => ({ document, twin: pairedHashes.has(hash(document)) }));
  result.own = replicaLeft;
  return result;
}
