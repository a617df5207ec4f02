import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';

describe('owners', () => {
  const users = [{ username: 'miriam' }, { username: 'jonas' }];
  const library = smallLibrary(
    [
      plainDocument(1, { owner: 'miriam', permissions: { viewUsers: ['jonas'], changeGroups: ['family'] } }),
      plainDocument(2, { owner: 'jonas', permissions: { viewUsers: ['miriam'], viewGroups: ['family'] } }),
      plainDocument(3, { owner: null, permissions: { changeUsers: ['miriam'] } }),
    ],
    { users, groups: ['family'] },
  );

  onEachPair(
    'and permissions go by name',
    { library, replicaLibrary: smallLibrary([], { users: [{ username: 'zoe' }, ...users], groups: ['others', 'family'] }) },
    async (world) => {
      await world.settle();
      world.assertEqual();
    },
  );

  onEachPair(
    "without a counterpart leave a document to nobody but the sync's user",
    { library, replicaLibrary: smallLibrary([], { users: [{ username: 'miriam' }] }) },
    async (world) => {
      await world.settle();
      world.assertEqual();
      const copy = world.replica.instance.store.documents.get(world.row(2).replicaDocId)!;
      assert.deepEqual([copy.owner, copy.grants.view], [world.replica.instance.store.users.all()[0]!.id, { users: [], groups: [] }]);
    },
  );

  scenario(
    'are left as they are where sync_owners is off',
    { library, settings: { sync_owners: false }, replicaLibrary: smallLibrary([], { users, groups: ['family'] }) },
    async (world) => {
      await world.settle();
      const owner = world.replica.instance.store.users.all()[0]!.id;
      for (const copy of world.replica.instance.store.documents.all()) assert.equal(copy.owner, owner);
    },
  );

  const owned = smallLibrary([plainDocument(1, { tags: ['Shared', 'Hers', 'Foreign'], correspondent: 'Hers' })], {
    users,
    tags: [{ name: 'Shared' }, { name: 'Hers', owner: 'miriam' }, { name: 'Foreign', owner: 'jonas' }],
    correspondents: [{ name: 'Hers', owner: 'miriam' }],
    documentTypes: [{ name: 'Hers', owner: 'miriam' }],
    storagePaths: [{ name: 'Hers', owner: 'miriam', path: 'hers' }],
  });
  onEachPair(
    "of tags and their kind go by name, and to the sync's user where they have no counterpart",
    { library: owned, replicaLibrary: smallLibrary([], { users: [{ username: 'zoe' }, { username: 'miriam' }] }) },
    async (world) => {
      await world.settle();
      world.assertEqual();
      const { store } = world.replica.instance;
      const named = (name: string): string | null => {
        const owner = store.tags.all().find((tag) => tag.name === name)!.owner;
        return owner === null ? null : store.users.get(owner)!.username;
      };
      assert.deepEqual([named('Shared'), named('Hers'), named('Foreign')], [null, 'miriam', 'admin']);
      world.replica.forgetRequests();
      await world.cycle();
      assert.deepEqual(world.replica.writes, []);
    },
  );

  const twins = smallLibrary([plainDocument(1, { tags: ['Same'] }), plainDocument(2)], { users, tags: [{ name: 'Same', owner: 'miriam' }] });
  onEachPair(
    'of two tags of one name make them one tag on the replica',
    { library: twins, replicaLibrary: smallLibrary([], { users }) },
    async (world) => {
      const other = await world.master.person.create('tags', { name: 'Same', owner: null });
      await world.master.person.patch(2, { tags: [other] });
      await world.settle();
      world.assertEqual();
      world.replica.forgetRequests();
      await world.cycle();
      assert.deepEqual(world.replica.writes, []);
    },
  );

  onEachPair(
    'of two tags of one name, one of them below another tag, give the documents of both what stands above that one, and say so',
    { library: twins, replicaLibrary: smallLibrary([], { users }), settings: { verify_days: 1 } },
    async (world) => {
      await world.settle();
      world.assertEqual();
      assert.equal(world.row(1).status, 'ok');
      const above = await world.master.person.create('tags', { name: 'Above', owner: null });
      const other = await world.master.person.create('tags', { name: 'Same', owner: null, parent: above });
      await world.master.person.patch(2, { tags: [other] });
      const looked = async (): Promise<void> => {
        for (let day = 0; day < 3; day += 1) {
          await world.later(86_400_000);
          await world.settle();
        }
      };
      await looked();
      const tagsOf = (id: number): string[] => {
        const { documents, tags } = world.replica.instance.store;
        return documents.get(world.row(id).replicaDocId)!.tags.map((tag) => tags.get(tag)!.name).sort(); // prettier-ignore
      };
      assert.deepEqual([tagsOf(1), tagsOf(2)], [['Above', 'Same'], ['Above', 'Same']]); // prettier-ignore
      assert.deepEqual([world.row(1).status, world.row(1).reasons, world.row(1).verification], ['limited', ['tag-elsewhere'], 'matched']);
      assert.deepEqual([world.row(2).status, world.row(2).reasons], ['ok', []]);
      world.assertEqual({ fields: { 1: ['tags'] } });
      world.replica.forgetRequests();
      await world.cycle();
      assert.deepEqual(world.replica.writes, []);
      await world.master.person.ask('DELETE', `/api/tags/${other}/`);
      await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
      await looked();
      world.assertEqual();
      assert.deepEqual([world.row(1).status, world.row(1).reasons], ['ok', []]);
    },
  );
});
