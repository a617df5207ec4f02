/** A document as reconcile sees it. Checksums are in one algorithm on both sides: the replica's. */
export interface Face {
  id: number;
  /**
   * Of its files, oldest first: the root and its versions. On the master's side what this replica is to hold; null where nobody could read it.
   */
  chain: readonly string[] | null;
  asn: number | null;
  title: string;
  /** YYYY-MM-DD */
  created: string;
}

/** What told which of several documents with the same bytes is meant; `checksum` where there was but one on either side. */
export type Evidence = 'checksum' | 'asn' | 'title' | 'only-left';

export interface ReconcilePlan {
  /** Documents to adopt: each with the bytes that the replica is to hold. */
  pairs: { master: number; replica: number; by: Evidence }[];
  /** Several fit and nothing tells them apart: listed, never guessed. */
  ambiguous: { by: 'checksum' | 'title'; masters: number[]; replicas: number[] }[];
  /** Alike by ASN, or by title and date, but of other bytes (or other versions, or bytes that couldn't be read): listed, not adopted. */
  differing: { master: number; replica: number; by: 'asn' | 'title'; why: 'bytes' | 'versions' | 'unread' }[];
  /** Serial numbers of the master's that a document of the replica holds which isn't adopted for it. */
  asnHeld: { asn: number; master: number; replica: number }[];
  /** Without a counterpart: the sync uploads them. */
  missing: number[];
  /** Documents of the replica without a counterpart: left alone. */
  foreign: number[];
}

/**
 * Which of a replica's documents are copies of the master's, of those that are mapped on neither side. Checksum first; among documents of the same bytes the ASN,
 * then title and date, then who is left; whatever stays undecided is listed. Pure, and the same for any order of its input.
 */
export function planReconcile(masters: readonly Face[], replicas: readonly Face[]): ReconcilePlan {
  const plan: ReconcilePlan = { pairs: [], ambiguous: [], differing: [], asnHeld: [], missing: [], foreign: [] };
  const left = new Pool(masters, replicas);
  for (const group of byRoot(left)) matchGroup(group, left, plan);
  listAlike(left, plan);
  plan.asnHeld = heldSerials(masters, replicas, plan);
  plan.missing = [...left.masters.keys()];
  plan.foreign = [...left.replicas.keys()];
  plan.pairs.sort((a, b) => a.master - b.master);
  plan.differing.sort((a, b) => a.master - b.master);
  return plan;
}

/** Who isn't decided on yet, by id. */
class Pool {
  readonly masters: Map<number, Face>;
  readonly replicas: Map<number, Face>;

  constructor(masters: readonly Face[], replicas: readonly Face[]) {
    this.masters = new Map(ascending(masters).map((face) => [face.id, face]));
    this.replicas = new Map(ascending(replicas).map((face) => [face.id, face]));
  }
}

interface Group {
  masters: Set<Face>;
  replicas: Set<Face>;
}

/** Both sides' documents by their first file; only where there are some on both. */
function byRoot({ masters, replicas }: Pool): Group[] {
  const groups = new Map<string, Group>();
  for (const face of masters.values()) {
    const root = face.chain?.[0];
    if (root === undefined) continue;
    const group = groups.get(root) ?? { masters: new Set(), replicas: new Set() };
    group.masters.add(face);
    groups.set(root, group);
  }
  for (const face of replicas.values()) {
    const root = face.chain?.[0];
    if (root !== undefined) groups.get(root)?.replicas.add(face);
  }
  return [...groups.values()].filter(({ replicas: found }) => found.size > 0);
}

function matchGroup(group: Group, left: Pool, plan: ReconcilePlan): void {
  const alone = group.masters.size === 1 && group.replicas.size === 1;
  const evidence = [
    ['asn', pairsBy(({ asn }) => (asn === null ? null : String(asn)))],
    ['title', pairsBy(likeness)],
    [alone ? 'checksum' : 'only-left', onlyLeft],
  ] as const;
  // The strongest evidence that tells anything, again and again: what it settles may make weaker evidence unambiguous.
  for (;;) {
    let found: [Face, Face][] = [];
    const by = evidence.find(([, look]) => (found = look(group)).length > 0)?.[0];
    if (by === undefined) break;
    for (const [master, replica] of found) {
      plan.pairs.push({ master: master.id, replica: replica.id, by: alone ? 'checksum' : by });
      group.masters.delete(master);
      group.replicas.delete(replica);
      left.masters.delete(master.id);
      left.replicas.delete(replica.id);
    }
  }
  const undecided = fitting(group);
  if (undecided.masters.length === 0) return;
  plan.ambiguous.push({ by: 'checksum', masters: ids(undecided.masters), replicas: ids(undecided.replicas) });
  for (const { id } of undecided.masters) left.masters.delete(id);
  for (const { id } of undecided.replicas) left.replicas.delete(id);
}

/** A copy may lack the newest versions: they can be added. It can't have others. */
function fits(master: Face, replica: Face): boolean {
  const [ours, theirs] = [master.chain, replica.chain];
  if (ours === null || theirs === null || theirs.length === 0) return false;
  return theirs.length <= ours.length && theirs.every((checksum, at) => checksum === ours[at]);
}

/** Pairs that fit and share a key which nobody else in the group on their side has. */
function pairsBy(key: (face: Face) => string | null): (group: Group) => [Face, Face][] {
  return ({ masters, replicas }) => {
    const theirs = uniqueBy(replicas, key);
    return [...uniqueBy(masters, key)].flatMap(([value, master]): [Face, Face][] => {
      const replica = theirs.get(value);
      return replica !== undefined && fits(master, replica) ? [[master, replica]] : [];
    });
  };
}

/** Pairs of which each is the only one that fits the other. */
function onlyLeft(group: Group): [Face, Face][] {
  const theirs = countBy(group.replicas, ({ chain }) => [chainKey(chain ?? [])]);
  const ours = countBy(group.masters, ({ chain }) => prefixes(chain ?? []));
  return [...group.masters].flatMap((master): [Face, Face][] => {
    const fitting = prefixes(master.chain ?? []).flatMap((prefix) => theirs.get(prefix) ?? []);
    const replica = fitting.length === 1 ? fitting[0] : undefined;
    return replica !== undefined && ours.get(chainKey(replica.chain ?? []))?.length === 1 ? [[master, replica]] : [];
  });
}

/** Those of a group that fit somebody. */
function fitting({ masters, replicas }: Group): { masters: Face[]; replicas: Face[] } {
  const theirs = countBy(replicas, ({ chain }) => [chainKey(chain ?? [])]);
  const ours = countBy(masters, ({ chain }) => prefixes(chain ?? []));
  return {
    masters: [...masters].filter(({ chain }) => prefixes(chain ?? []).some((prefix) => theirs.has(prefix))),
    replicas: [...replicas].filter(({ chain }) => ours.has(chainKey(chain ?? []))),
  };
}

/** Documents that look alike but aren't: for a person to judge. */
function listAlike(left: Pool, plan: ReconcilePlan): void {
  const list = (master: Face, replica: Face, by: 'asn' | 'title'): void => {
    plan.differing.push({ master: master.id, replica: replica.id, by, why: whyNot(master, replica) });
    left.masters.delete(master.id);
    left.replicas.delete(replica.id);
  };
  const serial = ({ asn }: Face): string | null => (asn === null ? null : String(asn));
  const bySerial = uniqueBy(left.replicas.values(), serial);
  for (const [asn, master] of uniqueBy(left.masters.values(), serial)) {
    const replica = bySerial.get(asn);
    if (replica !== undefined) list(master, replica, 'asn');
  }
  const ours = countBy(left.masters.values(), (face) => [likeness(face) ?? '']);
  const theirs = countBy(left.replicas.values(), (face) => [likeness(face) ?? '']);
  for (const [key, masters] of ours) {
    const replicas = theirs.get(key) ?? [];
    const [master, replica] = [masters[0], replicas[0]];
    if (key === '' || master === undefined || replica === undefined) continue;
    if (masters.length === 1 && replicas.length === 1) {
      list(master, replica, 'title');
      continue;
    }
    plan.ambiguous.push({ by: 'title', masters: ids(masters), replicas: ids(replicas) });
    for (const { id } of masters) left.masters.delete(id);
    for (const { id } of replicas) left.replicas.delete(id);
  }
}

function whyNot(master: Face, replica: Face): 'bytes' | 'versions' | 'unread' {
  if (master.chain === null || replica.chain === null) return 'unread';
  return master.chain.some((checksum) => replica.chain?.includes(checksum) === true) ? 'versions' : 'bytes';
}

function heldSerials(masters: readonly Face[], replicas: readonly Face[], plan: ReconcilePlan): ReconcilePlan['asnHeld'] {
  const adopted = new Set(plan.pairs.map(({ replica }) => replica));
  const holders = new Map(ascending(replicas).flatMap(({ id, asn }): [number, number][] => (asn === null || adopted.has(id) ? [] : [[asn, id]])));
  return ascending(masters).flatMap(({ id, asn }) => {
    const replica = asn === null ? undefined : holders.get(asn);
    return asn === null || replica === undefined ? [] : [{ asn, master: id, replica }];
  });
}

/** Title and date; null where there is no title to go by. */
function likeness({ title, created }: Face): string | null {
  return title === '' ? null : JSON.stringify([created, title]);
}

function uniqueBy(faces: Iterable<Face>, key: (face: Face) => string | null): Map<string, Face> {
  const seen = countBy(faces, (face) => {
    const value = key(face);
    return value === null ? [] : [value];
  });
  return new Map([...seen].flatMap(([value, list]): [string, Face][] => (list.length === 1 && list[0] !== undefined ? [[value, list[0]]] : [])));
}

function countBy(faces: Iterable<Face>, keys: (face: Face) => readonly string[]): Map<string, Face[]> {
  const found = new Map<string, Face[]>();
  for (const face of faces) {
    for (const key of keys(face)) {
      const list = found.get(key);
      if (list === undefined) found.set(key, [face]);
      else list.push(face);
    }
  }
  return found;
}

function prefixes(chain: readonly string[]): string[] {
  return chain.map((_, at) => chainKey(chain.slice(0, at + 1)));
}

function chainKey(chain: readonly string[]): string {
  return chain.join(' ');
}

function ascending(faces: readonly Face[]): Face[] {
  return [...faces].sort((a, b) => a.id - b.id);
}

function ids(faces: readonly Face[]): number[] {
  return faces.map(({ id }) => id).sort((a, b) => a - b);
}
