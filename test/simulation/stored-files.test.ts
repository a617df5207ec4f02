import assert from 'node:assert/strict';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const library = smallLibrary([plainDocument(1), plainDocument(2), plainDocument(3)]);
const settings = { verify_bytes_days: 1 };
const downloads = (world: World): number => world.replica.requests.filter(({ operation }) => operation === 'documents.download').length;

function copyOf(world: World, id = 1): number {
  const copy = world.row(id).replicaDocId;
  assert.ok(copy);
  return copy;
}

/** Time for a whole walk over the stored files. */
async function walk(world: World): Promise<void> {
  await world.later(DAY + HOUR);
  await world.cycle();
}

async function nextTry(world: World, id = 1): Promise<void> {
  const { nextRetryAt } = world.row(id);
  assert.ok(nextRetryAt, 'no further try is planned');
  await world.later(Math.max(0, Date.parse(nextRetryAt) - world.time.now()) + 1_000);
  await world.cycle();
}

function told(world: World): string {
  return world.store.logs
    .query({ limit: 50 })
    .map(({ message }) => message)
    .join('\n');
}

describe("A file that is damaged on a replica's disk", () => {
  onEachPair('is found by its bytes, which the master is not asked for', { library, settings }, async (world) => {
    await world.settle();
    world.replica.instance.disk.harm(copyOf(world), 'damaged');
    world.engine.demandAll();
    await world.settle();
    assert.equal(world.row(1).verification, 'matched', 'no checksum that a database tells could have shown it');
    world.master.forgetRequests();
    await walk(world);
    const { status, verification, retryCount, difference } = world.row(1);
    assert.deepEqual([status, verification, retryCount], ['pending', 'differs', 1]);
    assert.deepEqual(
      (JSON.parse(difference ?? '[]') as { field: string }[]).map(({ field }) => field),
      ['stored_file'],
    );
    assert.match(told(world), /document \d+ on replica-1's disk is damaged: its bytes have the checksum [0-9a-f]{12}… instead of [0-9a-f]{12}…/u);
    assert.equal(world.replica.instance.disk.asked.damaged, 2, 'what differs is read twice before it is believed');
    assert.deepEqual([world.row(2).verification, world.row(3).verification], ['matched', 'matched']);
    assert.ok(!world.master.requests.some(({ operation }) => operation === 'documents.download'));
  });

  for (const harm of ['damaged', 'missing', 'locked'] as const) {
    scenario(
      `(${harm}) is replaced by a new copy where copies may be trashed, and the old one goes to the trash`,
      { library, settings: { ...settings, delete_policy: 'trash' } },
      async (world) => {
        await world.settle();
        const old = copyOf(world);
        world.replica.instance.disk.harm(old, harm);
        await walk(world);
        assert.equal(world.row(1).verification, harm === 'damaged' ? 'differs' : 'unreadable');
        const counts: number[] = [];
        world.onRequest(() => {
          if (world.row(1).status === 'ok' && world.row(1).verification !== 'matched') counts.push(world.row(1).retryCount);
          return Promise.resolve();
        });
        await world.settle();
        assert.notEqual(copyOf(world), old);
        assert.notEqual(world.replica.instance.store.documents.get(old)?.deletedAt ?? null, null, 'the damaged copy is not in the trash');
        assert.deepEqual([world.row(1).status, world.row(1).verification, world.row(1).retryCount], ['ok', 'matched', 0]);
        assert.ok(counts.length > 0 && counts.every((count) => count === 1), 'the attempt was forgotten before the new bytes were proven');
        world.assertEqual();
      },
    );
  }

  scenario('needs attention under "keep", and is well when somebody has put the file back', { library, settings }, async (world) => {
    await world.settle();
    const copy = copyOf(world);
    world.replica.instance.disk.harm(copy, 'missing');
    await walk(world);
    await world.cycle();
    const { status, errorCode, errorMessage, errorNextStep } = world.row(1);
    assert.deepEqual([status, errorCode, world.row(1).verification], ['error', 'file-damaged', 'unreadable']);
    assert.match(errorMessage ?? '', /can't be read on replica-1's disk/u);
    assert.match(errorNextStep ?? '', /delete_policy/u);
    const waits = Date.parse(world.row(1).nextRetryAt ?? '') - world.time.now();
    await nextTry(world);
    assert.equal(world.row(1).errorCode, 'file-damaged');
    assert.ok(Date.parse(world.row(1).nextRetryAt ?? '') - world.time.now() > waits, 'it is tried at the same pace');
    assert.equal(copyOf(world), copy);
    world.replica.instance.disk.mend(copy);
    await nextTry(world);
    assert.deepEqual([world.row(1).status, world.row(1).verification, copyOf(world)], ['ok', 'matched', copy]);
    world.assertEqual();
  });

  scenario(
    'is sent again to a 2.x replica when its copy is gone from there and from the trash',
    { library, replicas: ['2.20.15'], settings: { ...settings, delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      world.replica.instance.disk.harm(copyOf(world), 'damaged');
      await walk(world);
      await world.cycle();
      assert.deepEqual([world.row(1).status, world.row(1).errorCode], ['error', 'file-damaged']);
      assert.match(world.row(1).errorNextStep ?? '', new RegExp(`delete document ${copyOf(world)} there and empty it from the trash`, 'u'));
      await world.replica.person.trash(copyOf(world));
      await world.replica.person.emptyTrash();
      await nextTry(world);
      await world.settle();
      world.assertEqual();
      assert.equal(world.row(1).verification, 'matched');
    },
  );

  scenario('and is a later version of a copy is given anew in its place', { library, settings }, async (world) => {
    await world.master.person.uploadVersion(1, 'second.txt', 'The second version.\n', 'second');
    await world.settle();
    const copy = copyOf(world);
    const version = world.replica.instance.store.documents.all().find((row) => row.root === copy);
    assert.ok(version);
    world.replica.instance.disk.harm(version.id, 'damaged');
    await walk(world);
    assert.match(told(world), /file \(version 2 of 2\) of document/u);
    await world.settle();
    assert.deepEqual([world.row(1).verification, copyOf(world)], ['matched', copy]);
    world.assertEqual();
  });

  scenario(
    'and became a version because it was turned on a 2.x master is given anew above the first',
    {
      library: smallLibrary([plainDocument(1, { file: { ...textFile('A page.', 'page.pdf'), mimeType: 'application/pdf', pageCount: 1 } })]),
      master: '2.20.15',
      settings,
    },
    async (world) => {
      await world.settle();
      await world.master.person.ask('POST', '/api/documents/bulk_edit/', { documents: [1], method: 'rotate', parameters: { degrees: 90 } });
      await world.later(HOUR);
      await world.settle();
      const copy = copyOf(world);
      const versions = (): { id: number; file: string }[] =>
        world.replica.instance.store.documents
          .all()
          .flatMap((row) => (row.root === copy && row.deletedAt === null ? [{ id: row.id, file: row.original.sha256 }] : []));
      const [turned, ...others] = versions();
      assert.ok(turned && others.length === 0);
      world.replica.instance.disk.harm(turned.id, 'damaged');
      await walk(world);
      assert.match(told(world), /file \(version 2 of 2\) of document/u);
      await world.settle();
      assert.deepEqual([world.row(1).status, world.row(1).verification, copyOf(world)], ['ok', 'matched', copy]);
      assert.deepEqual(
        versions().map(({ file }) => file),
        [turned.file],
      );
      assert.notEqual(versions()[0]?.id, turned.id, 'it is the damaged one still');
    },
  );

  scenario(
    'is told where the replica refuses its bytes a second time',
    { library, duplicatesRefused: true, settings: { ...settings, delete_policy: 'trash' } },
    async (world) => {
      await world.settle();
      world.replica.instance.disk.harm(copyOf(world), 'damaged');
      await walk(world);
      await world.cycle();
      await world.cycle();
      assert.deepEqual([world.row(1).status, world.row(1).errorCode], ['error', 'refused-as-duplicate']);
    },
  );
});

describe('The walk over stored files', () => {
  scenario(
    'reads each once within its days, spread over them, and goes on after a restart',
    { library: smallLibrary(60), settings: { verify_bytes_days: 2 }, database: 'file' },
    async (world) => {
      await world.settle();
      world.replica.forgetRequests();
      let most = 0;
      for (let hour = 1; hour <= 48; hour += 1) {
        const before = downloads(world);
        await world.later(HOUR);
        if (hour === 20) await world.startAgain();
        await world.cycle();
        most = Math.max(most, downloads(world) - before);
      }
      assert.equal(downloads(world), 60);
      assert.ok(most <= 3, `${most} in one cycle`);
    },
  );

  scenario(
    'downloads no more in one cycle than is allowed',
    {
      library: smallLibrary(
        Array.from({ length: 8 }, (_, n) =>
          plainDocument(n + 1, {
            file: {
              originalFileName: `big-${n}.txt`,
              mimeType: 'text/plain',
              bytes: () => Buffer.alloc(400_000, `big ${n} `),
              text: `big ${n}`,
              pageCount: null,
            },
          }),
        ),
      ),
      settings: { verify_bytes_days: 1, verify_bytes_per_cycle_mb: 1 },
    },
    async (world) => {
      await world.settle();
      world.replica.forgetRequests();
      await walk(world);
      assert.equal(downloads(world), 3);
      await world.cycle();
      await world.cycle();
      assert.equal(downloads(world), 8);
    },
  );

  scenario('takes a transfer that breaks off for no damage, and leaves out what never comes to its end', { library, settings }, async (world) => {
    await world.settle();
    const broken = `/api/documents/${copyOf(world, 2)}/download/`;
    const cut = world.set(
      async ({ serve }) => {
        const answer = await serve();
        const body = answer.body instanceof Uint8Array ? answer.body : new Uint8Array(0);
        return { ...answer, headers: { ...answer.headers, 'content-length': String(body.length + 100) } };
      },
      { operation: 'documents.download', when: ({ path }) => path.startsWith(broken), times: 1000 },
    );
    await walk(world);
    await world.cycle();
    await world.cycle();
    assert.ok(cut.hits > 1);
    assert.deepEqual([world.row(2).status, world.row(2).verification], ['ok', 'matched']);
    assert.match(told(world), /document 2 could not be read to its end/u);
    assert.ok(world.store.replicas.get(world.idOf())?.suspendedAt === null);
  });

  scenario('is off where nobody wants it', { library, settings: { verify_bytes_days: 0 } }, async (world) => {
    await world.settle();
    world.replica.forgetRequests();
    await world.later(400 * DAY);
    await world.cycle();
    assert.equal(downloads(world), 0);
  });
});
