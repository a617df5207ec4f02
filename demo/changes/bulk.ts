import { valueFor } from './edits.js';
import type { Deed, Hand, Named } from './hand.js';

/** One bulk edit of a handful of documents. */
function bulk(method: string, parameters: (hand: Hand) => Promise<object | null>): Deed {
  return async (hand) => {
    const given = await parameters(hand);
    const documents = await hand.ids(hand.random.int(2, 6));
    if (given === null || documents.length === 0) return null;
    await hand.client.must('POST', '/api/documents/bulk_edit/', { documents, method, parameters: given });
    return `${documents.join(', ')}: ${JSON.stringify(given).slice(0, 120)}`;
  };
}

const idOr = async (hand: Hand, path: string): Promise<number | null> =>
  hand.random.chance(20) ? null : ((await hand.one<Named>(path))?.id ?? null);

async function someTag(hand: Hand): Promise<object | null> {
  const tag = await hand.one<Named>('tags');
  return tag ? { tag: tag.id } : null;
}

export const bulkDeeds: Record<string, Deed> = {
  'bulk: correspondent': bulk('set_correspondent', async (hand) => ({ correspondent: await idOr(hand, 'correspondents') })),
  'bulk: type': bulk('set_document_type', async (hand) => ({ document_type: await idOr(hand, 'document_types') })),
  'bulk: storage path': bulk('set_storage_path', async (hand) => ({ storage_path: await idOr(hand, 'storage_paths') })),
  'bulk: add a tag': bulk('add_tag', someTag),
  'bulk: remove a tag': bulk('remove_tag', someTag),
  'bulk: tags': bulk('modify_tags', async (hand) => {
    const [add, remove] = hand.random.some(await hand.client.all<Named>('tags'), 2);
    return add && remove ? { add_tags: [add.id], remove_tags: [remove.id] } : null;
  }),
  'bulk: fields': bulk('modify_custom_fields', async (hand) => {
    const [add, remove] = hand.random.some(
      (await hand.fields()).filter((field) => field.data_type !== 'documentlink'),
      2,
    );
    return add && remove ? { add_custom_fields: { [add.id]: await valueFor(hand, add) }, remove_custom_fields: [remove.id] } : null;
  }),
  'bulk: permissions': bulk('set_permissions', async (hand) => {
    const [user] = hand.random.some(await hand.client.all<{ id: number }>('users'), 1);
    const [group] = hand.random.some(await hand.client.all<{ id: number }>('groups'), 1);
    if (!user || !group) return null;
    const view = { users: [user.id], groups: [group.id] };
    return { set_permissions: { view, change: { users: [], groups: [group.id] } }, owner: hand.random.chance(30) ? null : user.id, merge: false };
  }),
};
