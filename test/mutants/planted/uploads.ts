import type { Mutant } from './mutant';

/** Around creating a document, and finding out what became of it. */
export const uploads: readonly Mutant[] = [
  {
    name: 'post-repeated-blindly',
    careless: 'A write whose answer was lost is sent again like a read, also one that makes something.',
    edits: [{ file: 'src/paperless/exchange.ts', find: "repeatable: call.repeatable ?? method === 'GET',", put: 'repeatable: true,' }],
  },
  {
    name: 'late-twin-ignored',
    careless: 'An upload that was given up and sent again is forgotten, though its document may still come.',
    edits: [{ file: 'src/sync/late-twins.ts', find: 'if (until === null) return 0;', put: 'if (until !== undefined) return 0;' }],
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
];
