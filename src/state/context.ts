import type { Database } from 'better-sqlite3';
import type { SecretBox } from './fernet';

/** What every part of the store works with. */
export interface Context {
  readonly db: Database;
  readonly box: SecretBox;
  /** The caller's clock, milliseconds since 1970. */
  readonly now: () => number;
  /** The same as ISO 8601 in UTC. */
  readonly iso: () => string;
}

/** ISO 8601 in UTC with milliseconds: the one spelling in which stored times compare as text. */
export function utc(time: string): string {
  const parsed = Date.parse(time);
  if (Number.isNaN(parsed)) throw new RangeError(`"${time}" isn't a time; give ISO 8601, such as 2026-03-20T14:00:00Z.`);
  return new Date(parsed).toISOString();
}
