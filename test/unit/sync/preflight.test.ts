import assert from 'node:assert/strict';
import type { WireWorkflow } from '../../../src/paperless';
import { judgeAutomation, judgeHistory, judgeLibrary, judgePeople } from '../../../src/sync/preflight';
import { acceptance, quoted } from '../../../src/sync/preflight/findings';

const library = { replica: 'attic', name: 'attic', known: 40, documents: 40, skewMs: 0 };
const off = { matching: false, inboxFlag: false };

function codesOf(findings: { code: string }[]): string[] {
  return findings.map(({ code }) => code);
}

describe('a library that is looked at', () => {
  for (const [known, documents, believed] of [
    [40, 20, true],
    [40, 19, false],
    [40, 0, false],
    [19, 0, true],
    [20, 9, false],
    [0, 0, true],
    [40, 400, true],
  ] as const) {
    it(`is ${believed ? '' : 'not '}believed to be the same with ${documents} of ${known} documents`, () => {
      assert.deepEqual(codesOf(judgeLibrary({ ...library, known, documents })), believed ? [] : ['library-shrunken']);
    });
  }

  for (const [skewMs, told] of [
    [0, null],
    [29_999, null],
    [-30_000, '30 seconds behind'],
    [119_000, '119 seconds ahead of'],
    [5_400_000, '90 minutes ahead of'],
    [-86_400_000, '24 hours behind'],
    [null, null],
  ] as const) {
    it(`has a clock that is ${told ?? 'right'} at ${skewMs ?? 'no'} ms`, () => {
      const message = judgeLibrary({ ...library, skewMs })[0]?.message ?? null;
      assert.equal(message, told === null ? null : `The clock of attic is ${told} this machine's.`);
    });
  }

  it('says how to accept it, of the right instance', () => {
    assert.match(judgeLibrary({ ...library, documents: 0 })[0]?.nextStep ?? '', /pngx preflight --accept library-shrunken --replica attic;/u);
    assert.match(
      judgeLibrary({ ...library, replica: null, documents: 0 })[0]?.nextStep ?? '',
      /--accept library-shrunken; what is missing then counts as deleted/u,
    );
    assert.equal(acceptance('x', "Anna's attic"), 'pngx preflight --accept x --replica "Anna\'s attic"');
  });
});

describe("a master's past", () => {
  const at = (time: string) => ({ modified: time });

  it('may only grow; a document that is gone proves nothing', () => {
    const known = [
      { id: 1, modified: '2026-11-21T10:00:00.000002+01:00' },
      { id: 2, modified: '2026-11-21T10:00:00+01:00' },
      { id: 3, modified: '2026-11-21T10:00:00+01:00' },
    ];
    const same = new Map([
      [1, at('2026-11-21T09:00:00.000002Z')],
      [2, at('2026-11-21T11:00:00Z')],
    ]);
    assert.deepEqual(
      judgeHistory(known, same, [], () => false),
      [],
    );
    assert.deepEqual(codesOf(judgeHistory(known, new Map([[2, at('2026-11-21T08:58:59Z')]]), [], () => false)), ['times-went-back']);
  });

  it('has no end that is lost, but for the trash', () => {
    const newest = [9, 8, 7, 6, 5];
    const none = new Map<number, { modified: string }>();
    assert.deepEqual(codesOf(judgeHistory([], none, newest, () => false)), ['ids-went-back']);
    assert.deepEqual(
      judgeHistory([], none, newest, (id) => id === 7),
      [],
    );
    assert.deepEqual(
      judgeHistory([], new Map([[5, at('2026-11-21T09:00:00Z')]]), newest, () => false),
      [],
    );
    assert.deepEqual(
      judgeHistory([], none, [4, 3, 2, 1], () => false),
      [],
    );
  });
});

describe('a workflow of a replica', () => {
  const workflow = (triggers: WireWorkflow['triggers'], actions: WireWorkflow['actions'], enabled = true): WireWorkflow[] => [
    { id: 4, name: 'W', enabled, triggers, actions },
  ];
  const assigns = { type: 1, names: ['assign_tags'] };
  const judge = (workflows: WireWorkflow[]): string[] =>
    judgeAutomation('attic', { workflows }, off).map(({ code, severity }) => `${severity} ${code}`);

  for (const [what, workflows, expected] of [
    ['assigns when a file is consumed from anywhere', workflow([{ type: 1, sources: [] }], [assigns]), 'warns workflow-alters'],
    ['assigns when a file is uploaded', workflow([{ type: 1, sources: [1, 2] }], [assigns]), 'warns workflow-alters'],
    ['assigns when a file lies in the folder', workflow([{ type: 1, sources: [1, 3, 4] }], [assigns]), null],
    ['assigns when a document is added, whatever its sources say', workflow([{ type: 2, sources: [1] }], [assigns]), 'warns workflow-alters'],
    ['removes when a document is updated', workflow([{ type: 3, sources: [] }], [{ type: 2, names: ['remove_all_tags'] }]), 'warns workflow-alters'],
    ['assigns nothing', workflow([{ type: 3, sources: [] }], [{ type: 1, names: [] }]), null],
    ['has only fields of the other kind', workflow([{ type: 3, sources: [] }], [{ type: 1, names: ['remove_tags'] }]), null],
    [
      'mails and calls',
      workflow(
        [{ type: 3, sources: [] }],
        [
          { type: 3, names: [] },
          { type: 4, names: [] },
        ],
      ),
      null,
    ],
    ['trashes on a schedule', workflow([{ type: 4, sources: [] }], [assigns, { type: 6, names: [] }]), 'stops workflow-trashes'],
    ['takes passwords away', workflow([{ type: 2, sources: [] }], [{ type: 5, names: [] }]), 'warns workflow-alters'],
    ['does something of a later version', workflow([{ type: 9, sources: [] }], [{ type: 99, names: [] }]), 'warns workflow-alters'],
    ['is off', workflow([{ type: 2, sources: [] }], [assigns], false), null],
    ['never fires', workflow([], [assigns]), null],
  ] as const) {
    it(`that ${what}: ${expected ?? 'nothing to say'}`, () => {
      assert.deepEqual(judge(workflows), expected === null ? [] : [expected]);
    });
  }

  it('is told in words', () => {
    const found = judgeAutomation(
      'attic',
      {
        workflows: workflow(
          [
            { type: 2, sources: [] },
            { type: 3, sources: [] },
          ],
          [
            { type: 1, names: ['assign_title', 'assign_owner'] },
            { type: 2, names: ['remove_all_tags', 'remove_tags'] },
          ],
        ),
      },
      off,
    );
    assert.equal(
      found[0]?.message,
      'Workflow "W" on attic runs when a document is added and when a document is updated and assigns title, owner and removes tags: it alters what the sync writes there, each time anew.',
    );
  });
});

describe('names in a finding', () => {
  it('are few', () => {
    assert.equal(quoted(['a']), '"a"');
    assert.equal(quoted(['a', 'b']), '"a" and "b"');
    assert.equal(quoted(['a', 'b', 'c', 'd', 'e', 'f', 'g']), '"a", "b", "c", "d", "e" and 2 more');
  });

  it('are those of people whom nobody is there for', () => {
    const people = (users: string[], groups: string[] = []) => ({ users, groups });
    assert.deepEqual(judgePeople('attic', people(['a'], ['g']), people(['a', 'b'], ['g'])), []);
    assert.match(
      judgePeople('attic', people(['b', 'a', 'a']), people(['A']))[0]?.message ?? '',
      /^2 users \("a" and "b"\) of the master are not on attic/u,
    );
  });
});
