import type { Mutation } from './operators';

/** A random change that nothing notices, and why that is as it should be. */
export interface Explained {
  file: string;
  /** The changed line, trimmed. */
  text: string;
  /** As `--random` tells it. */
  what: string;
  why: string;
}

export const explained: readonly Explained[] = [];

export function explanationOf({ file, text, what }: Mutation): string | null {
  return explained.find((one) => one.file === file && one.text === text && one.what === what)?.why ?? null;
}

/** Explanations of what can't be made any more: the source has moved on. */
export function outdated(mutations: readonly Mutation[]): Explained[] {
  return explained.filter((one) => !mutations.some(({ file, text, what }) => one.file === file && one.text === text && one.what === what));
}
