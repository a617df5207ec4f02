import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout: this file is dist/test/mutants/mutation.js in it. */
export const checkout = join(__dirname, '..', '..', '..');

/** A change of one source, by its own words: `find` is there exactly once. */
export interface Edit {
  /** From the checkout, `/` between its parts. */
  file: string;
  find: string;
  put: string;
}

/** The same by offsets in the source. */
export interface Span {
  file: string;
  start: number;
  end: number;
  put: string;
}

/** An edit whose words aren't in its source exactly once: the source has moved on. */
export class StaleEditError extends Error {
  constructor({ file, find }: Edit, times: number) {
    super(
      `${file} has this ${times === 0 ? 'nowhere' : `${times} times`} instead of once, so the planted bug can't be applied. Give it words that fit the source as it is now:\n${find}`,
    );
    this.name = 'StaleEditError';
  }
}

/** The environment variable by which a process is told what to apply: JSON of Span[]. */
export const VARIABLE = 'PNGX_MUTATION';
/** And the file to which `apply` adds a letter for each source that was loaded with its edits. */
export const APPLIED = 'PNGX_MUTATION_APPLIED';

export function sourceOf(file: string): string {
  return readFileSync(join(checkout, file), 'utf8');
}

/** Throws StaleEditError. */
export function locate(edits: readonly Edit[], read: (file: string) => string = sourceOf): Span[] {
  return edits.map((edit) => {
    const source = read(edit.file);
    const times = source.split(edit.find).length - 1;
    if (times !== 1) throw new StaleEditError(edit, times);
    const start = source.indexOf(edit.find);
    return { file: edit.file, start, end: start + edit.find.length, put: edit.put };
  });
}

/** Spans of one source; throws RangeError when two of them overlap. */
export function mutated(source: string, spans: readonly Span[]): string {
  let text = source;
  let before = Infinity;
  for (const { start, end, put } of [...spans].sort((a, b) => b.start - a.start)) {
    if (end > before) throw new RangeError('Two edits of one source overlap.');
    text = text.slice(0, start) + put + text.slice(end);
    before = start;
  }
  return text;
}
