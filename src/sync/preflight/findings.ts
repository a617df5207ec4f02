/** `stops`: a promise can't be held, nothing is written until it is settled or accepted. `warns`: it costs or alters something. `tells`: good to know. */
export type Severity = 'stops' | 'warns' | 'tells';

/** What a look at an instance found, with what to do about it. */
export interface Finding {
  code: string;
  /** The same at every look as long as it is the same matter: told in the log once. */
  key: string;
  severity: Severity;
  message: string;
  nextStep: string;
}

/** What a person may say to be right as it is. */
export const ACCEPTABLE: readonly string[] = ['library-shrunken', 'ids-went-back', 'times-went-back', 'workflow-trashes'];

/** How that is said. */
export function acceptance(code: string, replica: string | null): string {
  return `pngx preflight --accept ${code}${replica === null ? '' : ` --replica ${/^[\w.-]+$/u.test(replica) ? replica : JSON.stringify(replica)}`}`;
}

const NAMED = 5;

/** "a", "b" and 3 more. */
export function quoted(names: readonly string[]): string {
  const shown = names.slice(0, NAMED).map((name) => `"${name}"`);
  if (names.length > NAMED) return `${shown.join(', ')} and ${names.length - NAMED} more`;
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}

export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
