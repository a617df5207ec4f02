import { titles } from '../../simulator/library/nasty/names.js';
import { edgeDays, oddCorrections, oddNotes } from '../../simulator/library/nasty/values.js';
import { specialTitles } from '../../simulator/library/words/special.js';
import type { Deed, Field, Hand, Item, Named } from './hand.js';

/** A value that a field of this type takes. */
export async function valueFor(hand: Hand, field: Field): Promise<unknown> {
  const { random } = hand;
  const n = hand.next();
  switch (field.data_type) {
    case 'string':
      return random.pick([`Nr. ${n}`, '', ' außen ', '{{ title }}', '№'.repeat(128)]);
    case 'longtext':
      return random.pick([`Zeile 1\nZeile ${n}`, '', ' \n ', '漢'.repeat(500)]);
    case 'url':
      return random.pick([`https://example.org/${n}?a=ä`, 'mailto:a@example.org', '']);
    case 'date':
      return random.pick(['2026-02-28', '1970-01-01', '9999-12-31', '2024-02-29']);
    case 'boolean':
      return random.pick([true, false]);
    case 'integer':
      return random.pick([n, 0, -2147483648, 2147483647]);
    case 'float':
      return random.pick([n / 8, -0.1, 1e-7, 12345678.9]);
    case 'monetary':
      return random.pick([`EUR${n}.50`, 'JPY1200.00', '100', '-0.01', 'CHF1.5', '9999999999.99']);
    case 'select':
      return random.pick([null, ...(field.extra_data?.select_options ?? [])])?.id ?? null;
    default:
      return hand.ids(random.int(1, 3));
  }
}

function onItem(what: string, change: (hand: Hand, item: Item) => Promise<object | null> | object | null): Deed {
  return async (hand) => {
    const item = await hand.anyItem();
    const body = item === undefined ? null : await change(hand, item);
    if (item === undefined || body === null) return null;
    await hand.patch(item.id, body);
    return `${what} of ${item.id}: ${JSON.stringify(body).slice(0, 120)}`;
  };
}

async function entryId(hand: Hand, path: string): Promise<number | null> {
  return hand.random.chance(15) ? null : ((await hand.one<Named>(path))?.id ?? null);
}

async function changedFields(hand: Hand, item: Item): Promise<{ field: number; value: unknown }[] | null> {
  const fields = await hand.fields();
  if (fields.length === 0) return null;
  const field = hand.random.pick(fields);
  const value = hand.random.chance(10) ? null : await valueFor(hand, field);
  return [...item.custom_fields.filter((entry) => entry.field !== field.id), { field: field.id, value }];
}

const newTitle = (hand: Hand): string => {
  const n = 50_000 + hand.next();
  return hand.random.chance(50) ? hand.random.pick(Object.values(titles))(n) : `${hand.random.pick(specialTitles).slice(0, 100)} ${n}`;
};

async function someTags(hand: Hand, item: Item): Promise<number[]> {
  const tags = await hand.client.all<Named>('tags');
  if (tags.length === 0) return [];
  if (item.tags.length > 0 && hand.random.chance(40)) {
    // A removed tag takes those below it along.
    const gone = hand.random.pick(item.tags);
    return item.tags.filter((id) => !hand.withAncestors(id, tags).includes(gone));
  }
  return [...new Set([...item.tags, ...hand.withAncestors(hand.random.pick(tags).id, tags)])];
}

function freeNumber(hand: Hand): number {
  return 2_000_000 + (hand.seed % 1000) * 1000 + hand.next();
}

export const edits: Record<string, Deed> = {
  'edit a title': onItem('title', (hand) => ({ title: newTitle(hand) })),
  'edit a day': onItem('created', (hand) => ({ created: hand.random.pick([...edgeDays[hand.major >= 3 ? 3 : 2], '2026-03-29', '2025-12-31']) })),
  'edit a correspondent': onItem('correspondent', async (hand) => ({ correspondent: await entryId(hand, 'correspondents') })),
  'edit a type': onItem('type', async (hand) => ({ document_type: await entryId(hand, 'document_types') })),
  'edit a storage path': onItem('storage path', async (hand) => ({ storage_path: await entryId(hand, 'storage_paths') })),
  'edit tags': onItem('tags', async (hand, item) => ({ tags: await someTags(hand, item) })),
  'edit a text': onItem('text', (hand, item) => ({ content: hand.random.pick(oddCorrections)(item.id * 1000 + hand.next()) })),
  'edit a number': onItem('ASN', (hand, item) => ({
    archive_serial_number: item.archive_serial_number !== null && hand.random.chance(40) ? null : freeNumber(hand),
  })),
  'swap two numbers': async (hand) => {
    const one = await hand.itemThat((item) => item.archive_serial_number !== null);
    const other = one && (await hand.itemThat((item) => item.archive_serial_number !== null && item.id !== one.id));
    if (!one || !other) return null;
    await hand.patch(one.id, { archive_serial_number: null });
    await hand.patch(other.id, { archive_serial_number: one.archive_serial_number });
    await hand.patch(one.id, { archive_serial_number: other.archive_serial_number });
    return `ASN ${one.archive_serial_number ?? ''} and ${other.archive_serial_number ?? ''} of ${one.id} and ${other.id}`;
  },
  'edit a field': onItem('fields', async (hand, item) => {
    const fields = await changedFields(hand, item);
    return fields && { custom_fields: fields };
  }),
  'take a field away': async (hand) => {
    const item = await hand.itemThat((candidate) => candidate.custom_fields.length > 0);
    if (!item) return null;
    const gone = hand.random.pick(item.custom_fields).field;
    await hand.patch(item.id, { custom_fields: hand.random.chance(20) ? [] : item.custom_fields.filter((entry) => entry.field !== gone) });
    return `field ${gone} of ${item.id}`;
  },
  'edit everything at once': onItem('all', async (hand, item) => ({
    title: newTitle(hand),
    content: `Alles neu ${hand.next()}`,
    correspondent: await entryId(hand, 'correspondents'),
    document_type: await entryId(hand, 'document_types'),
    tags: await someTags(hand, item),
    archive_serial_number: freeNumber(hand),
  })),
  'save without a change': onItem('nothing', (_hand, item) => ({ title: item.title })),
  'link documents': async (hand) => {
    const [field] = hand.random.some(await hand.fields('documentlink'), 1);
    const item = await hand.anyItem();
    if (!field || !item) return null;
    const now = item.custom_fields.find((entry) => entry.field === field.id)?.value;
    const alive = new Set(await hand.client.documentIds());
    const kept = hand.random.chance(60) && Array.isArray(now) ? (now as number[]).filter((id) => alive.has(id)) : [];
    const value = [...new Set([...kept, ...(await hand.ids(hand.random.int(1, 3))), ...(hand.random.chance(15) ? [item.id] : [])])];
    await hand.patch(item.id, { custom_fields: [...withoutDangling(item, field.id, alive, await hand.fields()), { field: field.id, value }] });
    return `${field.name} of ${item.id}: ${value.join(', ')}`;
  },
  'cut links': async (hand) => {
    const fields = await hand.fields();
    const links = new Set(fields.filter((field) => field.data_type === 'documentlink').map((field) => field.id));
    const item = await hand.itemThat((candidate) => candidate.custom_fields.some((entry) => links.has(entry.field) && Array.isArray(entry.value)));
    if (!item) return null;
    const cut = hand.random.pick(item.custom_fields.filter((entry) => links.has(entry.field))).field;
    const rest = withoutDangling(item, cut, new Set(await hand.client.documentIds()), fields);
    await hand.patch(item.id, { custom_fields: hand.random.chance(50) ? rest : [...rest, { field: cut, value: [] }] });
    return `field ${cut} of ${item.id}`;
  },
  'add a note': async (hand) => {
    const item = await hand.anyItem();
    if (!item) return null;
    const note = hand.random.chance(40) ? (hand.random.pick(oddNotes)[0] ?? '') : `Notiz ${hand.next()}`;
    const kept = await hand.client.must('POST', `/api/documents/${item.id}/notes/`, { note });
    if (!Array.isArray(kept)) throw new Error(`The note on ${item.id} wasn't kept: ${JSON.stringify(kept)}`);
    return `${item.id}: ${JSON.stringify(note).slice(0, 60)}`;
  },
  'delete a note': async (hand) => {
    const item = await hand.itemThat((candidate) => candidate.notes.length > 0);
    if (!item) return null;
    const note = hand.random.pick(item.notes);
    await hand.client.must('DELETE', `/api/documents/${item.id}/notes/?id=${note.id}`);
    return `note ${note.id} of ${item.id}`;
  },
};

/** The other fields as the web interface sends them: ids of documents that are gone would be refused. */
function withoutDangling(item: Item, but: number, alive: ReadonlySet<number>, fields: readonly Field[]): Item['custom_fields'] {
  const links = new Set(fields.filter((field) => field.data_type === 'documentlink').map((field) => field.id));
  return item.custom_fields
    .filter((entry) => entry.field !== but)
    .map(({ field, value }) => ({
      field,
      value: links.has(field) && Array.isArray(value) ? (value as number[]).filter((id) => alive.has(id)) : value,
    }));
}
