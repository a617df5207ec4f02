import assert from 'node:assert/strict';
import { driftSchema, runOperation, type DriftItem } from '../../src/api';
import { plainDocument, smallLibrary } from '../support/libraries';
import { scenario } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary(
  [
    plainDocument(1, {
      tags: ['Tax', 'Paid'],
      correspondent: 'Bank',
      owner: 'anna',
      customFields: [
        { field: 'State', value: 'opt-open' },
        { field: 'Remark', value: 'A remark' },
      ],
      notes: [{ text: 'A note', created: '2026-10-02T09:00:00Z' }],
    }),
    plainDocument(2),
    plainDocument(3),
  ],
  {
    users: [{ username: 'anna', superuser: false, groups: [] }],
    tags: [{ name: 'Tax' }, { name: 'Paid' }],
    correspondents: [{ name: 'Bank' }],
    customFields: [
      {
        name: 'State',
        dataType: 'select',
        options: [
          { id: 'opt-open', label: 'open' },
          { id: 'opt-done', label: 'done' },
        ],
      },
      { name: 'Remark', dataType: 'string' },
    ],
  },
);

function ask(world: World, operation: string, input: Record<string, unknown> = {}): Promise<{ status: number; body: unknown }> {
  return world.run(
    runOperation(operation, { id: world.idOf(), ...input }, { controller: world.engine, who: 'anna', now: () => new Date(world.time.now()) }),
  );
}

async function drift(world: World): Promise<DriftItem[]> {
  return driftSchema.parse((await ask(world, 'replica-drift')).body).items;
}

async function look(world: World): Promise<void> {
  world.engine.demandAll();
  await world.cycle();
}

const titleOnReplica = (world: World, id: number): string | undefined =>
  world.replica.instance.store.documents.get(world.row(id).replicaDocId ?? 0)?.title;

for (const version of ['3.0.5', '2.20.15'] as const) {
  describe(`Drift on a ${version} replica`, () => {
    scenario('is shown field by field, by names, with what was wanted and found, and no texts', { library, replicas: [version] }, async (world) => {
      await world.settle();
      const copy = world.row(1).replicaDocId ?? 0;
      const { person, instance } = world.replica;
      const tag = await person.create('tags', { name: 'Theirs' });
      const field = (name: string): number => instance.store.customFields.all().find((one) => one.name === name)?.id ?? 0;
      await person.patch(copy, {
        title: 'T'.repeat(128),
        tags: [tag],
        correspondent: null,
        content: 'A secret text',
        custom_fields: [{ field: field('Remark'), value: 'Another' }],
      });
      await person.note(copy, 'n'.repeat(5000));
      await look(world);
      const [item, ...others] = await drift(world);
      assert.ok(item);
      assert.deepEqual(others, []);
      assert.deepEqual([item.master_document_id, item.replica_document_id, item.title, item.state], [1, copy, 'Document 1', 'repairing']);
      assert.equal(item.found_at, world.row(1).verifiedAt);
      const found = Object.fromEntries(item.differences.map((one) => [one.field, [one.wanted, one.found]]));
      assert.deepEqual(found.title, ['Document 1', 'T'.repeat(128)]);
      assert.deepEqual(found.tags, [['Paid', 'Tax'], ['Theirs']]);
      assert.deepEqual(found.correspondent, ['Bank', null]);
      assert.deepEqual(found['custom field "State"'], ['open', 'not on the document']);
      assert.deepEqual(found['custom field "Remark"'], ['A remark', 'Another']);
      const [, notes] = found.notes as [unknown, string[]];
      assert.match(notes[1] ?? '', /^n{200}… \(5000 characters\)$/u);
      assert.match(JSON.stringify(found.content), /a text with the SHA-256/u);
      assert.ok(!JSON.stringify(item).includes('A secret text'));
      await world.settle();
      assert.deepEqual(await drift(world), []);
      world.assertEqual();
    });

    scenario(
      'waits for a decision where the policy is to ask, and each is audited',
      { library, replicas: [version], settings: { drift_policy: 'ask' } },
      async (world) => {
        await world.settle();
        for (const id of [1, 2, 3]) await world.replica.person.patch(world.row(id).replicaDocId ?? 0, { title: `Theirs ${id}` });
        await look(world);
        assert.deepEqual((await drift(world)).map(({ master_document_id: id, state }) => [id, state]), [[1, 'asked'], [2, 'asked'], [3, 'asked']]); // prettier-ignore
        await world.settle();
        assert.deepEqual([1, 2, 3].map((id) => titleOnReplica(world, id)), ['Theirs 1', 'Theirs 2', 'Theirs 3']); // prettier-ignore
        assert.equal((await ask(world, 'replica-drift-decide', { document: 1, decision: 'revert' })).status, 200);
        assert.equal((await ask(world, 'replica-drift-decide', { document: 2, decision: 'keep' })).status, 200);
        await world.settle();
        await look(world);
        assert.deepEqual([1, 2, 3].map((id) => titleOnReplica(world, id)), ['Document 1', 'Theirs 2', 'Theirs 3']); // prettier-ignore
        assert.deepEqual((await drift(world)).map(({ master_document_id: id, state }) => [id, state]), [[2, 'kept'], [3, 'asked']]); // prettier-ignore
        assert.deepEqual(world.row(2).reasons, ['drift-decided', 'anna']);
        const audit = world.store.audit.list({ limit: 10 }).filter(({ action }) => action.startsWith('drift.'));
        assert.deepEqual(audit.map(({ action, who }) => [action, who]), [['drift.keep', 'anna'], ['drift.revert', 'anna']]); // prettier-ignore
        assert.match(JSON.stringify(audit[1]), /Theirs 1/u);
        // Decided for what it was: the master's next change is another matter.
        await world.master.person.patch(2, { title: 'The master says' });
        await world.settle();
        assert.equal(titleOnReplica(world, 2), 'The master says');
        const again = await ask(world, 'replica-drift-decide', { document: 2, decision: 'keep' });
        assert.deepEqual([again.status, (again.body as { code: string }).code], [409, 'no-drift']);
      },
    );

    scenario(
      'of a copy that is gone or damaged can be reverted and not be kept',
      { library, replicas: [version], settings: { verify_bytes_days: 1 } },
      async (world) => {
        await world.settle();
        world.replica.instance.disk.harm(world.row(1).replicaDocId ?? 0, 'damaged');
        await world.later(2 * 86_400_000);
        await world.cycle();
        const [item] = await drift(world);
        assert.equal(item?.differences[0]?.field, 'stored_file');
        const kept = await ask(world, 'replica-drift-decide', { document: 1, decision: 'keep' });
        assert.deepEqual([kept.status, (kept.body as { code: string }).code], [409, 'nothing-to-keep']);
        assert.equal((await ask(world, 'replica-drift-decide', { document: 1, decision: 'revert' })).status, 200);
      },
    );
  });
}
