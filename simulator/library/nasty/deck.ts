import type { Random } from '../random.js';
import type { LibraryDocument } from '../types.js';

/** One side of a document that a plant takes for itself: two plants on different sides of one document don't meet. */
export type Side = 'title' | 'file name' | 'file' | 'created' | 'content' | 'notes' | 'owner' | 'fields' | 'number' | 'tags' | 'trash';

export type Fits = (document: LibraryDocument) => boolean;

/** Deals documents out to plants, seeded, each side of a document once. */
export class Deck {
  private readonly order: readonly LibraryDocument[];
  private readonly taken = new Map<Side, Set<LibraryDocument>>();

  constructor(documents: readonly LibraryDocument[], random: Random) {
    this.order = documents
      .map((document) => ({ document, place: random.word() }))
      .sort((a, b) => a.place - b.place)
      .map(({ document }) => document);
  }

  /** @throws RangeError when the library is too small for all that is planted */
  take(sides: readonly Side[], count: number, fits: Fits = () => true): LibraryDocument[] {
    const free = this.order.filter((document) => fits(document) && sides.every((side) => this.taken.get(side)?.has(document) !== true));
    if (free.length < count)
      throw new RangeError(`The library has ${this.order.length} documents, too few for all that is planted. Ask for at least 120.`);
    const dealt = free.slice(0, count);
    for (const side of sides) this.taken.set(side, new Set([...(this.taken.get(side) ?? []), ...dealt]));
    return dealt;
  }
}
