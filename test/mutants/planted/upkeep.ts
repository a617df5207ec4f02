import type { Mutant } from './mutant';

/** Around looking again, retrying, the lease, the tickets, and who stands at the other end. */
export const upkeep: readonly Mutant[] = [
  {
    name: 'verification-compares-nothing',
    careless: 'A copy that is there counts as verified.',
    edits: [
      {
        file: 'src/sync/verify.ts',
        find: 'const differences = await compareCopy(lane, row, found, asProven && !demanded);',
        put: 'const differences: Awaited<ReturnType<typeof compareCopy>> = [];',
      },
    ],
  },
  {
    name: 'failed-verification-not-repaired',
    careless: 'A copy that differs is told, and not queued for repair.',
    edits: [{ file: 'src/state/registry-verification.ts', find: 'if (isFailed(result.verification)) repair.run(rowId);', put: 'void repair;' }],
  },
  {
    name: 'deleted-copy-not-noticed',
    careless: 'A copy that is gone from its replica differs in nothing that was read, so it counts as verified.',
    shows: ['lost', 'words'],
    edits: [
      {
        file: 'src/sync/verify.ts',
        find: "await failVerification(lane, row, { verification: 'unreadable', found: null, differences: [] });",
        put: "lane.run.store.fenced(lane.run.epoch, () => lane.run.store.registry.verified(row.id, { verification: 'matched', version: row.wantedVersion }, new Date(lane.run.env.now()).toISOString()));",
      },
    ],
  },
  {
    name: 'errors-never-due',
    careless: 'What failed once is never tried again.',
    edits: [
      {
        file: 'src/sync/poll-tasks.ts',
        find: 'store.registry.requeueDue(lane.replicaId, isoTime(env.now()), settings.retryErrorsPerCycle)',
        put: "store.registry.requeueDue(lane.replicaId, '1970-01-01T00:00:00.000Z', settings.retryErrorsPerCycle)",
      },
    ],
  },
  {
    name: 'in-flight-forgotten',
    careless: 'What an earlier cycle left in flight is not settled.',
    edits: [{ file: 'src/sync/poll-tasks.ts', find: 'if (rows.length === 0) return report;', put: 'if (rows.length >= 0) return report;' }],
  },
  {
    name: 'retry-after-forgotten',
    careless: 'A server that says how long to wait is asked again after our own pause.',
    edits: [
      {
        file: 'src/paperless/retry-after.ts',
        find: "if (value === undefined || value === '') return null;",
        put: "if (value === undefined || value !== '') return null;",
      },
    ],
  },
  {
    name: 'identity-unchecked',
    careless: 'Whoever answers at the address is taken for the instance that was there.',
    edits: [
      { file: 'src/controller/identity.ts', find: 'if (others.length > 0) throw another', put: 'if (others.length > 1000) throw another' },
      {
        file: 'src/controller/identity.ts',
        find: 'if (known.length >= LEAST && still.length === 0) throw wiped',
        put: 'if (known.length > 1000) throw wiped',
      },
      { file: 'src/sync/same-copy.ts', find: 'if (row.copyAdded === null ||', put: 'if (row.copyAdded !== undefined ||' },
      { file: 'src/sync/ingest.ts', find: '    refuseAnotherPast(run, documents);\n', put: '    void refuseAnotherPast;\n' },
    ],
  },
  {
    name: 'lease-never-expires',
    careless: 'A lease is over when it was given back, and who died with it never does.',
    shows: ['stuck'],
    edits: [
      {
        file: 'src/state/lease.ts',
        find: 'if (other !== null && other !== holder && expiresAt !== null && Date.parse(expiresAt) > now())',
        put: 'if (other !== null)',
      },
      { file: 'src/state/lease.ts', find: 'throw new LeaseHeldError(other, expiresAt);', put: "throw new LeaseHeldError(other, expiresAt ?? '');" },
      { file: 'src/controller/controller.ts', find: 'this.store.lease.release(this.store.lease.current().epoch);', put: '' },
    ],
  },
  {
    name: 'epoch-unchecked',
    careless: 'Whoever once had the lease goes on writing to the registry after another took it.',
    shows: ['words', 'doubled'],
    edits: [{ file: 'src/state/lease.ts', find: 'if (holder === null || rest.epoch !== epoch) throw', put: 'if (rest.epoch < 0) throw' }],
  },
  {
    name: 'batch-claimed-twice',
    careless: 'The second copy of a message is pushed like the first.',
    shows: ['words', 'spool', 'doubled'],
    edits: [
      { file: 'src/controller/board.ts', find: "if (batch.state !== 'issued') {", put: "if (batch.state === 'settled' && batch.items.length > 0) {" },
    ],
  },
];
