import assert from 'node:assert/strict';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import { living } from '../support/oracle';
import { loseReply, withoutRows } from '../support/faults';

const two = smallLibrary([plainDocument(1, { archiveSerialNumber: 1 }), plainDocument(2, { archiveSerialNumber: 2 }), plainDocument(3)]);

describe('archive serial numbers', () => {
  onEachPair('swapped between two documents arrive swapped', { library: two }, async (world) => {
    await world.settle();
    const { person } = world.master;
    await person.patch(1, { archive_serial_number: null });
    await person.patch(2, { archive_serial_number: 1 });
    await person.patch(1, { archive_serial_number: 2 });
    await world.settle();
    world.assertEqual();
  });

  for (let seed = 1; seed <= 10; seed += 1) {
    scenario(
      `given up by one document and taken by another arrive, whichever is written first (seed ${seed})`,
      { library: two, seed, replicas: ['3.0.5', '2.20.15'] },
      async (world) => {
        await world.settle();
        await world.master.person.patch(1, { archive_serial_number: null, title: 'Gave it up' });
        await world.master.person.patch(2, { archive_serial_number: 1 });
        await world.settle();
        world.assertEqual();
      },
    );
  }

  onEachPair('taken round by three documents arrive', { library: two }, async (world) => {
    await world.settle();
    const { person } = world.master;
    await person.patch(1, { archive_serial_number: null });
    await person.patch(3, { archive_serial_number: 1 });
    await person.patch(2, { archive_serial_number: null });
    await person.patch(1, { archive_serial_number: 2 });
    await person.patch(2, { archive_serial_number: 77 });
    await world.settle();
    world.assertEqual();
  });

  onEachPair(
    'held by a document that is not ours stay there; all else is applied, and the row says who holds it',
    { library: two },
    async (world) => {
      const theirs = await world.replica.person.upload('theirs.txt', 'Theirs, not ours.', { title: 'Theirs', archive_serial_number: '1' });
      await world.settle();
      assert.deepEqual(world.differences(world.replica, { foreign: [theirs], fields: { 1: ['asn'] } }), []);
      const limited = world.row(1);
      assert.deepEqual([limited.status, limited.reasons], ['limited', ['asn-held-by-another']]);
      assert.ok(
        world.store.logs.query({ docId: 1, limit: 50 }).some((entry) => entry.message.includes(`document ${theirs}`)),
        'the log does not say who holds it',
      );
      assert.match(limited.errorMessage ?? '', new RegExp(`ASN 1 .* document ${theirs} "Theirs"`, 'u'));
      assert.equal(world.replica.instance.store.documents.get(theirs)!.asn, 1, 'the other document was touched');
      // Looked for by reading alone, and ever more seldom.
      world.replica.forgetRequests();
      for (let hour = 0; hour < 24; hour += 1) {
        await world.later(3_600_000);
        await world.cycle();
      }
      const looks = world.replica.requests.filter((asked) => asked.path.includes('archive_serial_number='));
      assert.ok(looks.length >= 3 && looks.length <= 10, `${looks.length} looks in a day`);
      assert.deepEqual(world.replica.writes, []);
      // Once it is free it comes by itself.
      await world.replica.person.patch(theirs, { archive_serial_number: null });
      await world.later(86_400_000);
      await world.settle();
      assert.deepEqual(world.differences(world.replica, { foreign: [theirs] }), []);
      assert.equal(world.row(1).status, 'ok');
    },
  );

  onEachPair('held in the trash there by the copy of a document that is gone are looked for by reads alone', { library: two }, async (world) => {
    await world.settle();
    const copy = world.row(1).replicaDocId ?? 0;
    await world.master.person.trash(1);
    await world.master.person.emptyTrash();
    for (let n = 0; n < 4; n += 1) {
      world.engine.demandAll();
      await world.cycle();
    }
    assert.equal(world.row(1).status, 'tombstone');
    await world.replica.person.trash(copy);
    await world.master.person.patch(2, { archive_serial_number: 1 });
    await world.settle();
    assert.deepEqual(world.row(2).reasons, ['asn-held-by-another']);
    world.replica.forgetRequests();
    for (let hour = 0; hour < 24; hour += 1) {
      await world.later(3_600_000);
      await world.cycle();
    }
    assert.deepEqual(world.replica.writes, []);
    await world.replica.person.emptyTrash();
    await world.later(86_400_000);
    await world.settle();
    assert.equal(world.row(2).status, 'ok');
  });

  onEachPair('held by a document in the trash there are told as such', { library: two }, async (world) => {
    const theirs = await world.replica.person.upload('theirs.txt', 'Theirs, not ours.', { title: 'Theirs', archive_serial_number: '1' });
    await world.replica.person.trash(theirs);
    await world.settle();
    assert.deepEqual(world.differences(world.replica, { fields: { 1: ['asn'] } }), []);
    assert.deepEqual(world.row(1).reasons, ['asn-held-by-another']);
    assert.match(world.row(1).errorMessage ?? '', new RegExp(`document ${theirs} "Theirs" in the trash`, 'u'));
    world.replica.forgetRequests();
    await world.later(3_600_000);
    await world.settle();
    assert.deepEqual(world.replica.writes, [], 'asked for a number that the trash still has');
    await world.replica.person.emptyTrash();
    await world.later(86_400_000);
    await world.settle();
    world.assertEqual();
    assert.equal(world.row(1).status, 'ok');
  });
});

describe('a copy that was taken away behind our back', () => {
  onEachPair('to the trash is restored, not doubled', { library: two }, async (world) => {
    await world.settle();
    const copy = world.row(1).replicaDocId!;
    await world.replica.person.trash(copy);
    await world.master.person.patch(1, { title: 'Changed meanwhile' });
    await world.settle();
    world.assertEqual();
    assert.equal(world.row(1).replicaDocId, copy);
    assert.equal(world.replica.instance.store.documents.size, 3);
  });

  onEachPair('and from the trash too is uploaded again', { library: two }, async (world) => {
    await world.settle();
    const copy = world.row(1).replicaDocId!;
    await world.replica.person.trash(copy);
    await world.replica.person.emptyTrash();
    await world.master.person.patch(1, { title: 'Changed meanwhile' });
    await world.settle();
    world.assertEqual();
    assert.notEqual(world.row(1).replicaDocId, copy);
  });

  const replaced = { library: two, replicas: ['2.20.15' as const], settings: { delete_policy: 'trash' } };
  scenario('is not thought gone because a list leaves it out, when its file has changed', replaced, async (world) => {
    await world.settle();
    const lacking = world.set(withoutRows, { on: 'replica-1', operation: 'documents.by-ids', times: 2 });
    await world.master.person.uploadVersion(1, 'second.txt', 'Another file.');
    await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual' }));
    assert.ok(lacking.hits > 0);
    await world.later(3_600_000);
    await world.settle();
    assert.equal(living(world.replica.instance).length, 3);
  });

  onEachPair('is missed by verification when nothing changes on the master', { library: two, settings: { verify_days: 1 } }, async (world) => {
    await world.settle();
    await world.replica.person.trash(world.row(1).replicaDocId!);
    await world.replica.person.trash(world.row(2).replicaDocId!);
    await world.replica.person.emptyTrash();
    await world.later(2 * 86_400_000);
    await world.settle();
    await world.settle();
    world.assertEqual();
  });

  onEachPair('in one field is put right by verification', { library: two, settings: { verify_days: 1 } }, async (world) => {
    await world.settle();
    const copy = world.row(1).replicaDocId!;
    await world.replica.person.patch(copy, { title: 'Theirs', content: 'Theirs', archive_serial_number: 99, tags: [] });
    await world.replica.person.note(copy, 'Theirs');
    await world.later(2 * 86_400_000);
    await world.settle();
    world.assertEqual();
  });

  scenario('while its restore is answered by a lost reply comes back once', { library: two, replicas: ['3.0.5', '2.20.15'] }, async (world) => {
    await world.settle();
    for (const site of world.replicas) await site.person.trash(world.row(1, site).replicaDocId!);
    await world.master.person.patch(1, { title: 'Changed meanwhile' });
    const lost = world.set(loseReply, { operation: 'trash.restore', times: 2 });
    await world.settle();
    assert.equal(lost.hits, 2);
    world.assertEqual();
  });
});

describe('a document of the same bytes that no row names', () => {
  const theirs = smallLibrary([
    plainDocument(1, { title: 'Theirs', created: '1999-09-09', file: textFile('The text of document 2.\n', 'other.txt') }),
    plainDocument(2, { title: 'Other', file: textFile('Nobody else has this.') }),
  ]);

  onEachPair('is adopted, and made equal', { library: smallLibrary(3), replicaLibrary: theirs }, async (world) => {
    await world.settle();
    assert.deepEqual(world.differences(world.replica, { foreign: [2], fields: { 2: ['original_file_name'] } }), []);
    assert.equal(world.row(2).replicaDocId, 1);
    assert.equal(world.replica.requests.filter((r) => r.operation === 'documents.upload').length, 2);
    assert.equal(world.replica.instance.store.documents.get(2)!.title, 'Other', 'an unmapped document was touched');
  });

  onEachPair(
    'is left alone where adopt_twins is hold',
    { library: smallLibrary(3), replicaLibrary: theirs, settings: { adopt_twins: 'hold' } },
    async (world) => {
      await world.settle();
      const held = world.row(2);
      assert.equal(held.status, 'held');
      assert.deepEqual(held.reasons, ['twin', '1']);
      assert.equal(world.replica.instance.store.documents.get(1)!.title, 'Theirs', 'an unmapped document was touched');
      assert.deepEqual(world.differences(world.replica, { foreign: [1, 2], missing: [2] }), []);
    },
  );

  onEachPair(
    'in the trash there is no twin: 3.x takes another, 2.x says what stands in the way',
    { library: smallLibrary(3), replicaLibrary: theirs },
    async (world) => {
      await world.replica.person.trash(1);
      await world.settle();
      if (world.replica.major === 3) {
        assert.deepEqual(world.differences(world.replica, { foreign: [2] }), []);
        return;
      }
      const refused = world.row(2);
      assert.deepEqual([refused.status, refused.errorCode], ['error', 'bytes-in-trash']);
      assert.match(refused.errorMessage ?? '', /trash/u);
      await world.replica.person.emptyTrash();
      world.store.registry.retry(world.idOf(), 'all');
      await world.settle();
      assert.deepEqual(world.differences(world.replica, { foreign: [2] }), []);
    },
  );
});

describe('a document of the same bytes that was given another file there', () => {
  const links = (targets: number[]): Parameters<typeof plainDocument>[1] => ({ customFields: [{ field: 'See', value: targets }] });
  const library = smallLibrary(
    [1, 2, 3].map((key) => plainDocument(key, links([1, 2, 3].filter((other) => other !== key)))),
    { customFields: [{ name: 'See', dataType: 'documentlink' }] },
  );

  scenario("is given the master's as a version while it waits for its links", { library, master: '2.20.15', replicas: ['3.0.5'] }, async (world) => {
    const theirs = await world.replica.person.upload('theirs.txt', 'The text of document 1.\n', { title: 'Theirs' });
    await world.replica.person.uploadVersion(theirs, 'other.txt', 'Another file.');
    world.store.settings.set('batch_size', 1);
    await world.settle();
    assert.equal(world.row(1).replicaDocId, theirs);
    const files = world.replica.instance.store.documents.versions(theirs);
    assert.equal(files.at(-1)?.original.sha256, world.master.instance.store.documents.get(1)?.original.sha256);
    assert.ok(!world.store.logs.query({ limit: 200 }).some(({ message }) => /unforeseen/u.test(message)));
  });
});

describe('documents of identical bytes on a 3.x master', () => {
  const bytes = textFile('The very same bytes.', 'same.txt');
  const library = smallLibrary([1, 2, 3].map((key) => plainDocument(key, { title: `Same ${key}`, file: bytes })));

  scenario('are one each on a 3.x replica', { library }, async (world) => {
    await world.settle();
    world.assertEqual();
    assert.equal(world.replica.instance.store.documents.size, 3);
    await world.master.person.patch(2, { title: 'Same but other' });
    await world.settle();
    world.assertEqual();
  });

  for (const refused of [true, false]) {
    const version = refused ? '3.0.5' : '2.20.15';
    scenario(
      `are held once by a ${version} replica${refused ? ' that refuses duplicates' : ''}; the others are limited, and no error is made of them`,
      { library, replicas: [version], duplicatesRefused: refused },
      async (world) => {
        await world.settle();
        const states = [1, 2, 3].map((id) => world.row(id).status).sort();
        assert.deepEqual(states, ['limited', 'limited', 'ok']);
        const limited = [1, 2, 3].filter((id) => world.row(id).status === 'limited');
        for (const id of limited) assert.deepEqual(world.row(id).reasons, ['identical-bytes']);
        assert.deepEqual(world.differences(world.replica, { missing: limited }), []);
        world.replica.forgetRequests();
        await world.cycle();
        assert.deepEqual(world.replica.writes, [], 'the refused file is sent again and again');
      },
    );
  }
});
