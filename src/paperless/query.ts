/** A filter's value; `undefined` leaves the filter out on purpose. */
export type QueryValue = string | number | boolean | readonly number[] | undefined;

/**
 * A query string with its `?`, every value percent-encoded (`+` too, which would arrive as a space).
 * paperless takes an empty value as "no filter" and answers the whole library (§3, §18.2): a blank one is a mistake of ours and throws.
 */
export function query(values: Record<string, QueryValue>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue;
    if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`query: ${name} is ${value}`);
    const text = typeof value === 'object' ? value.join(',') : String(value);
    if (text.trim() === '') throw new TypeError(`query: ${name} is empty, which would switch the filter off`);
    parts.push(
      `${name}=${encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
        .replaceAll('%2C', ',')
        .replaceAll('%3A', ':')}`,
    );
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Longest path with query: many proxies stop at 8 kB. */
export const longestPath = 8000;
const mostIds = 900;

/** `ids` without doubles, in chunks that fit: at most 900, and at most 8 kB together with the `rest` of the path. */
export function idChunks(ids: readonly number[], rest: number): number[][] {
  const chunks: number[][] = [];
  let chunk: number[] = [];
  let length = rest;
  for (const id of new Set(ids)) {
    if (!Number.isSafeInteger(id) || id < 1) throw new TypeError(`not an id: ${id}`);
    const more = String(id).length + 1;
    if (chunk.length > 0 && (chunk.length >= mostIds || length + more > longestPath)) {
      chunks.push(chunk);
      chunk = [];
      length = rest;
    }
    chunk.push(id);
    length += more;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
