import type { Mutant } from './mutant';
import { reading } from './reading';
import { upkeep } from './upkeep';
import { uploads } from './uploads';
import { writing } from './writing';

export type { Mutant } from './mutant';

export const planted: readonly Mutant[] = [...uploads, ...reading, ...writing, ...upkeep];

/** Breaks what everybody sees at once. Whoever doesn't notice this one notices nothing. */
export const canary: Mutant = {
  name: 'canary',
  careless: 'No title is ever sent.',
  edits: [{ file: 'src/sync/plan-document.ts', find: "if (differs('title', target.title, found?.title)) patch.title = target.title;", put: '' }],
};
