import type { Capabilities } from '../../paperless';
import { normalise, uploadName } from '../normalise';
import { noteText } from '../note-text';
import { strip } from '../text';
import { FIELD_TYPES, judgeCustomFields, type Links } from './custom-fields';
import { EQUAL, different, judged, limited, same, type Judgement } from './judgement';
import type { Described, Side } from './side';

export interface Rules {
  /** Owners and permissions are synced, and so compared. */
  owners: boolean;
  /** Notes have their author and time in front. */
  notePrefix: boolean;
}

export interface Pair {
  master: Described;
  replica: Described;
}

export interface PairContext {
  master: Side;
  replica: Side;
  links: Links;
  rules: Rules;
}

/** `document` is whether there is a copy at all, `file` the newest original's bytes. */
export const FIELDS: readonly string[] = [
  'document',
  'file',
  'original_file_name',
  'versions',
  'version_labels',
  'version_content',
  'title',
  'created',
  'correspondent',
  'document_type',
  'storage_path',
  'tags',
  'archive_serial_number',
  'content',
  ...FIELD_TYPES.map((type) => `custom_fields.${type}`),
  'notes',
  'owner',
  'permissions',
];

/** Everything but the files' bytes, by field. A field that says nothing between these two isn't in it. */
export function judgeFields(pair: Pair, context: PairContext): Map<string, Judgement> {
  const { master, replica } = pair;
  const to = context.replica.reader.capabilities;
  const { document: wanted, created } = normalise(master.named, to);
  const found = new Map<string, Judgement>();
  const judge = (field: string, judgement: Judgement | null): void => {
    if (judgement !== null) found.set(field, judgement);
  };
  judge('original_file_name', judgeFileName(pair, to));
  judge('versions', judgeVersions(pair, context));
  judge('version_labels', judgeLabels(pair, context));
  judge('title', judged(wanted.title, replica.named.title));
  judge(
    'created',
    created === undefined ? limited('created-out-of-range', master.named.created, replica.named.created) : judged(created, replica.named.created),
  );
  for (const field of ['correspondent', 'document_type', 'storage_path', 'archive_serial_number'] as const) {
    judge(field, judged(wanted[field], replica.named[field]));
  }
  judge('tags', judgeTags(wanted.tags, replica.named.tags, context.replica));
  judge('content', judged(wanted.content ?? '', strip(replica.wire.content)));
  for (const [type, judgement] of judgeCustomFields(master, replica, context.links)) judge(`custom_fields.${type}`, judgement);
  judge('notes', judgeNotes(pair, context.rules.notePrefix));
  if (context.rules.owners) {
    judge('owner', judgeOwner(pair, context));
    judge('permissions', judgePermissions(pair, context));
  }
  return found;
}

/** A tag that stands below others on the replica brings those: where it stands is for the comparison of tags to say. */
function judgeTags(wanted: readonly string[], found: readonly string[], replica: Side): Judgement {
  if (same(wanted, found)) return EQUAL;
  return same(replica.namesWith(wanted), found) ? limited('tag-elsewhere', wanted, found) : different(wanted, found);
}

/** null where the master has no name to compare with (very old documents). */
function judgeFileName({ master, replica }: Pair, to: Capabilities): Judgement | null {
  const { name, shortened } = uploadName(master.wire.originalFileName, '', to);
  if (name === '') return null;
  if (shortened && replica.wire.originalFileName === name) return limited('file-name-too-long', master.wire.originalFileName, name);
  return judged(name, replica.wire.originalFileName);
}

/** The chain by position. A 2.x master has no chain, and its copy may have older files of its own history. */
function judgeVersions({ master, replica }: Pair, context: PairContext): Judgement | null {
  if (!context.master.reader.capabilities.versions) return null;
  const chain = master.wire.versions.map((v) => v.checksum);
  if (context.replica.reader.capabilities.versions) {
    return judged(
      chain,
      replica.wire.versions.map((v) => v.checksum),
    );
  }
  return chain.length < 2 ? null : limited('older-versions', `${chain.length} files`, 'the newest file');
}

function judgeLabels({ master, replica }: Pair, context: PairContext): Judgement | null {
  if (!context.master.reader.capabilities.versions || !context.replica.reader.capabilities.versions) return null;
  const [ours, theirs] = [master.wire.versions.map((v) => v.label ?? ''), replica.wire.versions.map((v) => v.label ?? '')];
  return [...ours, ...theirs].every((label) => label === '') ? null : judged(ours, theirs);
}

function judgeNotes({ master, replica }: Pair, prefix: boolean): Judgement | null {
  const wanted = master.wire.notes.toSorted((a, b) => a.id - b.id).map((note) => noteText(note, prefix));
  return wanted.length === 0 && replica.named.notes.length === 0 ? null : judged(wanted, replica.named.notes);
}

/** An owner without a namesake leaves the document with the sync's user: seen by nobody who couldn't see it on the master. */
function judgeOwner({ master, replica }: Pair, context: PairContext): Judgement {
  const [owner, found] = [master.named.owner, replica.named.owner];
  if (owner === null || context.replica.hasUser(owner)) return judged(owner, found);
  return replica.wire.owner === context.replica.identity.userId ? limited('owner-without-counterpart', owner, found) : different(owner, found);
}

function judgePermissions({ master, replica }: Pair, context: PairContext): Judgement | null {
  const [given, found] = [master.named.permissions, replica.named.permissions];
  const nobody = { users: [], groups: [] };
  const owner = master.named.owner;
  const sides = [given.view, given.change, found.view, found.change];
  if (sides.every((side) => side.users.length === 0 && side.groups.length === 0)) return null;
  if (owner !== null && !context.replica.hasUser(owner)) {
    return same(found, { view: nobody, change: nobody }) ? limited('owner-without-counterpart', given, found) : different(given, found);
  }
  const known = (side: typeof given.view) => ({
    users: side.users.filter((name) => context.replica.hasUser(name)),
    groups: side.groups.filter((name) => context.replica.hasGroup(name)),
  });
  const wanted = { view: known(given.view), change: known(given.change) };
  if (!same(wanted, found)) return different(wanted, found);
  return same(wanted, given) ? EQUAL : limited('grant-without-counterpart', given, found);
}
