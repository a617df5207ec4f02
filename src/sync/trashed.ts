import type { CallOptions, PaperlessReader } from '../paperless';

const PAGE = 250;

/** Which of these documents lie in an instance's trash. */
export async function trashedOf(reader: PaperlessReader, wanted: ReadonlySet<number>, call: CallOptions): Promise<Set<number>> {
  const found = new Set<number>();
  for (let page = 1; ; page += 1) {
    const { results, more } = await reader.trash(page, PAGE, call);
    for (const document of results) if (wanted.has(document.id)) found.add(document.id);
    if (!more) return found;
  }
}
