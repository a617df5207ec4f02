import assert from 'node:assert/strict';
import { compareSnapshots } from '../../demo/compare/compare.js';
import type { Snapshot } from '../../demo/compare/snapshot.js';
import type { Status } from '../../demo/controller.js';
import { parseOptions, UsageError } from '../../demo/options.js';
import type { ControllerApi, ReplicaStatus } from '../../demo/controller.js';
import { isVerified, untilVerified } from '../../demo/settle.js';
import type { Facts } from '../../demo/summary.js';
import { summarize } from '../../demo/summary.js';

function replica(change: Partial<ReplicaStatus> = {}): ReplicaStatus {
  const none = { pending: 0, error: 0, held: 0, limited: 0, quarantined: 0, differs: 0 };
  return { id: 1, name: 'replica-1', status: 'synced', ok: 4, verified: 4, lag_seconds: 0, ...none, ...change };
}
const status = (...replicas: ReplicaStatus[]): Status => ({ master: { ok: true }, replicas });

function empty(version: string): Snapshot {
  const collections = { tags: new Map(), correspondents: new Map(), documentTypes: new Map(), storagePaths: new Map(), customFields: new Map() };
  return { url: 'http://x', version, major: Number.parseInt(version, 10), documents: [], collections, people: null, files: 'downloaded' };
}

describe('the judgement of --once', () => {
  function facts(): Facts {
    const comparison = compareSnapshots(empty('3.0.5'), empty('2.20.15'));
    const instance = { name: 'replica-1', version: '2.20.15', url: 'http://x', token: 't' };
    const master = { requests: { GET: 7 } as Record<string, number>, bytes: { downloads: 5, sent: 9, received: 0 } };
    return {
      seconds: 1.5,
      documents: 0,
      unverified: null,
      status: status(replica()),
      replicas: [{ instance, comparison, planted: {}, withheld: 0 }],
      master,
      library: 5,
    };
  }

  it('is well when everything is', () => {
    const summary = summarize(facts());
    assert.deepEqual([summary.ok, summary.problems, summary.master_requests], [true, [], { GET: 7 }]);
    assert.deepEqual(summary.replicas[0], {
      name: 'replica-1',
      version: '2.20.15',
      documents: 0,
      ok: 4,
      error: 0,
      verified: 4,
      missing: 0,
      doubled: 0,
      different: 0,
      limited: {},
    });
  });

  const wrongs: Record<string, (f: Facts) => void> = {
    'a document is missing': (f) => (f.replicas[0]!.comparison.missing = 1),
    'a document is doubled': (f) => (f.replicas[0]!.comparison.doubled = 1),
    'a document differs': (f) => (f.replicas[0]!.comparison.different = 1),
    'a collection lacks something': (f) => f.replicas[0]!.comparison.collections.tags.missing.push('A'),
    'more is limited than the library gives reason for': (f) => (f.replicas[0]!.comparison.limited = { 'identical bytes': 1 }),
    'less is limited than planted': (f) => (f.replicas[0]!.planted = { 'older versions': 2 }),
    'the replicas were not verified': (f) => (f.unverified = 'not verified in 1 s'),
    'the master was written': (f) => (f.master.requests['PATCH'] = 1),
    'the controller lost a replica': (f) => (f.status = status()),
  };
  for (const [name, spoil] of Object.entries(wrongs)) {
    it(`is not well when ${name}`, () => {
      const spoiled = facts();
      spoil(spoiled);
      const summary = summarize(spoiled);
      assert.equal(summary.ok, false);
      assert.equal(summary.problems.length, 1);
    });
  }
});

describe('verified', () => {
  it('means that all of the master is there and was read back', () => {
    assert.ok(isVerified(replica(), 4));
    assert.ok(isVerified(replica({ ok: 3, verified: 3, limited: 1 }), 4));
    for (const change of [{ verified: 3 }, { pending: 1 }, { error: 1 }, { held: 1 }, { quarantined: 1 }]) assert.ok(!isVerified(replica(change), 4));
    assert.ok(!isVerified(replica(), 5));
  });

  /** A controller that answers from a list of states, the last one for ever. */
  function controller(states: ReplicaStatus[]): { api: ControllerApi; syncs: () => number } {
    let [at, syncs] = [0, 0];
    const api = {
      status: () => Promise.resolve(status(states[Math.min(at++, states.length - 1)]!)),
      running: () => Promise.resolve({ running: false, phase: '', docs_done: 0, docs_total: 0 }),
      sync: () => {
        syncs += 1;
        return Promise.resolve(null);
      },
    };
    return { api: api as unknown as ControllerApi, syncs: () => syncs };
  }
  const options = { documents: 4, timeoutMs: 60_000, stuckMs: 60_000, signal: new AbortController().signal, show: () => undefined };

  it('is waited for, asking for cycles', async () => {
    const { api, syncs } = controller([replica({ ok: 0, verified: 0 }), replica()]);
    assert.equal((await untilVerified(api, options)).verified, true);
    assert.equal(syncs(), 1);
  });

  it('is given up when somebody has to act, when nothing moves, and when time is over', async () => {
    const held = await untilVerified(controller([replica({ ok: 3, verified: 3, held: 1 })]).api, options);
    assert.ok(!held.verified && /somebody has to act: replica-1/u.test(held.why));
    const stuck = await untilVerified(controller([replica({ pending: 1 })]).api, { ...options, stuckMs: -1 });
    assert.ok(!stuck.verified && /nothing moved/u.test(stuck.why));
    const late = await untilVerified(controller([replica({ error: 1 })]).api, { ...options, timeoutMs: -1 });
    assert.ok(!late.verified && /not verified in[^]*1 errors/u.test(late.why));
  });
});

describe("the demo's options", () => {
  it('have defaults', () => {
    const options = parseOptions([], '/x');
    assert.deepEqual(options, { once: false, keep: false, documents: 400, seed: 1, port: undefined, dir: '/x/.demo', timeout: 1800 });
    assert.equal(parseOptions(['--help'], '/x'), null);
  });

  for (const args of [['--port', '99999'], ['--documents', '-1'], ['--documents=ten'], ['--keep'], ['--what'], ['extra']]) {
    it(`refuse ${args.join(' ')}`, () => assert.throws(() => parseOptions(args, '/x'), UsageError));
  }
});
