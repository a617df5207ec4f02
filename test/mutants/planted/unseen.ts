import type { Mutant } from './mutant';

/** Bugs that the simulation didn't catch within the seeds that it was given: something else in the engine undoes them, or no story comes by there. */
export const unseen: readonly (Mutant & { /** What a story would need, or what undoes the harm. */ lacks: string })[] = [
  {
    name: 'no-task-taken-as-nothing-stored',
    careless: 'An upload without a task in sight is sent again, without a look for its document.',
    lacks: 'The next attempt looks for a document of the same bytes before it sends anything, and a second one is found by its mark.',
    edits: [
      {
        file: 'src/sync/settle.ts',
        find: '  const found = await findMade(lane, row, intent);\n  if (found !== null) return arrived(lane, row, intent, found);\n\n  if (task !== undefined',
        put: '  if (task !== undefined',
      },
    ],
  },
  {
    name: 'nonce-not-looked-for',
    careless: 'An upload of unknown outcome is looked for by its bytes alone.',
    lacks: 'Its document is found by its bytes; only where several have the same bytes does the mark decide.',
    edits: [
      { file: 'src/sync/settle.ts', find: '?? open.find((t) => t.overridesTitle?.includes(markOf(intent.nonce)) === true)', put: '' },
      { file: 'src/sync/settle.ts', find: 'if (byNonce !== undefined) return byNonce.id;', put: '' },
      // And nobody else reads the mark either.
      { file: 'src/sync/upload-mark.ts', find: 'return AT_THE_END.exec(title)?.[1];', put: 'return AT_THE_END.test(title) ? undefined : undefined;' },
    ],
  },
  {
    name: 'unknown-taken-as-failed',
    careless: 'An upload of unknown outcome is queued again as if nothing had come of it.',
    lacks:
      'A replica that has the upload waiting for longer than the pause before the next attempt: else its document is found by its bytes, and a second one by its mark.',
    edits: [
      {
        file: 'src/sync/push-file.ts',
        find: "if (isPaperlessError(error) && error.class === 'unknown-outcome') return null;",
        put: "if (isPaperlessError(error) && error.class === 'unknown-outcome') { lane.run.store.fenced(lane.run.epoch, () => registry.clearIntent(row.id)); throw error; }",
      },
    ],
  },
  {
    name: 'intent-after-request',
    careless: 'The intent is committed once the replica has answered, not before it is asked.',
    lacks: "A crash between an upload's request and its commit while the upload waits: else its document is found by its bytes.",
    edits: [
      { file: 'src/sync/push-file.ts', find: "      move(lane, row.id, { to: 'uploading', intent });\n    });", put: '    });' },
      {
        file: 'src/sync/push-file.ts',
        find: "  if (taskId === null) return 'waiting';",
        put: "  move(lane, row.id, { to: 'uploading', intent });\n  if (taskId === null) return 'waiting';",
      },
    ],
  },
  {
    name: 'asn-taken-and-not-given-back',
    careless: 'The copy that gave up its ASN for another is not queued to get its own.',
    lacks: 'The watch over serial numbers queues the same row a little later; a crash just between.',
    edits: [
      {
        file: 'src/sync/apply.ts',
        find: "if (theirs.status === 'ok' || theirs.status === 'limited') move(lane, theirs.id, { to: 'queued', priority: 1 });",
        put: '',
      },
    ],
  },
  {
    name: 'link-targets-not-requeued',
    careless: 'Documents that link to one whose copy was replaced keep pointing to the old copy.',
    lacks: 'The verification sees the link to the old copy and repairs it.',
    edits: [
      {
        file: 'src/sync/linked.ts',
        find: 'for (const { target } of linksOf(run, masterDocId)) requeue(run, replicaId, target);',
        put: 'void [run, replicaId, masterDocId];',
      },
    ],
  },
  {
    name: 'replaced-copy-kept',
    careless: 'The old copy of a changed file stays beside the new one on 2.x.',
    lacks: 'The old copy is trashed by another stage of the cycle as well.',
    edits: [
      { file: 'src/sync/push-doc.ts', find: '  await finishReplacements(lane);\n', put: '  void finishReplacements;\n' },
      // Looked at a second time when all batches of a lane are settled.
      { file: 'src/controller/stages.ts', find: '() => finishReplacements(seat.lane)', put: '() => Promise.resolve(finishReplacements)' },
    ],
  },
  {
    name: 'empty-list-believed',
    careless: 'A document that one list lacks is gone: no second look, no further sweep, no doubt of an empty list.',
    lacks: 'An answer that lacks rows which are there: the walk over pages repeats itself when rows move.',
    edits: [
      { file: 'src/sync/sweep.ts', find: "if (times < settings.number('delete_confirmations'))", put: 'if (times < 1)' },
      {
        file: 'src/sync/sweep.ts',
        find: 'const again = new Set((await run.master.documentsByIds(missing, run.call)).map((d) => d.id));',
        put: 'const again = new Set<number>();',
      },
      { file: 'src/sync/sweep.ts', find: 'const small = known.length >= SHRUNKEN_LEAST && ', put: 'const small = known.length < 0 && ' },
    ],
  },
  {
    name: 'documents-never-swept',
    careless: "Changes that the master's times don't show are never looked for.",
    lacks: 'What a document loses without a stamp is mostly a name that is gone, which its copy loses by itself.',
    edits: [{ file: 'src/sync/sweep.ts', find: "(['ids', 'documents', 'content'] as const).filter", put: "(['ids', 'content'] as const).filter" }],
  },
  {
    name: 'lease-never-expires',
    careless: 'A lease is over when it was given back, and who died with it never does.',
    lacks: '',
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
    lacks: 'A second controller on one database while the first still runs.',
    edits: [{ file: 'src/state/lease.ts', find: 'if (holder === null || rest.epoch !== epoch) throw', put: 'if (rest.epoch < 0) throw' }],
  },
  {
    name: 'batch-claimed-twice',
    careless: 'The second copy of a message is pushed like the first.',
    lacks: 'Both copies of a message push the same rows, whose moves refuse each other.',
    edits: [
      { file: 'src/controller/board.ts', find: "if (batch.state !== 'issued') {", put: "if (batch.state === 'settled' && batch.items.length > 0) {" },
    ],
  },
];
