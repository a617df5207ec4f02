import type { DocumentRow, TagRow } from '../../../simulator/state/rows';
import type { SyncRow } from '../../../src/state';
import type { Site } from '../../support/site';
import { chain, living, namesBack } from '../../support/oracle';
import { leftOut } from '../driver';
import type { Story } from '../story';

/** What is known of a document whose copy isn't simply equal. */
export interface Grounds {
  story: Story;
  master: Site;
  site: Site;
  doc: DocumentRow;
  /** Alive on the replica; undefined: there is none. */
  copy: DocumentRow | undefined;
  differences: readonly string[];
  standing: ReadonlyMap<number, number>;
  trash: boolean;
  keepDrift: boolean;
  adopt: boolean;
}

/** null: what the registry says of the document is so, by what stands on the servers. Else what is wrong with it. */
export function reasonsThatHold(grounds: Grounds, said: SyncRow): string | null {
  switch (said.status) {
    case 'limited':
      return limited(grounds, said);
    case 'held':
      return held(grounds, said);
    default:
      return failed(grounds, said);
  }
}

function limited(grounds: Grounds, said: SyncRow): string | null {
  if (said.reasons.length === 0) return 'no reason is given';
  const untrue = said.reasons.find((reason) => LIMITS[reason]?.(grounds) !== true);
  if (untrue !== undefined) return `the reason ${untrue} doesn't hold`;
  if (grounds.copy === undefined) return said.reasons.includes('identical-bytes') ? null : 'there is no copy, and nothing in its way';
  // The same words would be wrong for anything else that differs.
  const excused = said.reasons.flatMap((reason) => EXCUSED[reason] ?? []);
  const other = grounds.differences.filter((difference) => !excused.some((field) => difference.startsWith(field)));
  if (other.length > 0) return `${other[0] ?? ''} has nothing to do with it`;
  return said.verification === 'matched' ? null : 'it is not verified';
}

/** By reason, what it may make different; all others are part of what is wanted of such a copy. */
const EXCUSED: Readonly<Record<string, readonly string[]>> = {
  'asn-held-by-another': ['asn '],
  // A copy that was somebody's before: its name is as they gave it.
  'file-name-kept': ['original_file_name '],
  // Exactly those tags that stand above, which the reason itself asks for.
  'tag-elsewhere': ['tags '],
};

type Limit = (grounds: Grounds) => boolean;

const LIMITS: Readonly<Record<string, Limit>> = {
  'identical-bytes': (grounds) => bytesElsewhere(grounds, true),
  'older-versions': ({ master, site, doc }) => site.major === 2 && chain(master.instance, doc).length > 1,
  'created-out-of-range': ({ site, doc }) => site.major === 3 && (doc.created < '1678-01-01' || doc.created > '2261-12-31'),
  'owner-without-counterpart': ({ master, site, doc }) => {
    const owner = master.instance.store.users.get(doc.owner)?.username;
    return owner !== undefined && !names(site).users.has(owner);
  },
  'grant-without-counterpart': ({ master, site, doc }) => {
    const { store } = master.instance;
    const known = names(site);
    return (['view', 'change'] as const).some(
      (right) =>
        doc.grants[right].users.some((id) => !known.users.has(store.users.get(id)?.username ?? '')) ||
        doc.grants[right].groups.some((id) => !known.groups.has(store.groups.get(id)?.name ?? '')),
    );
  },
  'dangling-link': danglingLink,
  'one-sided-link': oneSidedLink,
  'tag-elsewhere': tagElsewhere,
  'asn-held-by-another': ({ site, doc, copy }) =>
    doc.asn !== null && site.instance.store.documents.all().some((row) => row.asn === doc.asn && row.id !== copy?.id),
  'file-name-kept': ({ differences }) => differences.some((difference) => difference.startsWith('original_file_name ')),
  'file-name-too-long': ({ doc }) => Buffer.byteLength(doc.originalFilename ?? '') > 253,
};

function names({ instance: { store } }: Site): { users: Set<string>; groups: Set<string> } {
  return { users: new Set(store.users.all().map((user) => user.username)), groups: new Set(store.groups.all().map((group) => group.name)) };
}

/**
 * Of several owners' tags of one name there is one on the replica, and it stands as the one that everybody sees: a document that has another of them has what is
 * above that one, too, and nothing else. Which tags are one and where each stands is read from the master; from the replica only where its own look is kept (set
 * back with a backup, and drift kept), or where such tags stand above each other on the master, which no replica can have.
 */
function tagElsewhere({ story, master, site, doc, copy, differences, keepDrift }: Grounds): boolean {
  if (copy === undefined || !differences.some((difference) => difference.startsWith('tags '))) return false;
  const here = master.instance.store.tags;
  const there = site.instance.store.tags;
  const own = new Set<string>();
  for (const id of doc.tags) for (let tag = here.get(id); tag !== undefined; tag = here.get(tag.parent)) own.add(tag.name);
  const found = new Set(copy.tags.map((id) => there.get(id)?.name ?? `#${id}`));
  const byMaster = above(here, own);
  const replicasOwn =
    byMaster === null || (keepDrift && story.meddlingWith(site).setBack) ? above(there, own, (tag) => there.get(tag.parent)) : byMaster;
  return replicasOwn !== null && replicasOwn.size === found.size && [...found].every((name) => replicasOwn.has(name));
}

type Tags = Site['instance']['store']['tags'];

/**
 * Names with all that stand above them where each is one tag, the one that everybody sees and then the oldest. null: they stand in a circle. `next`: what stands
 * above a tag; on the master, what the name of that is one with.
 */
function above(
  table: Tags,
  names: ReadonlySet<string>,
  next = (tag: TagRow): TagRow | undefined => leader(table, table.get(tag.parent)?.name ?? ''),
): Set<string> | null {
  const found = new Set<string>();
  for (const name of names) {
    const way: TagRow[] = [];
    for (let tag = leader(table, name); tag !== undefined; tag = next(tag)) {
      if (way.includes(tag)) return null;
      way.push(tag);
    }
    for (const one of way) found.add(one.name);
  }
  return found;
}

function leader(table: Tags, name: string): TagRow | undefined {
  const all = table.all().filter((tag) => tag.name === name);
  return all.sort((a, b) => Number(a.owner !== null) - Number(b.owner !== null) || a.id - b.id)[0];
}

function oneSidedLink({ master, doc }: Grounds): boolean {
  const { documents, customFields } = master.instance.store;
  return doc.fields.some(({ field, values }) => {
    const links = customFields.get(field)?.dataType === 'documentlink' && Array.isArray(values.documentlink) ? (values.documentlink as number[]) : [];
    return links.some((id) => {
      const target = documents.get(id);
      return target?.deletedAt === null && !namesBack(target, doc.id, field);
    });
  });
}

function danglingLink({ master, doc, standing }: Grounds): boolean {
  const { store } = master.instance;
  const links = doc.fields.flatMap(({ field, values }) => {
    const value = values[store.customFields.get(field)?.dataType ?? 'string'];
    return store.customFields.get(field)?.dataType === 'documentlink' && Array.isArray(value) ? (value as number[]) : [];
  });
  const there = new Set(standing.values());
  return links.some((id) => store.documents.get(id)?.deletedAt !== null || !there.has(id));
}

/** Whether this replica refuses a file of the document because it has those bytes already, in the trash too. */
function bytesElsewhere({ master, site, doc, copy }: Grounds, alive: boolean): boolean {
  if (site.major === 3 && !site.instance.consumer.options.duplicatesRefused) return false;
  const files = chain(master.instance, doc).map((row) => row.original.sha256);
  const wanted = new Set(site.major === 2 ? files.slice(-1) : files);
  return site.instance.store.documents
    .all()
    .some((row) => row.id !== copy?.id && row.root !== (copy?.id ?? -1) && (!alive || row.deletedAt === null) && wanted.has(row.original.sha256));
}

/**
 * Whether what the replica refuses lies in its trash and has to stay there: somebody else's, or a version of the copy itself and another was made since,
 * so that it can't come back to the end where it belongs.
 */
function bytesInTrash({ master, site, doc, copy }: Grounds): boolean {
  if (site.major === 3 && !site.instance.consumer.options.duplicatesRefused) return false;
  const files = chain(master.instance, doc).map((row) => row.original.sha256);
  const wanted = new Set(site.major === 2 ? files.slice(-1) : files);
  const newest = copy === undefined ? 0 : Math.max(...chain(site.instance, copy).map(({ id }) => id));
  return site.instance.store.documents
    .all()
    .some((row) => row.deletedAt !== null && wanted.has(row.original.sha256) && !(copy !== undefined && row.root === copy.id && row.id > newest));
}

function held({ story, site, doc, copy, keepDrift, adopt }: Grounds, said: SyncRow): string | null {
  if (story.cast.ownNodes && leftOut(site.name, doc.id)) return null;
  if (said.reasons[0] === 'twin') {
    if (adopt) return 'twins are adopted here';
    const files = story.files.get(doc.id) ?? new Set();
    // What carries our own mark was sent from here, and a registry that wasn't set back knows it.
    const known = story.faults['registry-set-back'] === undefined && story.faults['master-set-back'] === undefined;
    const ours = / \[pngx:[0-9a-f]{10}\]$/u;
    const others = living(site.instance).filter((row) => files.has(row.original.sha256) && !(known && ours.test(row.title)));
    return others.length > 0 ? null : 'nothing there has the same bytes, unless sent from here';
  }
  // What somebody changed may be as it should be again: it is held until the master changes, and looked at no more.
  if (keepDrift && copy !== undefined && story.meddlingWith(site).touched.has(copy.id)) return null;
  return 'nothing on the servers asks for it';
}

function failed(grounds: Grounds, said: SyncRow): string | null {
  const { site, story, doc, trash } = grounds;
  switch (said.errorCode) {
    case 'file-differs':
      // 2.x can't replace a file, and under `keep` nothing makes room for another copy.
      return site.major === 2 && !trash && (story.files.get(doc.id)?.size ?? 0) > 1 ? null : 'a copy can take its place here';
    case 'bytes-in-trash':
      return bytesInTrash(grounds) ? null : 'nothing in the trash there has the same bytes, unless it can be taken back';
    case 'refused-as-duplicate':
    case 'already-mapped':
      return bytesElsewhere(grounds, false) ? null : 'nothing there has the same bytes';
    default:
      return `${said.errorMessage ?? ''} ${said.errorNextStep ?? ''}`;
  }
}
