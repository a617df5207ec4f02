import type { CallOptions, PaperlessReader, WireDocument } from '../paperless';

const PAGE = 250;

/** What lies in an instance's trash, a page at a time; whoever has found enough asks for no more. */
export async function* trashOf(reader: PaperlessReader, call: CallOptions): AsyncGenerator<WireDocument> {
  for (let page = 1; ; page += 1) {
    const { results, more } = await reader.trash(page, PAGE, call);
    yield* results;
    if (!more) return;
  }
}

/** Which of these documents lie there. */
export async function trashedOf(reader: PaperlessReader, wanted: ReadonlySet<number>, call: CallOptions): Promise<Set<number>> {
  const found = new Set<number>();
  for await (const { id } of trashOf(reader, call)) if (wanted.has(id)) found.add(id);
  return found;
}
