import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planCycle, type WorkFace } from '../../../src/sync/plan/cycle';
import { planDeletes } from '../../../src/sync/plan/deletes';
import { planReconcile, type Face, type ReconcilePlan } from '../../../src/sync/plan/reconcile';
import { planResync, type MapFace } from '../../../src/sync/plan/resync';

const RUNS = { numRuns: 10_000 };

/** Few values, so that bytes, serial numbers and titles collide in every way. */
const face = fc.record({
  id: fc.integer({ min: 1, max: 40 }),
  chain: fc.option(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 }), { freq: 8 }),
  asn: fc.option(fc.integer({ min: 1, max: 5 })),
  title: fc.constantFrom('', 'Rent', 'Tax', 'Scan'),
  created: fc.constantFrom('2024-01-01', '2024-01-02'),
}) satisfies fc.Arbitrary<Face>;

const side = fc.uniqueArray(face, { selector: ({ id }) => id, maxLength: 10 });
const sides = fc.record({ masters: side, replicas: side });

function shuffled<T>(list: readonly T[], random: readonly number[]): T[] {
  return list
    .map((value, at) => ({ value, rank: random[at % random.length] ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}

const order = fc.array(fc.integer(), { minLength: 5, maxLength: 12 });

function without(faces: readonly Face[], ids: readonly number[]): Face[] {
  return faces.filter(({ id }) => !ids.includes(id));
}

/** Everybody whom a plan names, by side, in no particular order. */
function mentioned(plan: ReconcilePlan): { masters: number[]; replicas: number[] } {
  return {
    masters: [
      ...plan.pairs.map(({ master }) => master),
      ...plan.differing.map(({ master }) => master),
      ...plan.ambiguous.flatMap(({ masters }) => masters),
      ...plan.missing,
    ].sort((a, b) => a - b),
    replicas: [
      ...plan.pairs.map(({ replica }) => replica),
      ...plan.differing.map(({ replica }) => replica),
      ...plan.ambiguous.flatMap(({ replicas }) => replicas),
      ...plan.foreign,
    ].sort((a, b) => a - b),
  };
}

const ids = (faces: readonly Face[]): number[] => faces.map(({ id }) => id).sort((a, b) => a - b);

describe('the plan of a reconcile', function () {
  this.timeout(60_000);

  it('names each document of either side once and nobody else', () => {
    fc.assert(
      fc.property(sides, ({ masters, replicas }) => {
        assert.deepEqual(mentioned(planReconcile(masters, replicas)), { masters: ids(masters), replicas: ids(replicas) });
      }),
      RUNS,
    );
  });

  it('adopts only what begins with the bytes that are wanted', () => {
    fc.assert(
      fc.property(sides, ({ masters, replicas }) => {
        for (const { master, replica } of planReconcile(masters, replicas).pairs) {
          const ours = masters.find(({ id }) => id === master)?.chain ?? [];
          const theirs = replicas.find(({ id }) => id === replica)?.chain ?? [];
          assert.ok(theirs.length > 0);
          assert.deepEqual(ours.slice(0, theirs.length), theirs);
        }
      }),
      RUNS,
    );
  });

  it('applied, leaves nothing to adopt', () => {
    fc.assert(
      fc.property(sides, ({ masters, replicas }) => {
        const { pairs } = planReconcile(masters, replicas);
        const again = planReconcile(
          without(
            masters,
            pairs.map(({ master }) => master),
          ),
          without(
            replicas,
            pairs.map(({ replica }) => replica),
          ),
        );
        assert.deepEqual(again.pairs, []);
      }),
      RUNS,
    );
  });

  it('is the same for any order of the two lists', () => {
    fc.assert(
      fc.property(sides, order, ({ masters, replicas }, random) => {
        assert.deepEqual(planReconcile(shuffled(masters, random), shuffled(replicas, random)), planReconcile(masters, replicas));
      }),
      RUNS,
    );
  });

  it('never chooses among documents that nothing tells apart', () => {
    const copies = fc.record({ masters: fc.integer({ min: 1, max: 4 }), replicas: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(copies, ({ masters, replicas }) => {
        const twins = (count: number): Face[] =>
          Array.from({ length: count }, (_, at) => ({ id: at + 1, chain: ['a'], asn: null, title: '', created: '2024-01-01' }));
        const plan = planReconcile(twins(masters), twins(replicas));
        assert.equal(plan.pairs.length, masters === 1 && replicas === 1 ? 1 : 0);
      }),
      { numRuns: 100 },
    );
  });

  it('adopts all of a library whose documents differ in their bytes, whatever else collides', () => {
    const library = fc
      .uniqueArray(face, { selector: ({ id }) => id, maxLength: 12 })
      .map((list) => list.map((one) => ({ ...one, chain: [`bytes ${one.id}`] })));
    fc.assert(
      fc.property(library, order, (masters, random) => {
        const copies = shuffled(masters, random).map((one, at) => ({ ...one, id: 100 + at, title: 'Scan', asn: null }));
        const plan = planReconcile(masters, copies);
        assert.deepEqual([plan.pairs.length, plan.foreign, plan.missing, plan.ambiguous, plan.differing], [masters.length, [], [], [], []]);
      }),
      RUNS,
    );
  });
});

describe('the plan of a resync', function () {
  this.timeout(60_000);
  const row = fc.record({
    masterDocId: fc.integer({ min: 1, max: 30 }),
    replicaDocId: fc.option(fc.integer({ min: 1, max: 90 })),
    kept: fc.boolean(),
  });
  const map = fc.record({
    rows: fc.uniqueArray(row, { selector: ({ masterDocId }) => masterDocId, maxLength: 15 }) satisfies fc.Arbitrary<MapFace[]>,
    live: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 15 }),
  });

  it('gives up each row that is not kept, once, and keeps its pair; uploads only documents without one', () => {
    fc.assert(
      fc.property(map, ({ rows, live }) => {
        const plan = planResync(rows, new Set(live));
        const touched = [...plan.candidates.map(({ master }) => master), ...plan.forget];
        const open = rows.filter(({ kept }) => !kept);
        assert.deepEqual(
          touched.sort((a, b) => a - b),
          open.map(({ masterDocId }) => masterDocId).sort((a, b) => a - b),
        );
        assert.deepEqual(
          new Map(plan.candidates.map(({ master, replica }) => [master, replica])),
          new Map(open.flatMap((r) => (r.replicaDocId === null ? [] : [[r.masterDocId, r.replicaDocId] as const])).sort(([a], [b]) => a - b)),
        );
        for (const id of plan.upload) assert.ok(live.includes(id) && !rows.some((r) => r.masterDocId === id && (r.kept || r.replicaDocId !== null)));
      }),
      RUNS,
    );
  });

  it('applied, leaves no pair to give up; when each is proven, nothing is left to upload', () => {
    fc.assert(
      fc.property(map, ({ rows, live }) => {
        const plan = planResync(rows, new Set(live));
        const kept = rows.filter((one) => one.kept);
        const wiped: MapFace[] = [
          ...kept,
          ...live.filter((id) => !plan.keep.includes(id)).map((masterDocId) => ({ masterDocId, replicaDocId: null, kept: false })),
        ];
        assert.deepEqual(planResync(wiped, new Set(live)).candidates, []);
        const proven = new Map(plan.candidates.map(({ master, replica }) => [master, replica]));
        const settled = wiped.map((one, at) => (one.kept ? one : { ...one, replicaDocId: proven.get(one.masterDocId) ?? 1000 + at }));
        assert.deepEqual(planResync(settled, new Set(live)).upload, []);
      }),
      RUNS,
    );
  });

  it('is the same for any order of the rows', () => {
    fc.assert(
      fc.property(map, order, ({ rows, live }, random) => {
        assert.deepEqual(planResync(shuffled(rows, random), new Set(shuffled(live, random))), planResync(rows, new Set(live)));
      }),
      RUNS,
    );
  });
});

describe('the plan of deletes', function () {
  this.timeout(60_000);
  const graves = fc.uniqueArray(fc.record({ master: fc.integer({ min: 1, max: 50 }), replica: fc.integer({ min: 1, max: 50 }) }), {
    selector: ({ master }) => master,
    maxLength: 20,
  });

  it('is empty under any policy but trash and mirror', () => {
    fc.assert(
      fc.property(graves, fc.string(), fc.nat(), (list, policy, limit) => {
        fc.pre(policy !== 'trash' && policy !== 'mirror');
        assert.deepEqual(planDeletes(list, policy, limit), { trash: [], limit, kept: list.length });
      }),
      RUNS,
    );
    assert.deepEqual(planDeletes([{ master: 1, replica: 2 }], 'keep', 5).trash, []);
  });

  it('names each grave once, no other, in one order; applied, it is empty', () => {
    fc.assert(
      fc.property(graves, fc.constantFrom('trash', 'mirror'), order, (list, policy, random) => {
        const { trash } = planDeletes(list, policy, 3);
        assert.deepEqual(new Set(trash), new Set(list));
        assert.equal(trash.length, list.length);
        assert.deepEqual(planDeletes(shuffled(list, random), policy, 3).trash, trash);
        assert.deepEqual(
          planDeletes(
            list.filter((grave) => !trash.includes(grave)),
            policy,
            3,
          ).trash,
          [],
        );
      }),
      RUNS,
    );
  });
});

describe('the plan of a cycle', function () {
  this.timeout(60_000);
  const place = fc.constantFrom(
    ...([
      ['pending', 'queued'],
      ['pending', 'uploading'],
      ['pending', 'consuming'],
      ['pending', 'applying'],
      ['pending', 'linking'],
      ['error', 'queued'],
      ['ok', null],
      ['held', null],
      ['quarantined', null],
      ['limited', null],
      ['tombstone', null],
    ] as const),
  );
  const work = fc
    .record({
      masterDocId: fc.integer({ min: 1, max: 60 }),
      replicaDocId: fc.option(fc.integer({ min: 1, max: 90 })),
      place,
      open: fc.boolean(),
      due: fc.boolean(),
    })
    .map(({ place: [status, step], ...rest }): WorkFace => ({ ...rest, status, step }));
  const rows = fc.uniqueArray(work, { selector: ({ masterDocId }) => masterDocId, maxLength: 20 });

  it('takes up what is pending and as many errors as may be, and leaves alone what is settled', () => {
    fc.assert(
      fc.property(rows, fc.nat({ max: 5 }), (list, retries) => {
        const plan = planCycle(list, retries);
        const pending = list.filter(({ status }) => status === 'pending').map(({ masterDocId }) => masterDocId);
        const due = list.filter(({ status, due: now }) => status === 'error' && now).map(({ masterDocId }) => masterDocId);
        const named = plan.work.map(({ master }) => master);
        assert.equal(new Set(named).size, named.length);
        assert.ok(pending.every((id) => named.includes(id)));
        assert.ok(named.every((id) => pending.includes(id) || due.includes(id)));
        assert.equal(plan.retries, Math.min(retries, due.length));
      }),
      RUNS,
    );
  });

  it('never uploads what has a copy, or whose create has an outcome that nobody knows', () => {
    fc.assert(
      fc.property(rows, (list) => {
        for (const { master, does } of planCycle(list, 5).work) {
          const row = list.find(({ masterDocId }) => masterDocId === master);
          if (does === 'upload') assert.ok(row?.replicaDocId === null && !row.open && row.step !== 'uploading' && row.step !== 'consuming');
        }
      }),
      RUNS,
    );
  });

  it('is the same for any order of the rows; applied, it is empty', () => {
    fc.assert(
      fc.property(rows, order, (list, random) => {
        const plan = planCycle(list, 60);
        assert.deepEqual(planCycle(shuffled(list, random), 60), plan);
        const done = list.map((row): WorkFace =>
          plan.work.some(({ master }) => master === row.masterDocId) ? { ...row, status: 'ok', step: null } : row,
        );
        assert.deepEqual(planCycle(done, 60), { work: [], retries: 0 });
      }),
      RUNS,
    );
  });
});
