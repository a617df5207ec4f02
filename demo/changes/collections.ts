import type { Deed, Field, Hand, Named, Taxonomy } from './hand.js';
import { taxonomies } from './hand.js';

const mark = / ·\d+$/u;
/** The name with another mark at its end, short enough for its column. */
const marked = (hand: Hand, name: string): string => `${Array.from(name.replace(mark, '')).slice(0, 118).join('')} ·${hand.next()}`;

type Collection = Taxonomy | 'custom_fields';
const collections: readonly Collection[] = [...taxonomies, 'custom_fields'];

/** Some entries of a collection that has so many. */
async function some(hand: Hand, count: number): Promise<{ path: Collection; entries: Field[] } | null> {
  const path = hand.random.pick(collections);
  const entries = hand.random.some(await hand.client.all<Field>(path), count);
  return entries.length < count ? null : { path, entries };
}

/** A select field is refused without its options. */
function rename(hand: Hand, path: Collection, entry: Field, name: string): Promise<unknown> {
  const extra = path === 'custom_fields' && entry.data_type === 'select' ? { extra_data: entry.extra_data } : {};
  return hand.client.must('PATCH', `/api/${path}/${entry.id}/`, { name, ...extra });
}

/** Each takes the next one's name, by way of a name that nobody has. */
async function rotateNames(hand: Hand, count: number): Promise<string | null> {
  const found = await some(hand, count);
  const [first] = found?.entries ?? [];
  if (found === null || first === undefined) return null;
  const { path, entries } = found;
  await rename(hand, path, first, `unterwegs ${hand.next()}`);
  // From the end: whoever holds the name that is wanted next has just given it up.
  const names = entries.map((entry) => entry.name);
  for (const [index, entry] of [...entries.entries()].reverse()) {
    if (index > 0) await rename(hand, path, entry, names[(index + 1) % count] ?? '');
  }
  await rename(hand, path, first, names[1 % count] ?? '');
  return `${path}: ${names.join(' → ')}`;
}

function body(hand: Hand, path: Taxonomy, name: string): object {
  const path_ = path === 'storage_paths' ? { path: `neu/{{ created_year }}/${hand.next()}` } : {};
  return { name, owner: null, matching_algorithm: 0, ...path_, ...(path === 'tags' ? { color: '#112233' } : {}) };
}

async function onOptions(
  hand: Hand,
  change: (options: { id?: string; label: string }[]) => { id?: string; label: string }[] | null,
): Promise<string | null> {
  const field = hand.random.some(await hand.fields('select'), 1)[0];
  const before = field?.extra_data?.select_options ?? [];
  const after = field && change(before.map((option) => ({ ...option })));
  if (!field || !after) return null;
  await hand.client.must('PATCH', `/api/custom_fields/${field.id}/`, { name: field.name, extra_data: { select_options: after } });
  return `${field.name}: ${before.map((option) => option.label).join(', ')} → ${after.map((option) => option.label).join(', ')}`.slice(0, 200);
}

export const collectionDeeds: Record<string, Deed> = {
  'rename an entry': async (hand) => {
    const found = await some(hand, 1);
    const [entry] = found?.entries ?? [];
    if (!found || !entry) return null;
    const name = mark.test(entry.name) && hand.random.chance(40) ? entry.name.replace(mark, '') : marked(hand, entry.name);
    await rename(hand, found.path, entry, name);
    return `${found.path}: ${entry.name} → ${name}`;
  },
  'swap two names': (hand) => rotateNames(hand, 2),
  'rotate three names': (hand) => rotateNames(hand, 3),
  'create an entry': async (hand) => {
    const path = hand.random.pick(taxonomies);
    const name = `Neu ${hand.next()}`;
    const made = (await hand.client.must('POST', `/api/${path}/`, body(hand, path, name))) as Named;
    const item = await hand.anyItem();
    const key = { correspondents: 'correspondent', document_types: 'document_type', storage_paths: 'storage_path', tags: 'tags' }[path];
    if (item) await hand.patch(item.id, { [key]: path === 'tags' ? [...item.tags, made.id] : made.id });
    return `${path}: ${name}, on ${item?.id ?? 'nothing'}`;
  },
  'delete an entry': async (hand) => {
    const path = hand.random.pick(taxonomies);
    const entry = await hand.one<Named>(path);
    if (!entry) return null;
    await hand.client.must('DELETE', `/api/${path}/${entry.id}/`);
    return `${path}: ${entry.name}`;
  },
  'delete entries in bulk': async (hand) => {
    const path = hand.random.pick(taxonomies);
    const entries = hand.random.some(await hand.client.all<Named>(path), 2);
    // A parent takes its children along: naming both is refused.
    if (entries.length === 0 || entries.some((entry) => entries.some((other) => other.id === entry.parent))) return null;
    await hand.client.must('POST', '/api/bulk_edit_objects/', { objects: entries.map((e) => e.id), object_type: path, operation: 'delete' });
    return `${path}: ${entries.map((entry) => entry.name).join(', ')}`;
  },
  'delete an entry and make it anew': async (hand) => {
    const path = hand.random.pick(['correspondents', 'document_types'] as const);
    const entry = await hand.one<Named>(path);
    if (!entry) return null;
    await hand.client.must('DELETE', `/api/${path}/${entry.id}/`);
    const made = (await hand.client.must('POST', `/api/${path}/`, body(hand, path, entry.name))) as Named;
    const item = await hand.anyItem();
    if (item) await hand.patch(item.id, { [path === 'correspondents' ? 'correspondent' : 'document_type']: made.id });
    return `${path}: ${entry.name}`;
  },
  'colour a tag': async (hand) => {
    const tag = await hand.one<Named>('tags');
    if (!tag) return null;
    const color = `#${hand.random.int(0, 0xffffff).toString(16).padStart(6, '0')}`;
    await hand.client.must('PATCH', `/api/tags/${tag.id}/`, { color });
    return `${tag.name}: ${color}`;
  },
  'move a tag': async (hand) => {
    const tags = await hand.client.all<Named>('tags');
    if (tags.length < 2) return null;
    const [tag, parent] = [hand.random.pick(tags), hand.random.chance(30) ? null : hand.random.pick(tags)];
    await hand.client.must('PATCH', `/api/tags/${tag.id}/`, { parent: parent?.id ?? null });
    return `${tag.name} under ${parent?.name ?? 'nothing'}`;
  },
  'edit a path template': async (hand) => {
    const entry = await hand.one<Named>('storage_paths');
    if (!entry) return null;
    // Single braces are of the old kind, which paperless rewrites.
    const path = hand.random.pick([
      `alt/{created_year}/${hand.next()}`,
      `{{ correspondent }}/${hand.next()}`,
      '{% if asn %}mit{% else %}ohne{% endif %}/{{ doc_pk }}',
    ]);
    await hand.client.must('PATCH', `/api/storage_paths/${entry.id}/`, { path });
    return `${entry.name}: ${path}`;
  },
  'set a matching rule': async (hand) => {
    const path = hand.random.pick(['tags', 'correspondents', 'document_types'] as const);
    const entry = await hand.one<Named>(path);
    if (!entry) return null;
    await hand.client.must('PATCH', `/api/${path}/${entry.id}/`, { match: `Regel ${hand.next()}`, matching_algorithm: hand.random.int(1, 3) });
    return `${path}: ${entry.name}`;
  },
  'create a field': async (hand) => {
    const type = hand.random.pick(['string', 'integer', 'monetary', 'documentlink', 'select', 'longtext', 'url', 'date', 'float', 'boolean']);
    const extra = type === 'select' ? { extra_data: { select_options: [{ label: 'ja' }, { label: 'nein' }] } } : {};
    const name = `Feld ${hand.next()} (${type})`;
    await hand.client.must('POST', '/api/custom_fields/', { name, data_type: type, ...extra });
    return name;
  },
  'delete a field': async (hand) => {
    const field = await hand.one<Field>('custom_fields');
    if (!field) return null;
    await hand.client.must('DELETE', `/api/custom_fields/${field.id}/`);
    return field.name;
  },
  'add an option': (hand) => onOptions(hand, (options) => [...options, { label: `Wahl ${hand.next()}` }]),
  'rename an option': (hand) =>
    onOptions(hand, (options) => options.map((option, index) => (index === 0 ? { ...option, label: marked(hand, option.label) } : option))),
  'swap two options': (hand) =>
    onOptions(hand, ([one, two, ...rest]) => (one && two ? [{ ...one, label: two.label }, { ...two, label: one.label }, ...rest] : null)),
  'remove an option': (hand) => onOptions(hand, (options) => (options.length < 2 ? null : options.slice(1))),
  'change a currency': async (hand) => {
    const field = hand.random.some(await hand.fields('monetary'), 1)[0];
    if (!field) return null;
    const currency = hand.random.pick(['EUR', 'CHF', 'JPY', '']);
    await hand.client.must('PATCH', `/api/custom_fields/${field.id}/`, { extra_data: { default_currency: currency } });
    return `${field.name}: ${currency}`;
  },
};
