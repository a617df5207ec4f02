import type { Check } from '../../simulate/story';
import type { Edit } from '../mutation';

/** A bug that a careless author might well have written. */
export interface Mutant {
  /** In words with hyphens; the command line's --only. */
  name: string;
  /** What that author did, in one sentence. */
  careless: string;
  edits: readonly Edit[];
  /** Checks that see what is wrong; left out: any. Another that fails had luck: a bug changes the rest of the story, too. */
  shows?: readonly Check[];
  /** Edits that change nothing that matters and bring the bug into a small world's reach, such as smaller pages. */
  harmless?: readonly Edit[];
}
