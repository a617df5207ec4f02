import type { WirePage } from './schemas';

const pageSize = 1000;

/**
 * All ids by pages ordered by id. Rows that vanish while we walk move later ones to a page that was read already: when the count drops, the page before is read again.
 * A row that vanishes while another is added can still hide one: what a walk doesn't show is confirmed by `id__in` before anybody believes it.
 */
export async function* walkIds(read: (page: number, size: number) => Promise<WirePage<{ id: number }> | null>): AsyncGenerator<number[]> {
  let last = 0;
  let count = 0;
  for (let number = 1; ;) {
    const page = await read(number, pageSize);
    const shrunk = number > 1 && (page === null || page.count < count);
    count = page?.count ?? 0;
    if (shrunk) {
      number -= 1;
      continue;
    }
    if (page === null) return;
    const fresh = page.results.map((row) => row.id).filter((id) => id > last);
    last = fresh.at(-1) ?? last;
    if (fresh.length > 0) yield fresh;
    if (page.next === null) return;
    number += 1;
  }
}
