import { createHash } from 'node:crypto';

// What Python's str.strip() takes off; JavaScript's trim differs at U+FEFF, U+001C–U+001F and U+0085.
const OUTER = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const LEADING = new RegExp(`^${OUTER}`, 'u');
const TRAILING = new RegExp(`${OUTER}$`, 'u');

/** What a PATCH leaves of a title or a text. */
export function strip(text: string): string {
  // Found from the end by hand: a regular expression anchored at the end alone scans a long text once per run of blanks.
  let end = text.length;
  while (end > 0 && TRAILING.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end).replace(LEADING, '');
}

/** First `length` characters as Python counts them: code points. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : Array.from(text).slice(0, length).join('');
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Hash of a document's text, for comparing without keeping it. */
export function contentHash(content: string): string {
  return sha256(strip(content));
}

/** JSON with sorted keys, so that equal values give equal text. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** A tag's path as the flow shows it: names from the root, separators inside names escaped. */
export function joinPath(names: readonly string[]): string {
  return names.map((name) => name.replace(/[\\/]/gu, (c) => `\\${c}`)).join('/');
}

/** The names of a path; the inverse of joinPath. Blank segments are dropped. */
export function splitPath(path: string): string[] {
  const names: string[] = [];
  let name = '';
  for (let i = 0; i < path.length; i += 1) {
    const c = path.charAt(i);
    if (c === '\\' && i + 1 < path.length) {
      i += 1;
      name += path.charAt(i);
    } else if (c === '/') {
      names.push(name);
      name = '';
    } else name += c;
  }
  names.push(name);
  return names.map((n) => n.trim()).filter((n) => n !== '');
}
