import type { DocumentRow } from '../../simulator/state/rows';
import type { ControllerEvent } from '../../src/controller/types';
import type { SyncRow } from '../../src/state';
import { chain, living, pythonStrip } from '../support/oracle';
import type { Site } from '../support/site';
import { retitled } from './driver';
import { unheard } from './sqlite';
import { Unmet, type Story } from './story';

/** Fields that a document has by itself, whatever its tags and the like are called at the moment. */
const FIELDS: Readonly<Record<string, (row: DocumentRow, text: string) => string>> = {
  title: (row) => pythonStrip(row.title),
  content: (_row, text) => pythonStrip(text),
  asn: (row) => String(row.asn),
  notes: (row) => JSON.stringify(row.notes.map(({ note }) => note)),
};

/** What was ever to be seen on the master, so that a copy which is called good can be held against it while everything moves. */
export class Glimpses {
  readonly #seen = new Map<number, Record<string, Set<string>>>();

  #unmet: Unmet | null = null;

  constructor(private readonly story: Story) {
    story.world.onEvent = (event) => this.#hear(event);
  }

  /** Before and after whatever may change the master. */
  look(): void {
    const { master } = this.story.world;
    for (const row of living(master.instance)) {
      const seen = this.#seen.get(row.id) ?? {};
      this.#seen.set(row.id, seen);
      const text = chain(master.instance, row).at(-1)?.content ?? '';
      for (const [field, read] of Object.entries(FIELDS)) (seen[field] ??= new Set()).add(read(row, text));
    }
  }

  /** No row is `ok` without a copy, unless somebody took it away; and what is called so has only values that the master had at some time. */
  check(): void {
    if (this.#unmet !== null) throw this.#unmet;
    this.look();
    const { world } = this.story;
    for (const site of world.replicas)
      for (const row of world.store.registry.rows(world.idOf(site), { status: 'ok', limit: 1000 })) {
        const wrong = this.#wrongWith(site, row);
        if (wrong !== null) throw wrong;
      }
  }

  /** Held against the servers at the moment when the engine says so. */
  #hear(event: ControllerEvent): void {
    if (event.type !== 'document' || event.result.outcome !== 'ok') return;
    const { world } = this.story;
    const site = world.replicas.find(({ name }) => name === event.result.replica);
    const row = site === undefined ? null : unheard(() => world.store.registry.rowFor(world.idOf(site), event.result.id));
    if (site === undefined || row?.status !== 'ok') return;
    this.look();
    this.#unmet ??= this.#wrongWith(site, row);
  }

  #wrongWith(site: Site, row: SyncRow): Unmet | null {
    const { cast } = this.story;
    const { touched, shaken, foreign } = this.story.meddlingWith(site);
    const name = `${site.name}: document ${row.masterDocId} is ok`;
    const id = row.replicaDocId;
    if (id === null) return new Unmet('words', `${name} and has no copy`);
    if (touched.has(id) || shaken) return null;
    const copy = site.instance.store.documents.get(id);
    if (copy === undefined || copy.deletedAt !== null) return new Unmet('words', `${name}; its copy ${id} isn't there, and nobody took it away`);
    const seen = this.#seen.get(row.masterDocId);
    if (seen === undefined || foreign.has(id)) return null;
    const files = chain(site.instance, copy);
    const [before, last] = files.slice(-2);
    // A version that was taken twice: the second brought the parser's text after the first was verified, and the next look sees it.
    if (last !== undefined && before?.original.sha256 === last.original.sha256) return null;
    const text = files.at(-1)?.content ?? '';
    for (const [field, read] of Object.entries(FIELDS)) {
      if (field === 'title' && cast.ownNodes && site.name === 'replica-1') continue;
      // Of a process that slept, a note that it was sending comes when it wakes, beside its successor's: the next look finds it.
      if (field === 'notes' && this.story.faults['process-paused'] !== undefined) continue;
      const value = read(copy, text);
      const possible = [...(seen[field] ?? [])].map((one) => (field === 'title' ? retitled('', one).slice(0, 128) : one));
      if (!possible.includes(value) && !possible.some((one) => field === 'title' && one.slice(0, 120) === value.slice(0, 120)))
        return new Unmet('words', `${name}, and its ${field} is ${value.slice(0, 100)}, which the master never had`);
    }
    return null;
  }
}
