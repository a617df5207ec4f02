import assert from 'node:assert/strict';
import { errorsSchema, runOperation } from '../../src/api';
import { plainDocument, smallLibrary } from '../support/libraries';
import { page } from '../support/faults';
import { onEachPair } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary([plainDocument(1), plainDocument(2)]);
const settings = { quarantine_after: 3, retry_base_seconds: 60, retry_cap_seconds: 3600 };

/** The replica takes no file of this name: a poison document. */
function poison(world: World): { lift: () => void } {
  return world.set(
    () =>
      Promise.resolve({
        ...page(400, '{"document":["File type application/x-poison not supported"]}'),
        headers: { 'content-type': 'application/json' },
      }),
    {
      operation: 'documents.upload',
      skip: 0,
      times: 1000,
    },
  );
}

async function afterAnother(world: World): Promise<void> {
  await world.later(2 * 3_600_000);
  await world.cycle();
}

async function errors(world: World) {
  const { body } = await world.run(runOperation('replica-errors', { id: world.idOf() }, { controller: world.engine, who: 'anna' }));
  return errorsSchema.parse(body).errors;
}

describe('A poison document', () => {
  onEachPair('is tried so often and then quarantined, told with class, cause and fix', { library, settings }, async (world) => {
    const fault = poison(world);
    await world.cycle();
    assert.deepEqual([world.row(1).status, world.row(1).retryCount], ['error', 1]);
    await afterAnother(world);
    await afterAnother(world);
    assert.deepEqual([world.row(1).status, world.row(1).retryCount], ['quarantined', 3]);
    const [group, ...others] = await errors(world);
    assert.deepEqual(others, []);
    assert.deepEqual(
      [group?.status, group?.class, group?.code, group?.count, group?.examples],
      ['quarantined', 'document', 'file-type-unsupported', 2, [1, 2]],
    );
    assert.match(group?.next_step ?? '', /Tika/u);
    world.replica.forgetRequests();
    await afterAnother(world);
    assert.deepEqual(world.replica.writes, [], 'what is quarantined is left alone');

    // By hand one of them; the other by the master's next version.
    const input = { id: world.idOf(), documents: [1], code: 'file-type-unsupported' };
    const { body } = await world.run(runOperation('replica-retry', input, { controller: world.engine, who: 'anna' }));
    assert.deepEqual(body, { retried: 1 });
    await world.cycle();
    assert.deepEqual([world.row(1).status, world.row(1).retryCount, world.row(2).status], ['error', 1, 'quarantined']);
    await world.master.person.patch(2, { title: 'Another version' });
    await world.cycle();
    assert.deepEqual([world.row(2).status, world.row(2).retryCount], ['error', 1], 'a new version has all its attempts');
    fault.lift();
    await afterAnother(world);
    await world.settle();
    world.assertEqual();
    assert.deepEqual(await errors(world), []);
  });
});
