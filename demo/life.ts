import { makeDocument } from '../simulator/library/documents.js';
import { ByteCache } from '../simulator/library/files/file.js';
import { Random } from '../simulator/library/random.js';
import { notes } from '../simulator/library/words/special.js';
import { Client } from './client.js';
import type { Connection } from './compare/http.js';

/** One thing that the simulated user did, or tried. */
export interface Deed {
  kind: 'new document' | 'edit' | 'note' | 'rename' | 'correction';
  what: string;
  /** HTTP status of the request that counted. */
  status: number;
}

interface Item {
  id: number;
  name: string;
  parent?: number | null;
}

/** A person at the master's web interface: seeded, one deed at a time, over the HTTP API alone. */
export class Life {
  private readonly random: Random;
  private readonly cache = new ByteCache(1024 * 1024);
  private made = 0;

  private readonly client: Client;

  constructor(
    master: Connection,
    private readonly seed: number,
  ) {
    this.client = new Client(master);
    this.random = new Random(seed, 'life');
  }

  /** Does deeds with a pause of two to six seconds between them until told to stop; tells each. A refused or failed deed is told too. */
  async live(signal: AbortSignal, tell: (deed: Deed) => void): Promise<void> {
    for (;;) {
      await pause(this.random.int(2000, 6000), signal);
      if (signal.aborted) return;
      try {
        tell(await this.step());
      } catch (error) {
        tell({ kind: 'edit', what: error instanceof Error ? error.message : String(error), status: 0 });
      }
    }
  }

  /** One deed, of the kind that is drawn. */
  async step(): Promise<Deed> {
    const draw = this.random.int(1, 100);
    const id = draw <= 40 ? undefined : await this.someDocument();
    if (id === undefined) return this.upload();
    if (draw <= 65) return this.edit(id);
    if (draw <= 75) return this.correct(id);
    if (draw <= 90) return this.note(id);
    return this.rename();
  }

  private items(path: string): Promise<Item[]> {
    return this.client.all(path);
  }

  private async someDocument(): Promise<number | undefined> {
    const all = await this.client.documentIds();
    return all.length === 0 ? undefined : this.random.pick(all);
  }

  /** A tag and its ancestors, as the web interface sends them. */
  private withAncestors(id: number, tags: Item[]): number[] {
    const tag = tags.find((t) => t.id === id);
    return tag === undefined ? [] : [...(tag.parent == null ? [] : this.withAncestors(tag.parent, tags)), id];
  }

  private async upload(): Promise<Deed> {
    this.made += 1;
    const document = makeDocument(this.made, this.seed + 7919, new Date().toISOString(), this.cache);
    const [correspondents, types, tags] = [await this.items('correspondents'), await this.items('document_types'), await this.items('tags')];
    const form = Client.form(document.file, { title: document.title, created: document.created });
    const from = correspondents.find((c) => c.name === document.correspondent);
    const type = types.find((t) => t.name === document.documentType);
    if (from) form.set('correspondent', String(from.id));
    if (type) form.set('document_type', String(type.id));
    for (const tag of tags.filter((t) => document.tags.includes(t.name))) form.append('tags', String(tag.id));
    const { status } = await this.client.request('POST', '/api/documents/post_document/', form);
    return { kind: 'new document', what: document.title, status };
  }

  private async edit(id: number): Promise<Deed> {
    const { body } = await this.client.request('GET', `/api/documents/${id}/?fields=id,title,tags,custom_fields`);
    const now = body as { title: string; tags: number[]; custom_fields: { field: number; value: unknown }[] };
    const draw = this.random.int(1, 4);
    let change: Record<string, unknown>;
    if (draw === 1)
      change = {
        title: `${Array.from(now.title.replace(/ \(geprüft \d+\)$/u, ''))
          .slice(0, 100)
          .join('')} (geprüft ${this.random.int(1, 99)})`,
      };
    else if (draw === 2) {
      const tags = await this.items('tags');
      const added = tags.length === 0 ? [] : this.withAncestors(this.random.pick(tags).id, tags);
      change = { tags: [...new Set([...now.tags, ...added])] };
    } else if (draw === 3) {
      const from = await this.items('correspondents');
      change = { correspondent: from.length === 0 ? null : this.random.pick(from).id };
    } else {
      const field = (await this.items('custom_fields')).find((f) => f.name === 'Vertragsnummer');
      const others = now.custom_fields.filter((entry) => entry.field !== field?.id);
      change = { custom_fields: field === undefined ? others : [...others, { field: field.id, value: `N-${this.random.int(1, 99_999)}` }] };
    }
    const { status } = await this.client.request('PATCH', `/api/documents/${id}/`, change);
    return { kind: 'edit', what: `document ${id}: ${Object.keys(change).join(', ')}`, status };
  }

  private async correct(id: number): Promise<Deed> {
    const { body } = await this.client.request('GET', `/api/documents/${id}/?fields=id,content`);
    const { content } = body as { content: string };
    const { status } = await this.client.request('PATCH', `/api/documents/${id}/`, {
      content: `${content}\nKorrektur ${this.random.int(1, 9999)}: ß, é, 漢`,
    });
    return { kind: 'correction', what: `document ${id}: text`, status };
  }

  private async note(id: number): Promise<Deed> {
    const { status } = await this.client.request('POST', `/api/documents/${id}/notes/`, { note: this.random.pick(notes) });
    return { kind: 'note', what: `document ${id}`, status };
  }

  private async rename(): Promise<Deed> {
    const path = this.random.pick(['tags', 'correspondents', 'document_types']);
    const items = await this.items(path);
    if (items.length === 0) return this.upload();
    const item = this.random.pick(items);
    const mark = / ·\d+$/u;
    const name = mark.test(item.name) ? item.name.replace(mark, '') : `${item.name} ·${this.random.int(2, 99)}`;
    const { status } = await this.client.request('PATCH', `/api/${path}/${item.id}/`, { name });
    return { kind: 'rename', what: `${item.name} → ${name}`, status };
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
