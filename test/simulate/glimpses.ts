import type { DocumentRow } from '../../simulator/state/rows';
import { chain, living, pythonStrip } from '../support/oracle';
import { retitled } from './driver';
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

  constructor(private readonly story: Story) {}

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

  /** No row is `ok` without a copy, unless somebody took it away; and what was verified has only values that the master had at some time. */
  check(): void {
    this.look();
    const { world, cast } = this.story;
    for (const site of world.replicas) {
      const { touched, shaken, foreign } = this.story.meddlingWith(site);
      for (const row of world.store.registry.rows(world.idOf(site), { status: 'ok', limit: 1000 })) {
        const name = `${site.name}: document ${row.masterDocId} is ok`;
        const id = row.replicaDocId;
        if (id === null) throw new Unmet('words', `${name} and has no copy`);
        if (touched.has(id) || shaken) continue;
        const copy = site.instance.store.documents.get(id);
        if (copy === undefined || copy.deletedAt !== null) throw new Unmet('words', `${name}; its copy ${id} isn't there, and nobody took it away`);
        const seen = this.#seen.get(row.masterDocId);
        if (row.verification !== 'matched' || seen === undefined || foreign.has(id)) continue;
        const files = chain(site.instance, copy);
        const [before, last] = files.slice(-2);
        // A version that was taken twice: the second brought the parser's text after the first was verified, and the next look sees it.
        if (last !== undefined && before?.original.sha256 === last.original.sha256) continue;
        const text = files.at(-1)?.content ?? '';
        for (const [field, read] of Object.entries(FIELDS)) {
          if (field === 'title' && cast.ownNodes && site.name === 'replica-1') continue;
          const value = read(copy, text);
          const possible = [...(seen[field] ?? [])].map((one) => (field === 'title' ? retitled('', one).slice(0, 128) : one));
          if (!possible.includes(value) && !possible.some((one) => field === 'title' && one.slice(0, 120) === value.slice(0, 120)))
            throw new Unmet('words', `${name} and verified, and its ${field} is ${value.slice(0, 100)}, which the master never had`);
        }
      }
    }
  }
}
