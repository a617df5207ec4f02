import { textFile } from '../../simulator/library/files/plain-file.js';
import type { LibraryFile } from '../../simulator/library/types.js';
import { Client } from '../client.js';
import type { Deed, Hand, Item, Named } from './hand.js';

async function upload(hand: Hand, file: LibraryFile, fields: Record<string, string | string[]>): Promise<number> {
  const task = (await hand.client.must('POST', '/api/documents/post_document/', Client.form(file, fields))) as string;
  return hand.client.consumed(task, file.originalFileName);
}

/** Bytes of a document's newest file. */
async function bytesOf(hand: Hand, id: number): Promise<Uint8Array> {
  return hand.client.bytes(`/api/documents/${id}/download/?original=true`);
}

const versionsOf = (item: Item): { id: number; is_root: boolean }[] => (item.versions ?? []).filter((version) => !version.is_root);

interface Trashed extends Item {
  root_document?: number | null;
}

async function trashed(hand: Hand, fits: (item: Trashed) => boolean): Promise<Trashed | undefined> {
  const found = (await hand.client.all<Trashed>('trash')).filter(fits);
  return found.length === 0 ? undefined : hand.random.pick(found);
}

async function newVersion(hand: Hand, id: number, file: LibraryFile, label: string | null): Promise<string> {
  const form = Client.form(file, label === null ? {} : { version_label: label });
  const task = (await hand.client.must('POST', `/api/documents/${id}/update_version/`, form)) as string;
  return `version ${await hand.client.consumed(task, file.originalFileName)} of ${id}`;
}

/** On both: uploads, the trash, reading the file again. */
export const fileDeeds: Record<string, Deed> = {
  'upload a document': async (hand) => {
    const { file, title, created } = hand.document();
    const fields: Record<string, string | string[]> = { title, created };
    const from = await hand.one<Named>('correspondents');
    if (from) fields['correspondent'] = String(from.id);
    const tags = hand.random.some(await hand.client.all<Named>('tags'), 2).map((tag) => String(tag.id));
    if (tags.length > 0) fields['tags'] = tags;
    return `${await upload(hand, file, fields)}: ${title}`;
  },
  'upload a bare file': async (hand) => {
    const n = hand.next();
    const file = textFile(`notiz "${hand.seed}-${n}" & mehr.txt`, `\n  Notiz ${hand.seed}-${n}\n\n`);
    return `${await upload(hand, file, {})}: ${file.originalFileName}`;
  },
  'read files again': async (hand) => {
    const documents = await hand.ids(2);
    if (documents.length === 0) return null;
    if (hand.major >= 3) await hand.client.must('POST', '/api/documents/reprocess/', { documents });
    else await hand.client.must('POST', '/api/documents/bulk_edit/', { documents, method: 'reprocess', parameters: {} });
    return documents.join(', ');
  },
  'trash a document': async (hand) => {
    const [id] = await hand.ids(1);
    if (id === undefined) return null;
    await hand.client.must('DELETE', `/api/documents/${id}/`);
    return String(id);
  },
  'trash in bulk': async (hand) => {
    const documents = await hand.ids(2);
    if (documents.length === 0) return null;
    await hand.client.must('POST', '/api/documents/bulk_edit/', { documents, method: 'delete', parameters: {} });
    return documents.join(', ');
  },
  'restore a document': async (hand) => {
    const item = await trashed(hand, ({ root_document: root }) => root == null);
    if (!item) return null;
    await hand.client.must('POST', '/api/trash/', { documents: [item.id], action: 'restore' });
    return String(item.id);
  },
  'trash and restore a document': async (hand) => {
    const [id] = await hand.ids(1);
    if (id === undefined) return null;
    await hand.client.must('DELETE', `/api/documents/${id}/`);
    await hand.client.must('POST', '/api/trash/', { documents: [id], action: 'restore' });
    return String(id);
  },
  'erase a document': async (hand) => {
    const item = await trashed(hand, ({ root_document: root }) => root == null);
    if (!item) return null;
    await hand.client.must('POST', '/api/trash/', { documents: [item.id], action: 'empty' });
    return String(item.id);
  },
  'empty the trash': async (hand) => {
    const all = await hand.client.all<Item>('trash');
    if (all.length === 0 || hand.random.chance(70)) return null;
    await hand.client.must('POST', '/api/trash/', { action: 'empty' });
    return `${all.length} entries`;
  },
};

/** 3.x alone: versions, and files that are there already. */
export const versionDeeds: Record<string, Deed> = {
  'upload a twin': async (hand) => {
    const item = await hand.anyItem();
    if (!item) return null;
    const bytes = await bytesOf(hand, item.id);
    const file: LibraryFile = {
      originalFileName: `Zwilling ${hand.next()}`,
      mimeType: item.mime_type,
      bytes: () => bytes,
      text: '',
      pageCount: null,
    };
    return `${await upload(hand, file, { title: `Zwilling von ${item.id}` })} has the file of ${item.id}`;
  },
  'add a version': async (hand) => {
    const [id] = await hand.ids(1);
    if (id === undefined) return null;
    const n = hand.next();
    const label = hand.random.chance(50) ? `Fassung ${n}` : null;
    return newVersion(hand, id, textFile(`fassung ${n}.txt`, `Neue Fassung ${hand.seed}-${n} von ${id}\n`), label);
  },
  'delete the newest version': async (hand) => {
    const item = await hand.itemThat((candidate) => versionsOf(candidate).length > 0);
    const newest = item && versionsOf(item).sort((a, b) => b.id - a.id)[0];
    if (!item || !newest) return null;
    await hand.client.must('DELETE', `/api/documents/${item.id}/versions/${newest.id}/`);
    return `version ${newest.id} of ${item.id}`;
  },
  'delete a version in the middle': async (hand) => {
    const item = await hand.itemThat((candidate) => versionsOf(candidate).length > 1);
    const oldest = item && versionsOf(item).sort((a, b) => a.id - b.id)[0];
    if (!item || !oldest) return null;
    await hand.client.must('DELETE', `/api/documents/${item.id}/versions/${oldest.id}/`);
    return `version ${oldest.id} of ${item.id}`;
  },
  'label a version': async (hand) => {
    const item = await hand.itemThat((candidate) => versionsOf(candidate).length > 0);
    const version = item && hand.random.pick(item.versions ?? []);
    if (!item || !version) return null;
    const label = hand.random.chance(25) ? '' : `Marke ${hand.next()}`;
    await hand.client.must('PATCH', `/api/documents/${item.id}/versions/${version.id}/`, { version_label: label });
    return `version ${version.id} of ${item.id}: ${label}`;
  },
  'restore a version': async (hand) => {
    const alive = new Set(await hand.client.documentIds());
    const item = await trashed(hand, ({ root_document: root }) => root != null && alive.has(root));
    if (!item) return null;
    await hand.client.must('POST', '/api/trash/', { documents: [item.id], action: 'restore' });
    return `version ${item.id} of ${item.root_document ?? ''}`;
  },
  "edit an older version's text": async (hand) => {
    const item = await hand.itemThat((candidate) => versionsOf(candidate).length > 0);
    const root = item?.versions?.find((version) => version.is_root);
    if (!item || !root) return null;
    await hand.client.must('PATCH', `/api/documents/${item.id}/?version=${root.id}`, { content: `Alter Text ${hand.next()}` });
    return `version ${root.id} of ${item.id}`;
  },
  'turn pages': async (hand) => {
    const item = await hand.itemThat((candidate) => candidate.mime_type === 'application/pdf');
    if (!item) return null;
    await hand.client.must('POST', '/api/documents/rotate/', { documents: [item.id], degrees: 90 });
    return String(item.id);
  },
};
