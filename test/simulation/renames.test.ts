import assert from 'node:assert/strict';
import { loseReply } from '../support/faults';
import { plainDocument, smallLibrary } from '../support/libraries';
import { onEachPair, scenario } from '../support/scenario';
import type { World } from '../support/world';

const library = smallLibrary(
  [
    plainDocument(1, { tags: ['A'], correspondent: 'A', documentType: 'A', storagePath: 'A', customFields: [{ field: 'A', value: 'x' }] }),
    plainDocument(2, { tags: ['B'], correspondent: 'B', documentType: 'B', storagePath: 'B', customFields: [{ field: 'B', value: 'y' }] }),
    plainDocument(3, { tags: ['C'], correspondent: 'C', documentType: 'C', storagePath: 'C', customFields: [{ field: 'C', value: 'z' }] }),
    plainDocument(4, { tags: ['A', 'B', 'C'] }),
  ],
  {
    tags: ['A', 'B', 'C'].map((name) => ({ name })),
    correspondents: ['A', 'B', 'C'].map((name) => ({ name })),
    documentTypes: ['A', 'B', 'C'].map((name) => ({ name })),
    storagePaths: ['A', 'B', 'C'].map((name) => ({ name, path: `path/${name}` })),
    customFields: ['A', 'B', 'C'].map((name) => ({ name, dataType: 'string' as const })),
  },
);

const kinds = ['tags', 'correspondents', 'document_types', 'storage_paths', 'custom_fields'] as const;
const tables = {
  tags: 'tags',
  correspondents: 'correspondents',
  document_types: 'documentTypes',
  storage_paths: 'storagePaths',
  custom_fields: 'customFields',
} as const;

/** Renames in this order; an id and its new name. Names that are still taken go by way of one that nobody has, as a person does it. */
async function rename(world: World, names: Record<number, string>): Promise<void> {
  for (const kind of kinds) {
    for (const id of Object.keys(names)) await world.master.person.edit(kind, Number(id), { name: `on the way ${id}` });
    for (const [id, name] of Object.entries(names)) await world.master.person.edit(kind, Number(id), { name });
  }
  await world.later(60_000);
}

function names(world: World, of: (typeof kinds)[number], which: 'master' | 'replica'): string[] {
  return world[which].instance.store[tables[of]]
    .all()
    .map(({ name }) => name)
    .sort();
}

async function full(world: World): Promise<void> {
  const { settled, reason } = await world.run(world.engine.runUntilSettled({ timeoutMs: 3_600_000, trigger: 'manual', full: true }));
  assert.ok(settled, reason ?? '');
}

describe('a rename on the master', () => {
  const cases: [string, Record<number, string>][] = [
    ['is followed', { 1: 'A, renamed' }],
    ['is followed when only letters change their case', { 1: 'a' }],
    ['that swaps two names is followed', { 1: 'B', 2: 'A' }],
    ['that takes three names round is followed', { 1: 'B', 2: 'C', 3: 'A' }],
    ['along a chain is followed', { 1: 'B', 2: 'C', 3: 'D' }],
  ];
  for (const [what, renames] of cases) {
    onEachPair(`${what}, without twins left behind`, { library }, async (world) => {
      await world.settle();
      await rename(world, renames);
      await world.settle();
      world.assertEqual();
      for (const kind of kinds) assert.deepEqual(names(world, kind, 'replica'), names(world, kind, 'master'), kind);
    });
  }

  onEachPair('together with a new template, colour or parent brings both', { library }, async (world) => {
    await world.settle();
    const { person } = world.master;
    await person.edit('storage_paths', 1, { name: 'Elsewhere', path: 'elsewhere/{created_year}' });
    await person.edit('tags', 1, { name: 'Other', color: '#123456', parent: 2 });
    await world.later(60_000);
    await world.settle();
    world.assertEqual();
  });

  onEachPair('onto a name that the replica has of its own takes that one, and leaves the other in peace', { library }, async (world) => {
    await world.settle();
    const { person } = world.replica;
    const theirs = new Map<string, number>();
    for (const kind of kinds) {
      const more = kind === 'storage_paths' ? { path: 'theirs' } : kind === 'custom_fields' ? { data_type: 'string' } : {};
      theirs.set(kind, await person.create(kind, { name: 'Taken', ...(kind === 'custom_fields' ? {} : { owner: null }), ...more }));
    }
    await rename(world, { 1: 'Taken' });
    await world.settle();
    world.assertEqual();
    for (const kind of kinds) assert.ok(names(world, kind, 'replica').includes('A'), `the replica's own ${kind} "A" is gone`);
  });

  scenario('in the middle of a cycle ends equal', { library, replicas: ['3.0.5', '2.20.15'] }, async (world) => {
    let renamed = false;
    world.onRequest(async ({ site, request }) => {
      if (renamed || site === world.master || request.operation !== 'documents.upload') return;
      renamed = true;
      await world.master.person.edit('tags', 1, { name: 'Late' });
      await world.master.person.edit('correspondents', 1, { name: 'Late' });
    });
    await world.settle();
    await world.later(60_000);
    await world.settle();
    assert.ok(renamed);
    world.assertEqual();
  });

  const fields = smallLibrary(
    [plainDocument(1, { customFields: [{ field: 'Number', value: 7 }] }), plainDocument(2, { customFields: [{ field: 'Text', value: 'x' }] })],
    {
      customFields: [
        { name: 'Number', dataType: 'integer' },
        { name: 'Text', dataType: 'string' },
      ],
    },
  );
  onEachPair('of a custom field to the name of one of another type that was deleted is followed', { library: fields }, async (world) => {
    await world.settle();
    const { person } = world.master;
    await person.ask('DELETE', '/api/custom_fields/1/');
    await person.edit('custom_fields', 2, { name: 'Number' });
    await world.later(60_000);
    await full(world);
    world.assertEqual();
    assert.deepEqual(names(world, 'custom_fields', 'replica'), ['Number', 'Number (gone 1)']);
  });

  onEachPair('of nothing, but a custom field made anew with another type, is followed', { library: fields }, async (world) => {
    await world.settle();
    const { person } = world.master;
    await person.ask('DELETE', '/api/custom_fields/1/');
    const made = await person.create('custom_fields', { name: 'Number', data_type: 'string' });
    await person.patch(1, { custom_fields: [{ field: made, value: 'seven' }] });
    await world.later(60_000);
    await full(world);
    world.assertEqual();
  });

  scenario('whose reply is lost is not done twice', { library, replicas: ['3.0.5'] }, async (world) => {
    await world.settle();
    await rename(world, { 1: 'B', 2: 'A' });
    const lost = world.set(loseReply, {
      method: 'PATCH',
      operation: /tags|taxa|correspondents|custom_fields|document_types|storage_paths/u,
      times: 3,
    });
    await world.settle();
    assert.ok(lost.hits > 0);
    world.assertEqual();
  });
});
