import type { Limit } from '../normalise';
import { stableJson } from '../text';

/** What a look at one field of one pair found. `limited`: as near as that version of paperless can come to it. */
export type Judgement =
  { is: 'equal' } | { is: 'different'; master: unknown; replica: unknown } | { is: 'limited'; reasons: Limit[]; master: unknown; replica: unknown };

export const EQUAL: Judgement = { is: 'equal' };

export function different(master: unknown, replica: unknown): Judgement {
  return { is: 'different', master, replica };
}

export function limited(reason: Limit, master: unknown, replica: unknown): Judgement {
  return { is: 'limited', reasons: [reason], master, replica };
}

export function same(a: unknown, b: unknown): boolean {
  return stableJson(a) === stableJson(b);
}

/** Equal, or both values. */
export function judged(master: unknown, replica: unknown): Judgement {
  return same(master, replica) ? EQUAL : different(master, replica);
}

/** Longest text of an example's value. */
const SHOWN = 80;
const BEFORE = 20;

/** Both values as short texts, cut around the place where they begin to differ. */
export function cutPair(master: unknown, replica: unknown): [string, string] {
  const [a, b] = [shown(master), shown(replica)];
  let at = 0;
  while (at < a.length && a.charAt(at) === b.charAt(at)) at += 1;
  const from = a.length <= SHOWN && b.length <= SHOWN ? 0 : Math.max(0, at - BEFORE);
  return [window(a, from), window(b, from)];
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : stableJson(value ?? null);
}

function window(text: string, from: number): string {
  const head = from === 0 ? '' : '…';
  const rest = text.length - from <= SHOWN ? text.slice(from) : `${text.slice(from, from + SHOWN)}… (${text.length} characters)`;
  // A cut may fall into a pair of surrogates.
  return head + rest.replace(/\p{Cs}/gu, '\ufffd');
}
