import assert from 'node:assert/strict';
import { TicketError, type BatchItem } from '../../src/controller/types';
import { flowCycle, startRun } from '../support/flow';
import { plainDocument, smallLibrary, textFile } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary(
  [1, 2, 3, 4].map((key) =>
    plainDocument(key, { tags: ['Tax'], correspondent: 'Bank', customFields: [{ field: 'Kind', value: 'optionAAAAAAAAAA' }] }),
  ),
  {
    tags: [{ name: 'Finance' }, { name: 'Tax', parent: 'Finance' }],
    correspondents: [{ name: 'Bank' }],
    customFields: [
      {
        name: 'Kind',
        dataType: 'select',
        options: [
          { id: 'optionAAAAAAAAAA', label: 'A' },
          { id: 'optionBBBBBBBBBB', label: 'B' },
        ],
      },
    ],
  },
);

function copyOf(world: World, masterDocId: number) {
  return world.replica.instance.store.documents.get(world.row(masterDocId).replicaDocId)!;
}

function change(id: number, edit: (item: BatchItem) => void): (items: BatchItem[]) => BatchItem[] {
  return (items) => {
    for (const item of items) if (item.id === id) edit(item);
    return items;
  };
}

async function refused(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error: unknown) => error instanceof TicketError && error.code === code && error.nextStep !== '');
}

describe('what the flow changes', () => {
  onEachPair('is what the replica gets, and what verification compares with', { library }, async (world) => {
    const edit = change(2, ({ document }) => {
      document.title = `${document.title}, for the replica`;
      document.created = '2001-02-03';
      document.tags = ['Finance/Tax', 'Brand new/Deeper'];
      document.correspondent = 'Somebody else';
      document.document_type = 'A type of its own';
      document.archive_serial_number = 4711;
      document.custom_fields = [{ field: 'Kind', value: 'B' }];
      document.notes = ['first', 'second'];
      document.content = 'Redacted.';
    });
    const { results } = await flowCycle(world, { between: edit });
    assert.deepEqual(
      results.map((r) => r.outcome),
      ['ok', 'ok', 'ok', 'ok'],
    );
    const copy = copyOf(world, 2);
    const { store } = world.replica.instance;
    assert.deepEqual(
      [
        copy.title,
        copy.created,
        copy.content,
        copy.asn,
        store.correspondents.get(copy.correspondent)?.name,
        store.documentTypes.get(copy.documentType)?.name,
      ],
      ['Document 2, for the replica', '2001-02-03', 'Redacted.', 4711, 'Somebody else', 'A type of its own'],
    );
    assert.deepEqual(copy.tags.map((id) => store.tags.get(id)?.name).sort(), ['Brand new', 'Deeper', 'Finance', 'Tax']);
    assert.deepEqual(
      copy.notes.map((note) => note.note),
      ['first', 'second'],
    );
    assert.equal(copy.fields[0]?.values.select, 'optionBBBBBBBBBB');
    assert.deepEqual([world.row(2).status, world.row(2).verification], ['ok', 'matched']);
    // Later cycles leave it so, and write nothing.
    world.replica.forgetRequests();
    await flowCycle(world, { between: edit });
    await flowCycle(world, { between: edit });
    assert.deepEqual(world.replica.writes, []);
  });

  onEachPair('is taken back by the next change on the master, once the flow no longer changes it', { library }, async (world) => {
    await flowCycle(world, { between: change(2, ({ document }) => ((document.title = 'Changed'), (document.content = 'Redacted.'))) });
    await world.master.person.patch(2, { tags: [] });
    await flowCycle(world);
    world.assertEqual();
    assert.equal(world.row(2).verification, 'matched');
  });

  onEachPair(
    'is all that the replica is ever sent: nothing of what it took away, not even until the first PATCH',
    {
      library: smallLibrary([
        plainDocument(1, {
          title: 'A SECRET title',
          created: '1999-12-31',
          file: { ...textFile('Nothing of note.'), originalFileName: 'SECRET.txt' },
          notes: [{ text: 'a SECRET note', created: '2024-05-06T00:00:00Z' }],
        }),
      ]),
    },
    async (world) => {
      const { person } = world.master;
      await person.patch(1, { content: 'A SECRET text.', archive_serial_number: 77077 });
      if (world.master.major === 3) {
        // The first version's text is SECRET, too, and so is the name that its file had.
        await person.uploadVersion(1, 'SECRET-2.txt', 'Nothing of note, second version.');
        await person.patch(1, { content: 'A SECRET second text.' });
      }
      const sent: string[] = [];
      world.set(
        ({ bytes, serve }) => {
          sent.push(Buffer.from(bytes).toString('utf8'));
          return serve();
        },
        { on: world.replica.name, times: Infinity },
      );
      const redact = change(1, ({ document }) => {
        document.title = 'Redacted';
        document.created = '2001-02-03';
        document.original_file_name = 'redacted.txt';
        document.notes = [];
        document.content = 'Redacted.';
        document.archive_serial_number = null;
      });
      await flowCycle(world, { between: redact });
      await world.later(1000);
      await flowCycle(world, { between: redact });
      assert.ok(sent.length > 3);
      for (const body of sent) assert.doesNotMatch(body, /SECRET|1999-12-31|77077/u);
      assert.equal(copyOf(world, 1).originalFilename, 'redacted.txt');
      assert.equal(world.row(1).verification, 'matched');
    },
  );

  scenario('is an error of that document alone when it makes no sense', { library }, async (world) => {
    const { results } = await flowCycle(world, {
      between: (items) => [
        { ...items[0], document: { ...items[0]!.document, created: 'tomorrow' } },
        { ...items[1], document: undefined },
        { ...items[2], document: { ...items[2]!.document, tags: 'Tax' } },
        items[3],
        { id: 999, version: 1, document: items[3]!.document },
        'nonsense',
      ],
    });
    assert.deepEqual(results.map((r) => [r.id, r.outcome]).sort(), [
      [1, 'error'],
      [2, 'error'],
      [3, 'error'],
      [4, 'ok'],
    ]);
    assert.match(world.row(1).errorMessage ?? '', /document\.created/u);
    assert.equal(world.row(1).errorCode, 'flow-item-malformed');
    assert.ok(world.store.logs.query({ limit: 100 }).some((entry) => entry.message.includes("document 999 that isn't in its batch")));
  });
});

describe('what the flow leaves out', () => {
  onEachPair('is held, and nothing of it reaches the replica', { library }, async (world) => {
    const { results } = await flowCycle(world, { between: (items) => items.filter((item) => item.id !== 3) });
    assert.equal(results.find((r) => r.id === 3)?.outcome, 'held');
    assert.equal(world.row(3).status, 'held');
    assert.deepEqual(world.differences(world.replica, { missing: [3] }), []);
    // Not offered again by itself,
    const seen: number[] = [];
    const watch = (items: BatchItem[]): BatchItem[] => (seen.push(...items.map((item) => item.id)), items);
    await flowCycle(world, { between: watch });
    assert.deepEqual(seen, []);
    // but when the master changes it,
    await world.master.person.patch(3, { title: 'Changed' });
    await flowCycle(world, { between: (items) => watch(items).filter((item) => item.id !== 3) });
    assert.deepEqual(seen, [3]);
    // or when the flow is deployed.
    world.engine.flowDeployed();
    await flowCycle(world, { between: watch });
    assert.deepEqual(seen, [3, 3]);
    world.assertEqual();
  });

  scenario('altogether holds the whole batch', { library }, async (world) => {
    await flowCycle(world, { between: () => [] });
    assert.equal(world.engine.counts(world.idOf()).byStatus.held, 4);
    assert.equal(world.replica.instance.store.documents.size, 0);
  });

  scenario('of its wires: without verify nothing is verified', { library }, async (world) => {
    await flowCycle(world, { withoutVerify: true });
    const counts = world.engine.counts(world.idOf());
    assert.deepEqual([counts.byStatus.ok, counts.verification.never], [4, 4]);
  });
});

describe('a lane that is asked twice for work when none is left', () => {
  scenario('says so once, and deals with copies of what is gone once', { library }, async (world) => {
    await world.settle();
    await world.master.person.trash(2);
    const { settled } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
    assert.ok(settled);
    world.store.settings.set('delete_policy', 'trash');
    world.replica.forgetRequests();
    const [ticket] = await startRun(world);
    const answers = await world.run(Promise.all([world.engine.fetchChanged(ticket!), world.engine.fetchChanged(ticket!)]));
    assert.deepEqual(answers.map(({ drained }) => drained).sort(), [false, true]);
    assert.equal(world.replica.count('DELETE'), 1);
    await world.run(world.engine.cycleEnd(ticket!));
  });
});

describe('a ticket', () => {
  const hooks = { room: () => undefined, settled: () => undefined };

  scenario('of a doubled message is refused, and the good one goes on', { library }, async (world) => {
    const [ticket] = await startRun(world);
    const { batch } = await world.run(world.engine.fetchChanged(ticket!));
    assert.ok(batch);
    const first = world.engine.pushDoc(batch.ticket, batch.items, hooks);
    await world.run(refused(world.engine.pushDoc(batch.ticket, batch.items, hooks), 'claimed-twice'));
    await world.run(first);
    await world.run(refused(world.engine.pushDoc(batch.ticket, batch.items, hooks), 'claimed-twice'));
    await world.run(world.engine.verify(ticket!));
    const summary = await world.run(world.engine.cycleEnd(ticket!));
    assert.equal(summary?.synced, 4);
    world.assertEqual();
    assert.equal(world.replica.requests.filter((r) => r.operation === 'documents.upload').length, 4);
  });

  scenario('that ends a lane with a refusal of a doubled message leaves that lane alone', { library }, async (world) => {
    const [ticket] = await startRun(world);
    const { batch } = await world.run(world.engine.fetchChanged(ticket!));
    await world.run(world.engine.pushDoc(batch!.ticket, batch!.items, hooks));
    const refusal = await world.run(world.engine.pushDoc(batch!.ticket, batch!.items, hooks).catch((error: unknown) => error));
    assert.equal(await world.run(world.engine.cycleEnd(ticket!, refusal)), null);
    assert.equal((await world.run(world.engine.cycleEnd(ticket!)))?.replicas[0]?.outcome, 'finished');
  });

  scenario('of a run that is closed is refused', { library }, async (world) => {
    const [ticket] = await startRun(world);
    const { batch } = await world.run(world.engine.fetchChanged(ticket!));
    await world.run(world.engine.cycleEnd(ticket!));
    await world.run(refused(world.engine.pollTasks(ticket!), 'run-closed'));
    await world.run(refused(world.engine.pushDoc(batch!.ticket, batch!.items, hooks), 'run-closed'));
    const [next] = await startRun(world);
    await world.run(refused(world.engine.pushDoc(batch!.ticket, batch!.items, hooks), 'run-closed'));
    assert.equal(world.replica.instance.store.documents.size, 0);
    await world.run(world.engine.cycleEnd(next!));
    // What the lost batch held is back in the queue.
    await world.settle();
    world.assertEqual();
  });

  scenario('of an older epoch, another replica, an unknown batch or none is refused', { library, replicas: ['3.0.5', '2.20.15'] }, async (world) => {
    const [one, two] = await startRun(world);
    const { batch } = await world.run(world.engine.fetchChanged(one!));
    assert.ok(batch);
    await world.run(refused(world.engine.pushDoc({ ...batch.ticket, epoch: one!.epoch - 1 }, batch.items, hooks), 'stale-epoch'));
    await world.run(refused(world.engine.pushDoc({ ...batch.ticket, replicaId: 999 }, batch.items, hooks), 'other-replica'));
    await world.run(refused(world.engine.pushDoc({ ...batch.ticket, replica: two!.replica }, batch.items, hooks), 'other-replica'));
    await world.run(refused(world.engine.pushDoc({ ...two!, batchId: batch.ticket.batchId }, batch.items, hooks), 'unknown-batch'));
    await world.run(refused(world.engine.pushDoc({ ...batch.ticket, batchId: 'made-up' }, batch.items, hooks), 'unknown-batch'));
    await world.run(refused(world.engine.pushDoc(one!, batch.items, hooks), 'unknown-batch'));
    await world.run(world.engine.pushDoc(batch.ticket, batch.items, hooks));
    for (const ticket of [one!, two!]) await world.run(world.engine.cycleEnd(ticket));
    await world.settle();
    world.assertEqual();
  });

  scenario('of one run has a document three times at most, however often it is queued again', { library }, async (world) => {
    const [ticket] = await startRun(world);
    const offered: number[] = [];
    for (;;) {
      const { batch } = await world.run(world.engine.fetchChanged(ticket!));
      if (batch === null) break;
      offered.push(...batch.items.map(({ id }) => id));
      await world.run(world.engine.pushDoc(batch.ticket, batch.items, hooks));
      // As where a replica undoes what it was told, and a look finds that.
      world.store.registry.move(world.row(2).id, { to: 'queued', priority: 1 }, new Date(world.time.now()).toISOString());
    }
    await world.run(world.engine.cycleEnd(ticket!));
    assert.deepEqual(offered, [1, 2, 3, 4, 2, 2]);
    // The next run has patience again.
    await world.settle();
    world.assertEqual();
  });

  scenario('that is lost costs its lane a minute, not the run', { library, replicas: ['3.0.5', '2.20.15'] }, async (world) => {
    const [lost, kept] = await startRun(world);
    await world.run(world.engine.fetchChanged(lost!));
    await world.run(world.engine.cycleEnd(kept!));
    await world.later(59_000);
    assert.deepEqual(await world.run(world.engine.tick()), { kind: 'idle' });
    assert.equal(world.engine.progress().running, true);
    await world.later(2_000);
    await world.run(world.engine.tick());
    assert.equal(world.engine.progress().running, false);
    const [run] = world.store.runs.list({ limit: 1 });
    assert.deepEqual(
      world.store.runs.replicasOf(run!.id).map((r) => r.outcome),
      ['interrupted', 'finished'],
    );
    await world.settle();
    world.assertEqual();
    assert.deepEqual(
      world.store.replicas.list().map((r) => r.consecutiveFailures),
      [0, 0],
    );
  });

  scenario('whose node goes away in the middle of a push gives its documents back at once', { library }, async (world) => {
    const gone = new AbortController();
    world.onRequest(({ request }) => {
      if (request.operation === 'documents.upload') gone.abort();
      return Promise.resolve();
    });
    const [ticket] = await startRun(world);
    const { batch } = await world.run(world.engine.fetchChanged(ticket!));
    await world.run(world.engine.pushDoc(batch!.ticket, batch!.items, hooks, { signal: gone.signal }).catch(() => undefined));
    assert.equal(world.engine.progress().running, false);
    assert.equal(world.store.runs.replicasOf(ticket!.runId)[0]?.outcome, 'interrupted');
    await world.later(5_000);
    await world.settle();
    world.assertEqual();
    assert.equal(world.replica.instance.store.documents.size, 4);
  });
});

describe('requests during a run', () => {
  scenario('become one run after it', { library }, async (world) => {
    const first = world.engine.runCycle({ trigger: 'manual' });
    for (let n = 0; n < 5; n += 1) {
      const answer = await world.run(world.engine.requestSync({ trigger: 'webhook' }));
      assert.ok(answer.kind === 'skipped' && answer.queued && answer.code === 'running');
    }
    await world.run(first);
    await world.later(60_000);
    const runs = world.store.runs.list({ limit: 10 });
    assert.deepEqual(
      runs.map((run) => run.triggeredBy),
      ['webhook', 'manual'],
    );
    assert.ok(runs.every((run) => run.finishedAt !== null));
  });
});
