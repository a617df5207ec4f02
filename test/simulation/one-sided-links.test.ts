import assert from 'node:assert/strict';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary([plainDocument(1), plainDocument(2)], { customFields: [{ name: 'L', dataType: 'documentlink' }] });

async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

describe('a link that only one of two documents has', () => {
  onEachPair('is left out and told, written once, and comes when the other has it too', { library }, async (world) => {
    await world.settle();
    // An upload's fields are kept as they are; any other way paperless makes the other side as well.
    const one = await world.master.person.upload('a.txt', 'Links to the first.', { title: 'A', custom_fields: JSON.stringify({ '1': [1] }) });
    await full(world);
    assert.deepEqual([world.row(one).status, world.row(one).reasons], ['limited', ['one-sided-link']]);
    assert.deepEqual(world.differences(world.replica, { fields: { [one]: ['custom field L'] } }), []);
    world.replica.forgetRequests();
    await full(world);
    await full(world);
    assert.deepEqual(world.replica.writes, [], 'written again and again');
    await world.master.person.patch(1, { custom_fields: [{ field: 1, value: [one] }] });
    await full(world);
    world.assertEqual();
    assert.deepEqual([world.row(1).status, world.row(one).status], ['ok', 'ok']);
  });

  onEachPair('is not told any more once the other has it, though another of its links leads nowhere', { library }, async (world) => {
    await world.settle();
    const { person, instance } = world.master;
    const one = await person.upload('a.txt', 'Links to both.', { title: 'A', custom_fields: JSON.stringify({ '1': [1, 2] }) });
    await person.trash(2);
    for (let n = 0; n < 4; n += 1) await full(world);
    assert.deepEqual([world.row(one).status, world.row(one).reasons], ['limited', ['dangling-link', 'one-sided-link']]);
    const linking = instance.store.documents.get(one);
    assert.ok(linking);
    const { modified } = linking;
    await person.patch(1, { custom_fields: [{ field: 1, value: [one] }] });
    // Its time was given before, as where the request that moves it is committed late.
    linking.modified = modified;
    await full(world);
    assert.deepEqual([world.row(one).status, world.row(one).reasons], ['limited', ['dangling-link']]);
  });
});
