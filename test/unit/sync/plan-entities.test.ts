import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { WireCustomField, WireStoragePath, WireTag } from '../../../src/paperless';
import type { Entity } from '../../../src/sync/entity-state';
import { parentsFirst, planEntity } from '../../../src/sync/plan-entities';
import { stableJson } from '../../../src/sync/text';
import { forests, ModelReplica, rewritten, situations } from './entity-model';

const RUNS = { numRuns: 10_000 };
const KINDS = ['tag', 'storagePath', 'customField'] as const;

function tag(id: number, name: string, more: Partial<WireTag> = {}): WireTag {
  return { id, name, owner: null, match: '', matchingAlgorithm: 0, color: '#1', isInboxTag: false, parent: null, ...more };
}

function replicaOf(master: WireTag[], entities: WireTag[], maps: [number, number][]): ModelReplica {
  return new ModelReplica('tag', new Map(master.map((entity) => [entity.id, entity])), entities, maps);
}

/** What stands for a master's entity. */
function copy(replica: ModelReplica, masterId: number): Entity | undefined {
  return replica.entities.get(replica.maps.get(masterId)?.replicaId ?? -1);
}

function assertEqual(replica: ModelReplica, blocked: ReadonlyMap<number, string>): void {
  for (const [id, entity] of replica.master) {
    if (blocked.has(id)) continue;
    const found = copy(replica, id);
    assert.ok(found, `${entity.name} has no copy`);
    assert.equal(found.name, entity.name);
    // Two of one name on the master (of different owners) are one here, which has the looks of one of them.
    if ([...replica.maps].filter(([, map]) => map.replicaId === found.id).length > 1) continue;
    if ('color' in entity && 'color' in found) {
      const parent = entity.parent === null || blocked.has(entity.parent) ? null : (replica.maps.get(entity.parent)?.replicaId ?? null);
      if (entity.parent === null || parent !== null) assert.equal(found.parent, parent, `parent of ${entity.name}`);
    }
    if ('path' in entity && 'path' in found) assert.equal(found.path, (rewritten(entity) as WireStoragePath).path);
    if ('dataType' in entity && 'dataType' in found) {
      assert.equal(found.dataType, entity.dataType);
      for (const option of entity.selectOptions)
        assert.ok(
          found.selectOptions.some((o) => o.id === option.id || o.label === option.label),
          option.label,
        );
      if (entity.dataType === 'monetary') assert.equal(found.defaultCurrency, entity.defaultCurrency);
    }
  }
}

for (const kind of KINDS) {
  describe(`the plan of a ${kind}, whatever master and replica hold`, function () {
    this.timeout(60_000);

    it('ends, equal but for what it says is blocked', () => {
      fc.assert(
        fc.property(situations(kind), (start) => {
          const replica = start();
          assertEqual(replica, replica.settle());
        }),
        RUNS,
      );
    });

    it('applied leaves nothing to do', () => {
      fc.assert(
        fc.property(situations(kind), (start) => {
          const replica = start();
          replica.settle();
          const [steps] = [replica.steps];
          replica.settle();
          assert.equal(replica.steps, steps);
        }),
        RUNS,
      );
    });

    it('touches nothing that is not mapped, and takes nothing away', () => {
      fc.assert(
        fc.property(situations(kind), (start) => {
          const replica = start();
          const before = new Map([...replica.entities].map(([id, entity]) => [id, stableJson(entity)]));
          replica.settle();
          for (const [id, entity] of before) {
            const after = replica.entities.get(id);
            assert.ok(after, `${id} was taken away`);
            if (!replica.ours.has(id)) assert.equal(stableJson(after), entity);
          }
        }),
        RUNS,
      );
    });

    it('comes to an equal replica in any order that has parents first', () => {
      fc.assert(
        fc.property(situations(kind), fc.infiniteStream(fc.nat(1000)), (start, dice) => {
          const replica = start();
          const rank = new Map([...replica.master.keys()].map((id) => [id, dice.next().value as number]));
          const depth = new Map(parentsFirst(replica.master).map((id) => [id, depthOf(replica, id)]));
          const order = [...replica.master.keys()].sort(
            (a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0) || (rank.get(a) ?? 0) - (rank.get(b) ?? 0),
          );
          assertEqual(replica, replica.settle(order));
        }),
        RUNS,
      );
    });
  });
}

function depthOf(replica: ModelReplica, id: number): number {
  let depth = 0;
  for (let at = replica.master.get(id) as WireTag | undefined; at?.parent !== undefined && at.parent !== null; depth += 1)
    at = replica.master.get(at.parent) as WireTag | undefined;
  return depth;
}

describe('renames', function () {
  this.timeout(60_000);

  it('of any kind, chains, swaps and rounds, are followed without a new entity and without losing one', () => {
    const permutation = fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(permutation, fc.subarray([0, 1, 2, 3, 4]), permutation, (to, fresh, order) => {
        const names = ['A', 'B', 'C', 'D', 'E'];
        const entities = names.map((name, n) => tag(100 + n, name));
        const master = names.map((_, n) => tag(n + 1, fresh.includes(n) ? `new ${n}` : (names[to[n]!] ?? '')));
        const replica = replicaOf(
          master,
          entities,
          entities.map((entity, n) => [n + 1, entity.id]),
        );
        assert.deepEqual(replica.settle(order.map((n) => n + 1)).size, 0);
        assertEqual(replica, new Map());
        assert.equal(replica.creates, 0, 'a rename made a new entity');
        for (const [n, entity] of entities.entries()) assert.equal(replica.maps.get(n + 1)?.replicaId, entity.id);
      }),
      RUNS,
    );
  });

  it('of a swap go by way of a name that nobody has', () => {
    const replica = replicaOf(
      [tag(1, 'B'), tag(2, 'A')],
      [tag(11, 'A'), tag(12, 'B')],
      [
        [1, 11],
        [2, 12],
      ],
    );
    assert.deepEqual(planEntity(1, replica.state), { do: 'patch', of: 12, fields: { name: 'B (renaming 1)' } });
    replica.settle();
    assert.deepEqual(
      [...replica.entities.values()].map((e) => e.name),
      ['B', 'A'],
    );
  });

  it("onto a name that is somebody else's on the replica give up the pair and take that one", () => {
    const replica = replicaOf([tag(1, 'Theirs')], [tag(11, 'Mine'), tag(12, 'Theirs')], [[1, 11]]);
    assert.deepEqual(planEntity(1, replica.state), { do: 'forget', because: 'name-taken' });
    replica.settle();
    assert.equal(replica.maps.get(1)?.replicaId, 12);
    assert.equal(replica.entities.get(11)?.name, 'Mine');
  });
});

describe('moves in the tree of tags', function () {
  this.timeout(60_000);
  const count = 8;
  const standing = (parents: readonly (number | null)[], base: number): WireTag[] =>
    parents.map((parent, n) => tag(base + n, `tag ${n}`, { parent: parent === null ? null : base + parent }));
  const order = fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count });

  it('go from any forest to any other in any order, none blocked, each tag moved twice at most', () => {
    fc.assert(
      fc.property(forests(count), forests(count), order, (now, wanted, places) => {
        const replica = replicaOf(
          standing(wanted, 1),
          standing(now, 101),
          places.map((n) => [n + 1, n + 101]),
        );
        assert.equal(replica.settle(places.map((n) => n + 1)).size, 0);
        assertEqual(replica, new Map());
        assert.ok(replica.patches <= 2 * count, `${replica.patches} moves`);
      }),
      RUNS,
    );
  });

  it('do not wait for each other where tags of one name and two owners stand above each other', () => {
    const replica = replicaOf(
      [tag(1, 'C', { owner: 1 }), tag(2, 'A', { parent: 1 }), tag(3, 'C', { parent: 1 })],
      [tag(11, 'A'), tag(12, 'C', { parent: 11 })],
      [[3, 12]],
    );
    assertEqual(replica, replica.settle());
    assert.deepEqual(
      [11, 12].map((id) => (replica.entities.get(id) as WireTag).parent),
      [12, null],
    );
  });

  it('say so where the replica has no level left, and give the rest', () => {
    const chain = ['A', 'B', 'C', 'D', 'E'].map((name, n) => tag(n + 11, name, { parent: n === 0 ? null : n + 10 }));
    const replica = replicaOf(
      [tag(1, 'E', { color: '#2' }), tag(2, 'new', { parent: 1 })],
      chain.map((t) => ({ ...t })),
      [],
    );
    // E goes to the top, and what stands above it isn't ours.
    assert.equal(replica.settle().size, 0);
    const below = replicaOf([tag(1, 'A', { parent: 2, color: '#3' }), tag(2, 'top')], [...chain, tag(20, 'top')], []);
    assert.match([...below.settle().values()].join(), /more than 5 levels/u);
    assert.deepEqual([(copy(below, 1) as WireTag).parent, (copy(below, 1) as WireTag).color], [null, '#3']);
  });
});

describe('an entity', () => {
  it('whose copy vanished is made anew', () => {
    const replica = replicaOf([tag(1, 'A')], [], [[1, 11]]);
    assert.deepEqual(planEntity(1, replica.state), { do: 'forget', because: 'vanished' });
    replica.settle();
    assert.equal(copy(replica, 1)?.name, 'A');
  });

  it("that is gone on the master is nobody's business here", () => {
    const replica = replicaOf([], [tag(11, 'A')], [[1, 11]]);
    assert.deepEqual(planEntity(1, replica.state), { do: 'done' });
  });

  it('of a name that several own on the replica takes the one that everybody sees', () => {
    const replica = replicaOf([tag(1, 'A')], [tag(11, 'A', { owner: 5 }), tag(12, 'A')], []);
    assert.deepEqual(planEntity(1, replica.state), { do: 'adopt', replicaId: 12 });
  });

  it('is made without matching and inbox flag, which would alter copies', () => {
    const replica = replicaOf([tag(1, 'A', { match: 'x', matchingAlgorithm: 3, isInboxTag: true })], [], []);
    replica.settle();
    assert.deepEqual(copy(replica, 1), tag(1000, 'A'));
  });

  it('of another type on the replica is blocked, and left as it is', () => {
    const field = (id: number, dataType: WireCustomField['dataType']): WireCustomField => ({
      id,
      name: 'F',
      dataType,
      selectOptions: [],
      defaultCurrency: null,
    });
    const replica = new ModelReplica('customField', new Map([[1, field(1, 'date')]]), [field(11, 'string')], []);
    assert.match([...replica.settle().values()].join(), /type string, the master's has date/u);
    assert.equal(replica.patches, 0);
  });

  it('comes by the name of a field of another type that is gone on the master, whose copy is set aside with its values', () => {
    const field = (id: number, name: string, dataType: WireCustomField['dataType'], labels: string[] = []): WireCustomField => ({
      id,
      name,
      dataType,
      selectOptions: labels.map((label) => ({ id: `id of ${label}`, label })),
      defaultCurrency: null,
    });
    for (const was of ['made anew', 'renamed'] as const) {
      const there = [field(11, 'F', 'select', ['x']), ...(was === 'renamed' ? [field(12, 'Before', 'date')] : [])];
      const replica = new ModelReplica('customField', new Map([[2, field(2, 'F', 'date')]]), there, was === 'renamed' ? [[2, 12]] : []);
      replica.retired.add(11);
      replica.ours.add(11);
      assert.deepEqual(planEntity(2, replica.state), {
        do: 'patch',
        of: 11,
        fields: { name: 'F (gone 1)', selectOptions: [{ id: 'id of x', label: 'x' }] },
      });
      assert.equal(replica.settle().size, 0);
      assertEqual(replica, new Map());
      assert.equal(replica.creates, was === 'renamed' ? 0 : 1);
    }
  });

  it("keeps options that only the replica has, and takes the master's under their ids", () => {
    const select = (id: number, selectOptions: { id: string; label: string }[]): WireCustomField => ({
      id,
      name: 'F',
      dataType: 'select',
      selectOptions,
      defaultCurrency: null,
    });
    const replica = new ModelReplica(
      'customField',
      new Map([
        [
          1,
          select(1, [
            { id: 'm1', label: 'x' },
            { id: 'm2', label: 'y' },
          ]),
        ],
      ]),
      [
        select(11, [
          { id: 'r1', label: 'y' },
          { id: 'r2', label: 'z' },
        ]),
      ],
      [],
    );
    replica.settle();
    assert.deepEqual((copy(replica, 1) as WireCustomField).selectOptions, [
      { id: 'r1', label: 'y' },
      { id: 'r2', label: 'z' },
      { id: 'm1', label: 'x' },
    ]);
  });

  it('with a template that the server rewrites is not written again and again', () => {
    const path = { id: 1, name: 'P', owner: null, match: '', matchingAlgorithm: 0, path: 'c/{x}' };
    const replica = new ModelReplica('storagePath', new Map([[1, path]]), [], []);
    replica.settle();
    replica.settle();
    assert.deepEqual([replica.creates, replica.patches], [1, 0]);
  });

  it('comes after its parent, whatever its id', () => {
    const master = new Map<number, Entity>([
      [1, tag(1, 'leaf', { parent: 2 })],
      [2, tag(2, 'branch', { parent: 3 })],
      [3, tag(3, 'root')],
      [4, tag(4, 'other')],
    ]);
    assert.deepEqual(parentsFirst(master), [3, 4, 2, 1]);
  });
});

describe('what somebody changed on the replica', () => {
  const path = { id: 1, name: 'P', owner: null, match: '', matchingAlgorithm: 0, path: 'odd' };
  const settled = (): ModelReplica => {
    const replica = new ModelReplica('storagePath', new Map([[1, path]]), [], []);
    replica.settle();
    return replica;
  };
  const edit = (replica: ModelReplica, change: Partial<WireStoragePath>): void => {
    const entity = copy(replica, 1) as WireStoragePath;
    replica.entities.set(entity.id, { ...entity, ...change });
  };

  it('is brought back, a template too that the server had rewritten', () => {
    const replica = settled();
    edit(replica, { path: 'theirs' });
    assert.deepEqual(planEntity(1, replica.state), { do: 'patch', of: 1000, fields: { path: 'odd' }, drift: true });
    replica.settle();
    assert.equal((copy(replica, 1) as WireStoragePath).path, 'odd/it/is');
    replica.settle();
    assert.equal(replica.patches, 1);
  });

  it('is left and told where drift is kept, until the master changes it', () => {
    const replica = settled();
    replica.options.keepDrift = true;
    edit(replica, { path: 'theirs' });
    assert.deepEqual(planEntity(1, replica.state), { do: 'done', kept: ['path'] });
    (replica.master as Map<number, Entity>).set(1, { ...path, path: 'newer' });
    replica.settle();
    assert.equal((copy(replica, 1) as WireStoragePath).path, 'newer');
  });

  it('is brought back whatever the policy where documents depend on it', () => {
    const replica = settled();
    replica.options.keepDrift = true;
    edit(replica, { name: 'Theirs' });
    replica.settle();
    assert.equal(copy(replica, 1)?.name, 'P');
  });
});
