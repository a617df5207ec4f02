import type { Instance } from '../../simulator/instance';
import type { DocumentRow, TaxonRow } from '../../simulator/state/rows';

/**
 * Whether a replica holds what the master holds, judged from the two servers' tables alone. It has rules of its own for what paperless makes of a value
 * and knows nothing of the engine, so that a mistake there can't hide here.
 */
export interface Allowance {
  /** Documents on the replica that were there before or aren't ours. */
  foreign?: readonly number[];
  /** Master's documents that this replica can't hold at all. */
  missing?: readonly number[];
  /** By master id, the fields that can't be equal there. */
  fields?: Readonly<Record<number, readonly string[]>>;
}

export type Face = Record<string, unknown>;

/** A sentence for each thing that is missing, doubled or different; empty when all is as it should be. */
export function compareSites(master: Instance, replica: Instance, allowance: Allowance = {}): string[] {
  const found: string[] = [...compareTaxonomies(master, replica)];
  const left = new Map(living(replica).map((row) => [row.id, row]));
  for (const id of allowance.foreign ?? []) left.delete(id);
  for (const row of living(master)) {
    const wanted = wantedFace(master, replica, row);
    const candidates = [...left.values()].filter((other) => other.original.sha256 === wanted.key);
    const best = candidates
      .map((other) => ({ other, differing: differing(wanted.face, faceOf(replica, other), allowance.fields?.[row.id] ?? []) }))
      .sort((a, b) => a.differing.length - b.differing.length)[0];
    if (allowance.missing?.includes(row.id) === true) {
      if (best !== undefined && best.differing.length === 0) found.push(`document ${row.id} is there, though it can't be`);
      continue;
    }
    if (best === undefined) {
      found.push(`document ${row.id} "${row.title}" is missing`);
      continue;
    }
    left.delete(best.other.id);
    for (const field of best.differing) found.push(`document ${row.id} "${row.title}" differs: ${field}`);
  }
  for (const row of left.values()) found.push(`document ${row.id} "${row.title}" of the replica stands for nothing: doubled, or unasked for`);
  return found;
}

export function living(instance: Instance): DocumentRow[] {
  return instance.store.documents.all().filter((row) => row.deletedAt === null && row.root === null);
}

/** Rows of the document's files, oldest first. */
export function chain(instance: Instance, root: DocumentRow): DocumentRow[] {
  const versions = instance.store.documents.all().filter((row) => row.root === root.id && row.deletedAt === null);
  return [root, ...versions.sort((a, b) => a.id - b.id)];
}

function newest(instance: Instance, root: DocumentRow): DocumentRow {
  return chain(instance, root).at(-1) ?? root;
}

/** What the replica is to show of a master's document; `key` is the SHA-256 of its first file there. `link` names the target of a link; null: it can't be one. */
export function wantedFace(
  master: Instance,
  replica: Instance,
  row: DocumentRow,
  link?: (target: DocumentRow) => string | null,
): { key: string; face: Face } {
  const old = replica.store.profile.major === 2;
  // A link is told by its target's file; one that the replica doesn't hold can't be linked to there.
  const there = new Set(living(replica).map((other) => other.original.sha256));
  const byFile = (target: DocumentRow): string | null => {
    const key = (old ? newest(master, target) : target).original.sha256;
    return there.has(key) ? key : null;
  };
  // Paperless writes the other end of a link by itself: one that isn't named back there can't be made.
  const answered = (target: DocumentRow, field: number): string | null => (namesBack(target, row.id, field) ? (link ?? byFile)(target) : null);
  const face = faceOf(master, row, answered);
  const files = chain(master, row).map((version) => version.original.sha256);
  const kept = old ? files.slice(-1) : files;
  face.files = kept;
  // A tag that was moved in the tree reaches its documents late; a replica can't hold one without those above it.
  face.tags = closed(master, row.tags);
  face.title = letters(pythonStrip(row.title)).slice(0, 128).join('');
  if (!old) face.original_file_name = row.originalFilename?.normalize('NFC') ?? null;
  if (Buffer.byteLength(row.originalFilename ?? '') > 253) delete face.original_file_name;
  if (!old && (row.created < '1678-01-01' || row.created > '2261-12-31')) delete face.created;
  const users = new Set(replica.store.users.all().map((user) => user.username));
  const groups = new Set(replica.store.groups.all().map((group) => group.name));
  const orphaned = typeof face.owner === 'string' && !users.has(face.owner);
  if (orphaned) face.owner = 'admin';
  // Who may change may also see: what the server makes of every grant.
  const granted = (face.grants as string[]).flatMap((grant) => [grant, grant.replace(/^change/u, 'view')]);
  face.grants = [...new Set(granted)].sort().filter((grant) => {
    const [, kind = '', name = ''] = /^\w+ (\w+) (.*)$/u.exec(grant) ?? [];
    return !orphaned && (kind === 'user' ? users : groups).has(name);
  });
  return { key: kept[0] ?? '', face };
}

function closed({ store }: Instance, tags: readonly number[]): string[] {
  const names = new Set<string>();
  for (const id of tags) for (let tag = store.tags.get(id); tag !== undefined; tag = store.tags.get(tag.parent)) names.add(tag.name);
  return [...names].sort();
}

/** A document by names and values that mean the same on every server. */
export function faceOf(instance: Instance, row: DocumentRow, key: (target: DocumentRow, field: number) => string | null = firstFile): Face {
  const { store } = instance;
  const user = (id: number | null): string | null => store.users.get(id)?.username ?? null;
  const grants = (['view', 'change'] as const).flatMap((right) => [
    ...row.grants[right].users.map((id) => `${right} user ${user(id) ?? ''}`),
    ...row.grants[right].groups.map((id) => `${right} group ${store.groups.get(id)?.name ?? ''}`),
  ]);
  return {
    title: row.title,
    created: row.created,
    content: pythonStrip(newest(instance, row).content),
    correspondent: store.correspondents.get(row.correspondent)?.name ?? null,
    document_type: store.documentTypes.get(row.documentType)?.name ?? null,
    storage_path: store.storagePaths.get(row.storagePath)?.name ?? null,
    // Tags of one name and several owners are one tag.
    tags: [...new Set(row.tags.map((id) => store.tags.get(id)?.name ?? `#${id}`))].sort(),
    asn: row.asn,
    notes: row.notes.map((note) => note.note),
    owner: user(row.owner),
    grants: grants.sort(),
    original_file_name: row.originalFilename,
    files: chain(instance, row).map((version) => version.original.sha256),
    ...fieldsOf(instance, row, key),
  };
}

function firstFile(row: DocumentRow): string {
  return row.original.sha256;
}

/** Whether a document's own links in this field name another. */
export function namesBack(target: DocumentRow, id: number, field: number): boolean {
  const own = target.fields.find((instance) => instance.field === field)?.values.documentlink;
  return Array.isArray(own) && (own as number[]).includes(id);
}

function fieldsOf(instance: Instance, row: DocumentRow, key: (target: DocumentRow, field: number) => string | null): Face {
  const face: Face = {};
  for (const { field, values } of row.fields) {
    const definition = instance.store.customFields.get(field);
    if (definition === undefined) continue;
    const value = values[definition.dataType] ?? null;
    face[`custom field ${definition.name}`] = meaning(instance, {
      dataType: definition.dataType,
      value,
      extra: definition.extraData,
      key: (target) => key(target, field),
    });
  }
  return face;
}

interface Stored {
  dataType: string;
  value: unknown;
  extra: Record<string, unknown> | null;
  key: (target: DocumentRow) => string | null;
}

function meaning(instance: Instance, { dataType, value, extra, key }: Stored): unknown {
  if (value === null) return null;
  if (dataType === 'documentlink') {
    const ids = Array.isArray(value) ? (value as number[]) : [];
    const targets = ids.flatMap((id) => instance.store.documents.get(id) ?? []).filter((target) => target.deletedAt === null);
    return targets.flatMap((target) => key(target) ?? []).sort();
  }
  if (dataType === 'select') {
    const options = (extra?.select_options ?? []) as { id: string; label: string }[];
    return options.find((option) => option.id === value)?.label ?? null;
  }
  // The simulator keeps a float's notation beside its number.
  return typeof value === 'object' && 'value' in value ? value.value : value;
}

export function differing(wanted: Face, found: Face, allowed: readonly string[]): string[] {
  const keys = new Set([...Object.keys(wanted), ...Object.keys(found).filter((key) => key.startsWith('custom field '))]);
  return [...keys]
    .filter((key) => !allowed.includes(key) && JSON.stringify(wanted[key]) !== JSON.stringify(found[key]))
    .map((key) => `${key} is ${show(found[key])} instead of ${show(wanted[key])}`);
}

function show(value: unknown): string {
  return value === undefined ? 'not there' : JSON.stringify(value).slice(0, 120);
}

/** Everything that the master's documents can refer to is on the replica too. More there is no fault. */
export function compareTaxonomies(master: Instance, replica: Instance): string[] {
  const found: string[] = [];
  const look = <Row extends TaxonRow>(
    what: string,
    ours: readonly Row[],
    theirs: readonly Row[],
    aspects: (row: Row, of: Instance) => unknown,
  ): void => {
    const first = (name: string): Row | undefined =>
      ours.filter((other) => other.name === name).sort((a, b) => Number(a.owner !== null) - Number(b.owner !== null) || a.id - b.id)[0];
    for (const row of ours) {
      // Of several owners' rows of one name there is one on the replica, with the looks of the one that everybody sees.
      if (first(row.name) !== row) continue;
      // What the master removes stays on the replica: another may have taken its name since, and stands beside it there.
      const twins = theirs.filter((other) => other.name === row.name);
      const wanted = JSON.stringify(aspects(row, master));
      if (twins.length === 0) found.push(`${what} "${row.name}" is missing`);
      else if (!twins.some((twin) => JSON.stringify(aspects(twin, replica)) === wanted)) found.push(`${what} "${row.name}" differs`);
    }
  };
  look('correspondent', master.store.correspondents.all(), replica.store.correspondents.all(), () => null);
  look('document type', master.store.documentTypes.all(), replica.store.documentTypes.all(), () => null);
  look('storage path', master.store.storagePaths.all(), replica.store.storagePaths.all(), (row) => row.path);
  const knots = new Set(master.store.tags.all().flatMap((row) => (ancestors(master, row).includes(row.name) ? [row.name] : [])));
  look('tag', master.store.tags.all(), replica.store.tags.all(), (row, of) => [row.color, knots.has(row.name) || (ancestors(of, row)[0] ?? null)]);
  for (const field of master.store.customFields.all()) {
    const twin = replica.store.customFields.all().find((other) => other.name === field.name);
    if (twin?.dataType !== field.dataType) {
      found.push(`custom field "${field.name}" ${twin === undefined ? 'is missing' : 'differs'}`);
      continue;
    }
    const options = (extra: Record<string, unknown> | null): string[] =>
      ((extra?.select_options ?? []) as { label: string }[]).map(({ label }) => label);
    const there = options(twin.extraData);
    for (const label of options(field.extraData)) if (!there.includes(label)) found.push(`custom field "${field.name}" lacks its option "${label}"`);
  }
  return found;
}

/** Names from a tag's parent up to the top. One of its own among them (another owner's) can't be on a replica, where those two are one. */
function ancestors({ store }: Instance, row: { parent: number | null }): string[] {
  const names: string[] = [];
  for (let at = store.tags.get(row.parent); at !== undefined; at = store.tags.get(at.parent)) names.push(at.name);
  return names;
}

// str.isspace() of Python: what strip() takes away.
const BLANK = new Set(
  [
    9,
    10,
    11,
    12,
    13,
    28,
    29,
    30,
    31,
    32,
    0x85,
    0xa0,
    0x1680,
    ...Array.from({ length: 11 }, (_, n) => 0x2000 + n),
    0x2028,
    0x2029,
    0x202f,
    0x205f,
    0x3000,
  ].map((code) => String.fromCharCode(code)),
);

export function pythonStrip(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && BLANK.has(text.charAt(from))) from += 1;
  while (to > from && BLANK.has(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function letters(text: string): string[] {
  return Array.from(text);
}
