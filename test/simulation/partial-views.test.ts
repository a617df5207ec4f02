import assert from 'node:assert/strict';
import { everyPermission } from '../../simulator/http/views/permissions';
import { bytesOf, type Fault } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair } from '../support/scenario';
import type { Site } from '../support/site';
import type { World } from '../support/world';

const people = { users: [{ username: 'miriam' }] };
const library = smallLibrary(
  [1, 2, 3, 4, 5, 6].map((key) => plainDocument(key, { owner: key % 2 === 0 ? 'miriam' : null })),
  people,
);
const replicaLibrary = smallLibrary([], people);

/**
 * Somebody makes the sync's user one like others while the controller runs. It may still do everything, and so is refused nothing; what others own is just
 * left out of what it is shown.
 */
function demote(site: Site): void {
  const permissions = everyPermission(site.major).map((permission) => permission.split('.')[1]);
  for (const user of site.instance.store.users.all()) if (user.username !== 'miriam') Object.assign(user, { isSuperuser: false, permissions });
}

async function lookAtAll(world: World): Promise<string | null> {
  return (await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }))).reason;
}

describe('a user that is no superuser any more', () => {
  onEachPair('on a replica stops it there, instead of bringing what it no longer sees a second time', { library, replicaLibrary }, async (world) => {
    await world.settle();
    demote(world.replica);
    world.replica.forgetRequests();
    await lookAtAll(world);
    assert.match(world.store.replicas.get(world.idOf())?.lastError ?? '', /not a superuser/u);
    assert.equal(world.replica.count('POST'), 0, 'something was uploaded or restored');
    assert.equal(world.replica.instance.store.documents.size, 6);
  });

  onEachPair('on the master ends nobody', { library, replicaLibrary, settings: { delete_policy: 'trash' } }, async (world) => {
    await world.settle();
    demote(world.master);
    assert.match((await lookAtAll(world)) ?? '', /not a superuser/u);
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6].map((id) => world.row(id).status),
      Array.from({ length: 6 }, () => 'ok'),
    );
    assert.equal(world.replica.instance.store.documents.all().filter((d) => d.deletedAt !== null).length, 0);
  });
});

/** As a proxy's stale cache has it, or an index that is being built: 200, and none of the rows. */
const emptyList: Fault = async ({ serve }) => {
  const answer = await serve();
  const body = Buffer.from(JSON.stringify({ ...(JSON.parse((await bytesOf(answer)).toString('utf8')) as object), count: 0, results: [], all: [] }));
  return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length) }, body };
};

describe('a list that lacks what is there', () => {
  onEachPair(
    'on a replica brings nothing a second time',
    { library, replicaLibrary, settings: { retry_base_seconds: 1, adopt_twins: 'hold' } },
    async (world) => {
      await world.settle();
      world.replica.forgetRequests();
      const before = world.replica.instance.store.documents.all().map(({ id }) => id);
      world.set(emptyList, { on: 'replica-1', operation: 'documents.by-ids', times: 3 });
      await lookAtAll(world);
      await world.later(600_000);
      await lookAtAll(world);
      assert.deepEqual(
        world.replica.instance.store.documents.all().map(({ id }) => id),
        before,
      );
      assert.equal(world.replica.requests.filter(({ operation }) => operation === 'documents.upload').length, 0, 'a file was sent again');
      assert.deepEqual(
        [1, 2, 3, 4, 5, 6].map((id) => world.row(id).status),
        Array.from({ length: 6 }, () => 'ok'),
      );
    },
  );

  onEachPair(
    'on the master ends nobody',
    { library, replicaLibrary, settings: { delete_policy: 'trash', delete_confirmations: 1 } },
    async (world) => {
      await world.settle();
      world.set(emptyList, { on: 'master', operation: 'documents.ids' });
      await lookAtAll(world);
      assert.equal(world.replica.instance.store.documents.all().filter((d) => d.deletedAt !== null).length, 0);
      assert.deepEqual(
        [1, 2, 3, 4, 5, 6].map((id) => world.row(id).status),
        Array.from({ length: 6 }, () => 'ok'),
      );
    },
  );
});
