import { keptContent, keptFileName, keptTitle } from './rules.js';
import type { Snapshot, SnapshotDocument } from './snapshot.js';

export type Algorithm = 'md5' | 'sha256';

export interface Pairs {
  pairs: [master: SnapshotDocument, replica: SnapshotDocument][];
  /** Pairs whose copy has an older file of the master's document. */
  outdated: [master: SnapshotDocument, replica: SnapshotDocument][];
  /** On the master only. `twin`: another master document with the same bytes is paired. */
  missing: { document: SnapshotDocument; twin: boolean }[];
  /** On the replica, once more than on the master. */
  doubled: SnapshotDocument[];
  /** On the replica alone, and nothing like it on the master: the replica's own. */
  own: SnapshotDocument[];
}

type Pair = Pairs['pairs'][number];

/** Takes from both lists what `same` calls a pair, in order. */
function take(masters: SnapshotDocument[], replicas: SnapshotDocument[], same: (m: SnapshotDocument, r: SnapshotDocument) => boolean): Pair[] {
  const pairs: Pair[] = [];
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

/** How much two documents of the same bytes have in common: title, day and number before all the rest. */
function likeness(m: SnapshotDocument, r: SnapshotDocument): number {
  const equal = (of: (d: SnapshotDocument) => unknown): number => (JSON.stringify(of(m)) === JSON.stringify(of(r)) ? 1 : 0);
  const strong = (sameTitle(m, r) ? 3 : 0) + 2 * equal((d) => d.created) + 2 * equal((d) => d.archiveSerialNumber);
  const weak = [
    equal((d) => d.chain),
    equal((d) => d.originalFileName?.normalize('NFC')),
    equal((d) => keptContent(d.content)),
    equal((d) => d.correspondent),
    equal((d) => d.documentType),
    equal((d) => d.storagePath),
    equal((d) => d.tags),
    equal((d) => d.notes),
    equal((d) => d.owner),
    equal((d) => d.customFields.map((f) => [f.field.name, f.field.data_type === 'documentlink' ? 'link' : f.value]).sort()),
  ];
  return strong + weak.reduce((sum, value) => sum + value, 0);
}

/** Documents of the same bytes: those most alike first. */
function takeTwins(masters: SnapshotDocument[], replicas: SnapshotDocument[]): Pair[] {
  const pairs: Pair[] = [];
  const all = masters.flatMap((m) => replicas.map((r) => ({ m, r, score: masters.length + replicas.length > 2 ? likeness(m, r) : 0 })));
  for (const { m, r } of all.sort((a, b) => b.score - a.score)) {
    if (!masters.includes(m) || !replicas.includes(r)) continue;
    masters.splice(masters.indexOf(m), 1);
    replicas.splice(replicas.indexOf(r), 1);
    pairs.push([m, r]);
  }
  return pairs.sort(([a], [b]) => a.id - b.id);
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
 * Which replica document is which master document's copy: by the bytes of the newest original, likeness as the tie-break. What no bytes pair is
 * paired by an older file of the master's, by title and file name, or by archive number: the file is what differs then.
 * @param before the master as it was earlier: a file that a document had then counts as an older one of its.
 */
export function pairDocuments(master: Snapshot, replica: Snapshot, algorithm: Algorithm, before?: Snapshot): Pairs {
  const hash = (document: SnapshotDocument): string => {
    const value = document[algorithm];
    if (value === undefined)
      throw new Error(`Document ${document.id} was read without ${algorithm}: read 3.x with needMd5 when the other side is 2.x.`);
    return value;
  };
  const onReplica = groupBy(replica.documents, hash);
  const result: Pairs = { pairs: [], outdated: [], missing: [], doubled: [], own: [] };
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

  const twin = (document: SnapshotDocument): boolean => pairedHashes.has(hash(document));
  const formerly = new Map(before?.documents.map((document) => [document.id, [...document.chain, document.sha256, document.md5]]));
  const older = (m: SnapshotDocument, r: SnapshotDocument): boolean => {
    const had = new Set([...m.chain, ...(formerly.get(m.id) ?? [])]);
    return [r.sha256, r.md5].some((value) => value !== undefined && had.has(value));
  };
  // 2.x holds bytes once: they may be there in the copy of a document that has another file by now.
  for (const m of replica.major < 3 ? [...masterLeft] : []) {
    const index = result.pairs.findIndex(([other, r]) => older(m, r) && likeness(m, r) > likeness(other, r));
    const [other, r] = result.pairs[index] ?? [];
    if (other === undefined || r === undefined) continue;
    result.pairs.splice(index, 1);
    masterLeft.splice(masterLeft.indexOf(m), 1, other);
    result.outdated.push([m, r]);
  }
  // A twin whose bytes are there in another's copy is limited; only what else is missing may have an outdated copy.
  const unpaired = masterLeft.filter((document) => replica.major >= 3 || !twin(document));
  result.outdated.push(...take(unpaired, replicaLeft, (m, r) => older(m, r) && sameTitle(m, r)), ...take(unpaired, replicaLeft, older));
  const sameName = (m: SnapshotDocument, r: SnapshotDocument): boolean =>
    sameTitle(m, r) && keptFileName(m.originalFileName, replica.major) === r.originalFileName;
  const sameNumber = (m: SnapshotDocument, r: SnapshotDocument): boolean =>
    m.archiveSerialNumber !== null && m.archiveSerialNumber === r.archiveSerialNumber;
  const otherwise = [...take(unpaired, replicaLeft, sameName), ...take(unpaired, replicaLeft, sameNumber)];
  result.pairs.push(...otherwise);
  const found = new Set([...result.outdated, ...otherwise].map(([m]) => m));
  result.missing = masterLeft.filter((document) => !found.has(document)).map((document) => ({ document, twin: twin(document) }));
  result.own = replicaLeft;
  return result;
}
