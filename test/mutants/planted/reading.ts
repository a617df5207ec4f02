import type { Mutant } from './mutant';

/** Around reading the master: what changed, what is gone, and what its times don't show. */
export const reading: readonly Mutant[] = [
  {
    name: 'cursor-after-not-from',
    careless: 'Changes are read from after the cursor instead of from it on, and without an overlap.',
    edits: [
      { file: 'src/paperless/reader.ts', find: 'const filters = { modified__gte: ask.from,', put: 'const filters = { modified__gt: ask.from,' },
      { file: 'src/sync/ingest.ts', find: 'Math.max(0, greatest - run.settings.cursorOverlapMs * 1000)', put: 'greatest' },
    ],
  },
  {
    name: 'local-clock-as-cursor',
    careless: "The cursor is this machine's time instead of the greatest that the master told.",
    edits: [
      {
        file: 'src/sync/ingest.ts',
        find: '        moved = document.modified;',
        put: '        moved = fromMicros(Math.floor(run.env.now()) * 1000);',
      },
      { file: 'src/sync/ingest.ts', find: 'Math.max(0, greatest - run.settings.cursorOverlapMs * 1000)', put: 'greatest' },
    ],
  },
  {
    name: 'first-page-only',
    careless: 'Of what changed, the first page is read and the rest is forgotten.',
    edits: [
      {
        file: 'src/sync/ingest.ts',
        find: 'if (!page.more || earliest === undefined || last === undefined) return report;',
        put: 'if (earliest === undefined || last !== undefined) return report;',
      },
    ],
  },
  {
    name: 'time-of-change-ignored',
    careless: 'A document counts as changed when a list shows it otherwise, though no list shows its text.',
    edits: [{ file: 'src/state/registry-master.ts', find: 'before.modified !== input.modified || before.fingerprint', put: 'before.fingerprint' }],
  },
  {
    name: 'rows-after-cursor',
    careless: 'The cursor is committed before the rows that it covers.',
    edits: [
      {
        file: 'src/sync/ingest.ts',
        find: '    const done = run.store.fenced(run.epoch, () => registry.record(documents.map(toInput), moved, { backfill: first }));',
        put: '    run.store.fenced(run.epoch, () => registry.record([], moved, { backfill: first }));\n    const done = run.store.fenced(run.epoch, () => registry.record(documents.map(toInput), null, { backfill: first }));',
      },
      { file: 'src/sync/ingest.ts', find: 'Math.max(0, greatest - run.settings.cursorOverlapMs * 1000)', put: 'greatest' },
    ],
  },
  {
    name: 'content-never-swept',
    careless: "Texts that were processed anew, which the master's times don't show, are never looked for.",
    shows: ['different'],
    edits: [{ file: 'src/sync/sweep.ts', find: "(['ids', 'documents', 'content'] as const).filter", put: "(['ids', 'documents'] as const).filter" }],
  },
  {
    name: 'deletions-never-swept',
    careless: 'Nobody looks whether documents are gone from the master.',
    edits: [
      { file: 'src/sync/sweep.ts', find: "(['ids', 'documents', 'content'] as const).filter", put: "(['documents', 'content'] as const).filter" },
    ],
  },
  {
    name: 'empty-list-believed',
    careless: 'A document that one list lacks is gone: no second look, no further sweep, no doubt of an empty list.',
    shows: ['lost'],
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
    shows: ['different'],
    edits: [{ file: 'src/sync/sweep.ts', find: "(['ids', 'documents', 'content'] as const).filter", put: "(['ids', 'content'] as const).filter" }],
  },
];
