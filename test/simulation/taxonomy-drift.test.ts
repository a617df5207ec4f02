import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary([plainDocument(1, { tags: ['A'], storagePath: 'P', customFields: [{ field: 'S', value: 'optionAAAAAAAAAA' }] })], {
  tags: [{ name: 'A', color: '#111111' }, { name: 'B' }],
  storagePaths: [{ name: 'P', path: '{{ created_year }}/{{ title }}' }],
  customFields: [
    {
      name: 'S',
      dataType: 'select',
      options: [
        { id: 'optionAAAAAAAAAA', label: 'one' },
        { id: 'optionBBBBBBBBBB', label: 'two' },
      ],
    },
    { name: 'M', dataType: 'monetary', defaultCurrency: 'EUR' },
  ],
});

/** Six hours: as often as the master's documents are walked. */
const LOOK_MS = 21_700_000;

async function editThere(world: World): Promise<void> {
  const { person } = world.replica;
  const options = [
    { id: 'optionAAAAAAAAAA', label: 'theirs' },
    { id: 'optionBBBBBBBBBB', label: 'two' },
  ];
  await person.edit('tags', 1, { color: '#222222' });
  await person.edit('storage_paths', 1, { path: 'theirs/{title}' });
  await person.edit('custom_fields', 1, { extra_data: { select_options: options } });
  await person.edit('custom_fields', 2, { extra_data: { default_currency: 'USD' } });
  await world.later(60_000);
}

/** What a person sees of the collections. */
function looks(world: World): unknown[] {
  const { tags, storagePaths, customFields } = world.replica.instance.store;
  return [tags.get(1)?.color, storagePaths.get(1)?.path, customFields.get(1)?.extraData?.select_options, customFields.get(2)?.extraData];
}

describe('collections that somebody changed on the replica', () => {
  onEachPair('are looked at on a schedule, brought back, told, and left alone then', { library }, async (world) => {
    await world.settle();
    const before = JSON.stringify(looks(world));
    await editThere(world);
    assert.notEqual(JSON.stringify(looks(world)), before);
    await world.later(LOOK_MS);
    await world.settle();
    assert.equal(JSON.stringify(looks(world)), before);
    world.assertEqual();
    const told = world.store.logs.query({ level: 'warning', limit: 50 }).map((entry) => entry.message);
    for (const what of ['tag "A"', 'storagePath "P"', 'customField "S"', 'customField "M"'])
      assert.ok(
        told.some((line) => line.includes(`${what} was changed there`)),
        `${what}: ${told.join('\n')}`,
      );
    world.replica.forgetRequests();
    await world.later(LOOK_MS);
    await world.settle();
    assert.deepEqual(world.replica.writes, []);
  });

  onEachPair('stay so under drift_policy keep, until the master changes them', { library, settings: { drift_policy: 'keep' } }, async (world) => {
    await world.settle();
    await editThere(world);
    const edited = looks(world);
    world.replica.forgetRequests();
    await world.later(LOOK_MS);
    await world.settle();
    assert.deepEqual(looks(world), edited);
    await world.later(LOOK_MS);
    await world.settle();
    const told = world.store.logs.query({ level: 'warning', limit: 50 }).filter(({ message }) => message.includes('tag "A" was changed there'));
    assert.equal(told.length, 1, 'each look finds it, and it is told once');
    await world.master.person.edit('tags', 1, { color: '#333333' });
    await world.settle();
    assert.equal(world.replica.instance.store.tags.get(1)?.color, '#333333');
  });

  onEachPair('are brought back with the documents that lost an option with them', { library }, async (world) => {
    await world.settle();
    await world.replica.person.edit('custom_fields', 1, { extra_data: { select_options: [{ id: 'optionBBBBBBBBBB', label: 'two' }] } });
    await world.later(LOOK_MS);
    await world.settle();
    world.assertEqual();
  });
});
