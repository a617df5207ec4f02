import { seededRandom } from '../../simulator/environment';
import type { Library } from '../../simulator/library/types';
import * as faults from './faults';
import { plainDocument, smallLibrary } from './libraries';
import type { World } from './world';

const names = ['A', 'B', 'C', 'D', 'E'];
const taxonomies = ['tags', 'correspondents', 'document_types', 'storage_paths', 'custom_fields'] as const;

/** A library in which everything that a history changes is there once. */
export function historyLibrary(documents: number): Library {
  return smallLibrary(
    Array.from({ length: documents }, (_, n) =>
      plainDocument(n + 1, {
        tags: [names[n % 3] ?? 'A'],
        correspondent: names[n % 2] ?? 'A',
        archiveSerialNumber: n + 1,
        notes: n % 3 === 0 ? [{ text: `note of ${n + 1}`, created: '2026-10-02T10:00:00Z' }] : [],
        customFields: [{ field: 'A', value: `value ${n}` }],
      }),
    ),
    {
      tags: [{ name: 'A' }, { name: 'B', parent: 'A' }, { name: 'C' }],
      correspondents: [{ name: 'A' }, { name: 'B' }],
      documentTypes: [{ name: 'A' }],
      storagePaths: [{ name: 'A', path: 'a' }],
      customFields: [{ name: 'A', dataType: 'string' }],
    },
  );
}

/** A world's random past: somebody at the master, and a network that breaks. The same seed makes the same one. */
export class History {
  readonly #next: () => number;
  #made = 0;
  /** What was done and what the master refused, for the message of a test that fails. */
  readonly deeds: string[] = [];

  constructor(
    private readonly world: World,
    seed: number,
  ) {
    const random = seededRandom(seed * 7919 + 13);
    this.#next = () => random.next();
  }

  int(below: number): number {
    return Math.floor(this.#next() * below);
  }

  pick<T>(list: readonly T[]): T {
    const found = list[this.int(list.length)];
    if (found === undefined) throw new Error('nothing to pick from');
    return found;
  }

  /** Breaks a share of the engine's requests to the replicas (and of its reads of the master) from now on; the returned function ends that. */
  trouble(share: number): () => void {
    const strike: faults.Fault = (passage) => this.#fault(passage)(passage);
    const set = this.world.set(strike, { times: Infinity, when: () => this.#next() < share });
    return () => set.lift();
  }

  #fault({ request }: faults.Passage): faults.Fault {
    const { method, operation } = request;
    if (method === 'GET') return this.pick([faults.refuse, faults.errorBefore, faults.truncate, faults.loseReply]);
    const writes = [faults.refuse, faults.loseRequest, faults.loseReply, faults.errorBefore, faults.errorAfter, faults.truncate, faults.silence];
    if (operation === 'documents.patch') writes.push(faults.halfWritten);
    if (operation === 'documents.upload') writes.push(faults.noTaskRow(true), faults.noTaskRow(false));
    return this.pick(writes);
  }

  /** One thing that a person does on the master; what it refuses is left. */
  async deed(): Promise<void> {
    const { person, instance } = this.world.master;
    const documents = instance.store.documents.all().filter((row) => row.deletedAt === null && row.root === null);
    const { id, notes } = this.pick(documents);
    const kind = this.pick(taxonomies);
    const change = (what: Record<string, unknown>): [string, () => Promise<unknown>] => [
      `patch ${id} ${JSON.stringify(what)}`,
      () => person.patch(id, what),
    ];
    const some = (table: 'tags' | 'correspondents' | 'documentTypes' | 'storagePaths'): number[] =>
      [...instance.store[table].values()].map((row) => row.id);
    const label = `${this.pick(['Title', 'Ünïcode', 'x'.repeat(120)])} ${this.int(1000)}`;
    const [what, act] = this.pick<() => [string, () => Promise<unknown>]>([
      () => change({ title: label }),
      () => change({ content: `Corrected text ${this.int(1000)}\n` }),
      () => change({ tags: some('tags').filter(() => this.int(2) === 0) }),
      () => change({ correspondent: this.pick([null, ...some('correspondents')]), document_type: this.pick([null, ...some('documentTypes')]) }),
      () => change({ storage_path: this.pick([null, ...some('storagePaths')]) }),
      () => change({ archive_serial_number: this.pick([null, 1, 2, 3, 4, 5, 6]) }),
      () => change({ archive_serial_number: this.pick([null, 1, 2, 3, 4, 5, 6]) }),
      () => change({ custom_fields: instance.store.customFields.all().map((field) => ({ field: field.id, value: `v${this.int(9)}` })) }),
      () => change({ custom_fields: [] }),
      () => [`note on ${id}`, () => person.note(id, `note ${this.int(1000)}`)],
      () => [`no note on ${id}`, () => person.deleteNote(id, notes[this.int(notes.length)]?.id ?? 0)],
      () => [`rename ${kind}`, () => person.edit(kind, 1 + this.int(3), { name: this.pick(names) })],
      () => ['new tag', () => person.create('tags', { name: this.pick(names), owner: null, parent: this.pick([null, ...some('tags')]) })],
      () => ['new document', () => person.upload(`new-${++this.#made}.txt`, `Brand new ${this.#made}`, { title: label })],
      () => ['move a tag', () => person.edit('tags', this.pick(some('tags')), { parent: this.pick([null, ...some('tags')]) })],
    ])();
    const refused = await act().then(
      () => '',
      () => ' (refused)',
    );
    this.deeds.push(`${this.world.time.now()} ${what}${refused}`);
  }
}
