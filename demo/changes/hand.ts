import { makeDocument } from '../../simulator/library/documents.js';
import { ByteCache } from '../../simulator/library/files/file.js';
import type { Random } from '../../simulator/library/random.js';
import type { LibraryDocument } from '../../simulator/library/types.js';
import type { Client } from '../client.js';

/** A document as the master tells it, as far as a person's next click depends on it. */
export interface Item {
  id: number;
  title: string;
  tags: number[];
  correspondent: number | null;
  archive_serial_number: number | null;
  custom_fields: { field: number; value: unknown }[];
  notes: { id: number; note: string }[];
  mime_type: string;
  owner: number | null;
  versions?: { id: number; is_root: boolean }[];
}

export interface Named {
  id: number;
  name: string;
  parent?: number | null;
}

export interface Field extends Named {
  data_type: string;
  extra_data: { select_options?: { id: string; label: string }[]; default_currency?: string | null } | null;
}

export type Taxonomy = 'tags' | 'correspondents' | 'document_types' | 'storage_paths';
export const taxonomies: readonly Taxonomy[] = ['tags', 'correspondents', 'document_types', 'storage_paths'];

/** What a deed works with: the master's API and a seeded choice. */
export class Hand {
  private readonly cache = new ByteCache(1024 * 1024);
  private made = 0;

  constructor(
    readonly client: Client,
    readonly random: Random,
    readonly seed: number,
    readonly major: number,
  ) {}

  /** A number that no earlier deed has had. */
  next(): number {
    this.made += 1;
    return this.made;
  }

  /** A new document, unlike any of the library. */
  document(): LibraryDocument {
    const key = 1000 + this.next();
    return makeDocument(key % 100 === 37 ? key + 50_000 : key, this.seed + 104_729, new Date().toISOString(), this.cache);
  }

  async ids(count: number): Promise<number[]> {
    return this.random.some(await this.client.documentIds(), count);
  }

  async item(id: number): Promise<Item> {
    return (await this.client.must('GET', `/api/documents/${id}/`)) as Item;
  }

  /** A document that is there; undefined in an empty library. */
  async anyItem(): Promise<Item | undefined> {
    const [id] = await this.ids(1);
    return id === undefined ? undefined : this.item(id);
  }

  /** Looks at a few documents for one that fits. */
  async itemThat(fits: (item: Item) => boolean): Promise<Item | undefined> {
    const ids = await this.ids(100_000);
    const start = ids.length === 0 ? 0 : this.random.int(0, ids.length - 1);
    for (const id of [...ids.slice(start), ...ids.slice(0, start)].slice(0, 60)) {
      const item = await this.item(id);
      if (fits(item)) return item;
    }
    return undefined;
  }

  patch(id: number, body: object): Promise<unknown> {
    return this.client.must('PATCH', `/api/documents/${id}/`, body);
  }

  /** One entry, or undefined when the collection has none that fits. */
  async one<T>(path: string, fits: (entry: T) => boolean = () => true): Promise<T | undefined> {
    const entries = (await this.client.all<T>(path)).filter(fits);
    return entries.length === 0 ? undefined : this.random.pick(entries);
  }

  async fields(type?: string): Promise<Field[]> {
    return (await this.client.all<Field>('custom_fields')).filter((field) => type === undefined || field.data_type === type);
  }

  /** A tag and its ancestors, as the web interface sends them. */
  withAncestors(id: number, tags: readonly Named[]): number[] {
    const tag = tags.find((candidate) => candidate.id === id);
    return tag === undefined ? [] : [...(tag.parent == null ? [] : this.withAncestors(tag.parent, tags)), id];
  }
}

/** One thing that a person does: what was done, in words; null when there is nothing to do it to. Throws ClientError when it is refused. */
export type Deed = (hand: Hand) => Promise<string | null>;
