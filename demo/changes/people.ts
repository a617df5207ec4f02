import type { Deed, Hand } from './hand.js';

interface User {
  id: number;
  username: string;
  is_superuser: boolean;
}

const someUser = (hand: Hand): Promise<User | undefined> => hand.one<User>('users', (user) => !user.is_superuser);

async function some(hand: Hand, path: string): Promise<number[]> {
  return hand.random.some(await hand.client.all<{ id: number }>(path), hand.random.int(0, 2)).map((entry) => entry.id);
}

export const peopleDeeds: Record<string, Deed> = {
  'give a document away': async (hand) => {
    const [item, user] = [await hand.anyItem(), await someUser(hand)];
    if (!item || !user) return null;
    const owner = hand.random.chance(25) ? null : user.id;
    await hand.patch(item.id, { owner });
    return `${item.id} to ${owner === null ? 'nobody' : user.username}`;
  },
  'share a document': async (hand) => {
    const item = await hand.anyItem();
    if (!item) return null;
    const view = { users: await some(hand, 'users'), groups: await some(hand, 'groups') };
    const change = { users: await some(hand, 'users'), groups: await some(hand, 'groups') };
    await hand.patch(item.id, { set_permissions: { view, change } });
    return `${item.id}: ${JSON.stringify({ view, change })}`;
  },
  'give an entry away': async (hand) => {
    const path = hand.random.pick(['tags', 'correspondents', 'document_types', 'storage_paths']);
    const [entry, user] = [await hand.one<{ id: number; name: string }>(path), await someUser(hand)];
    if (!entry || !user) return null;
    await hand.client.must('PATCH', `/api/${path}/${entry.id}/`, { owner: hand.random.chance(40) ? null : user.id });
    return `${path}: ${entry.name}`;
  },
  'rename a user': async (hand) => {
    const user = await someUser(hand);
    if (!user) return null;
    const username = /\.\d+$/u.test(user.username) ? user.username.replace(/\.\d+$/u, '') : `${user.username}.${hand.next()}`;
    await hand.client.must('PATCH', `/api/users/${user.id}/`, { username });
    return `${user.username} → ${username}`;
  },
  'rename a group': async (hand) => {
    const group = await hand.one<{ id: number; name: string }>('groups');
    if (!group) return null;
    const name = / \d+$/u.test(group.name) ? group.name.replace(/ \d+$/u, '') : `${group.name} ${hand.next()}`;
    await hand.client.must('PATCH', `/api/groups/${group.id}/`, { name });
    return `${group.name} → ${name}`;
  },
  'create a user': async (hand) => {
    const username = `neu.${hand.next()}`;
    const made = (await hand.client.must('POST', '/api/users/', { username, groups: [] })) as { id: number };
    const item = await hand.anyItem();
    if (item) await hand.patch(item.id, { owner: made.id });
    return `${username}, who gets ${item?.id ?? 'nothing'}`;
  },
};
