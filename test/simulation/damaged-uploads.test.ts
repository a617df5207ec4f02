import assert from 'node:assert/strict';
import type { Fault } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair } from '../support/scenario';

const library = smallLibrary([plainDocument(1, { archiveSerialNumber: 5 }), plainDocument(2)]);

/** One letter of the file arrives as another. */
const damage: Fault = ({ bytes, serve }) => {
  const sent = Buffer.from(bytes);
  const at = sent.indexOf('The text of document');
  assert.ok(at > 0);
  sent[at + 4] = (sent[at + 4] ?? 0) ^ 1;
  return serve(sent);
};

describe('an upload that is damaged on its way', () => {
  for (const policy of ['keep', 'trash']) {
    onEachPair(
      `goes to the trash and is sent again, under ${policy} too: it never was a copy`,
      { library, settings: { delete_policy: policy } },
      async (world) => {
        const damaged = world.set(damage, { on: world.replica.name, operation: 'documents.upload' });
        await world.settle();
        await world.later(3_600_000);
        await world.settle();
        assert.equal(damaged.hits, 1);
        world.assertEqual();
        assert.deepEqual([world.row(1).status, world.row(2).status], ['ok', 'ok']);
        assert.equal(world.replica.instance.store.documents.all().filter((row) => row.deletedAt !== null).length, 1);
      },
    );
  }
});
