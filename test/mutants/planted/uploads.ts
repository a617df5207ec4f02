import type { Mutant } from './mutant';

/** Around creating a document, and finding out what became of it. */
export const uploads: readonly Mutant[] = [
  {
    name: 'post-repeated-blindly',
    careless: 'A write whose answer was lost is sent again like a read, also one that makes something.',
    shows: ['doubled'],
    edits: [{ file: 'src/paperless/exchange.ts', find: "repeatable: call.repeatable ?? method === 'GET',", put: 'repeatable: true,' }],
  },
  {
    name: 'late-twin-ignored',
    careless: 'An upload that was given up and sent again is forgotten, though its document may still come.',
    edits: [{ file: 'src/sync/poll-tasks.ts', find: '() => settleLateTwins(lane)', put: '() => Promise.resolve(settleLateTwins)' }],
  },
  {
    name: 'taken-twin-adopted',
    careless: 'A document with the right bytes is adopted without asking whose copy it is.',
    edits: [
      {
        file: 'src/sync/replace.ts',
        find: 'return !registry.isMapped(lane.replicaId, replicaDocId) && !replacements',
        put: 'return registry !== undefined || !replacements',
      },
    ],
  },
  {
    name: 'sha256-asked-of-2x',
    careless: 'A 2.x replica, which knows MD5 alone, is compared by SHA-256.',
    edits: [
      {
        file: 'src/sync/check-copy.ts',
        find: "if (known !== null && known.md5 !== '') return known.md5;",
        put: "if (known !== null && known.md5 !== '') return known.sha256;",
      },
    ],
  },
  {
    name: 'download-believed',
    careless: 'What the master sends is uploaded without comparing it with the checksum that the master gives.',
    edits: [{ file: 'src/sync/file-share.ts', find: 'if (said === got) return;', put: 'if (said.length > 0 || got.length > 0) return;' }],
  },
  {
    name: 'spool-kept',
    careless: 'A file stays in the spool when the last replica is done with it.',
    edits: [{ file: 'src/sync/file-share.ts', find: 'await loaded?.file.remove();', put: 'void loaded;' }],
  },
  {
    name: 'no-task-taken-as-nothing-stored',
    careless: 'An upload without a task in sight is sent again, without a look for its document then or before.',
    shows: ['doubled', 'lost'],
    edits: [
      {
        file: 'src/sync/settle.ts',
        find: '  const found = await findMade(lane, row, intent);\n  if (found !== null) return arrived(lane, row, intent, found);\n\n  if (task !== undefined',
        put: '  if (task !== undefined',
      },
      {
        file: 'src/sync/already-there.ts',
        find: 'const free = await unmappedTwins(lane, row, file.sha256, file.md5);',
        put: 'const free: Awaited<ReturnType<typeof unmappedTwins>> = [];',
      },
    ],
  },
  {
    name: 'nonce-not-looked-for',
    careless: 'Nobody reads the mark of an upload: what came of it is looked for by its bytes alone.',
    shows: ['doubled', 'lost', 'words'],
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
    shows: ['doubled'],
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
    shows: ['doubled'],
    edits: [
      { file: 'src/sync/push-file.ts', find: "      move(lane, row.id, { to: 'uploading', intent });\n    });", put: '    });' },
      {
        file: 'src/sync/push-file.ts',
        find: "  if (taskId === null) return 'waiting';",
        put: "  move(lane, row.id, { to: 'uploading', intent });\n  if (taskId === null) return 'waiting';",
      },
    ],
  },
];
