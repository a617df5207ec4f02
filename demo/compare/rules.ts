/**
 * What paperless itself does to values (reference: serialisers and consumer of 2.20 and 3.0). Two values are equal when they are equal after
 * that. Written for the comparison alone: it shares nothing with the product, so that a wrong rule there shows here.
 */

/** What Python's str.strip() takes away; a byte order mark isn't white space to it, other than to JavaScript's trim(). */
const space = '[\\t\\n\\v\\f\\r\\x1c-\\x1f \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const outer = new RegExp(`^${space}|${space}$`, 'gu');

export function strip(text: string): string {
  return text.replace(outer, '');
}

/** PATCH strips a title; the column takes 128 characters. */
export function keptTitle(title: string): string {
  return Array.from(strip(title)).slice(0, 128).join('');
}

/** PATCH strips content, an upload doesn't. */
export function keptContent(content: string): string {
  return strip(content);
}

/** 3.x composes the letters of an uploaded file's name (NFC), 2.x keeps them as they came. */
export function keptFileName(name: string | null, replicaMajor: number): string | null {
  return replicaMajor >= 3 ? (name?.normalize('NFC') ?? null) : name;
}

/** The days that the index of 3.x can hold (nanoseconds in 64 bits); 2.x takes the years 1 to 9999. */
export function holdsCreated(created: string, replicaMajor: number): boolean {
  return replicaMajor < 3 || (created >= '1678-01-01' && created <= '2261-12-31');
}
