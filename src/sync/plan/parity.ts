import type { CustomFieldFields, TagFields, TaxonFields, TaxonKind, WireCustomField, WireStoragePath, WireTag, WireTaxon } from '../../paperless';
import type { EntityKind, EntityMapRow, Store } from '../../state';
import type { Collections } from '../collections';
import { bringToParity, type ParityInput, type ParityStore, type ParityWriter } from '../parity';
import type { MappedKind } from '../entity-state';
import { stableJson, sha256 } from '../text';
import type { Named } from './body';

export interface ParityPlan {
  created: Named[];
  changed: Named[];
  /** Requests that change one: a swap of two names takes three. */
  changes: number;
  /** Pairs that would be given up: all copies are then looked at again, in later cycles. */
  forgotten: number;
  blocked: { kind: MappedKind; name: string; because: string }[];
}

/** What bringing a replica's collections to parity would do: the very same steps, on a model of it that forgets them. `view` is read for this alone. */
export async function planParity(input: Omit<ParityInput, 'store' | 'writer'> & { store: Store }): Promise<ParityPlan> {
  const writer = new ModelWriter(input.view.collections);
  const { changed: changes, forgotten, blocked } = await bringToParity({ ...input, store: overlay(input.store), writer });
  return { created: writer.created, changed: [...writer.changed.values()], changes, forgotten, blocked };
}

/** Changes when anything does on either side that this follows from. */
export function collectionsMark(store: Pick<Store, 'entities'>, there: Collections): string {
  const kinds = ['tag', 'correspondent', 'documentType', 'storagePath', 'customField', 'user', 'group'] as const;
  const ours = kinds.map((kind) => store.entities.master(kind).map(({ id, name, data }) => [id, name, data]));
  const theirs = kinds.map((kind) => [...there[kind]].sort((a, b) => a.id - b.id));
  return sha256(stableJson([ours, theirs]));
}

/** Names of kinds, for people. */
const WORDS: Readonly<Record<MappedKind, string>> = {
  tag: 'tag',
  correspondent: 'correspondent',
  documentType: 'document type',
  storagePath: 'storage path',
  customField: 'custom field',
};

/** Does to the collections what a replica would, as far as the next step looks at it. */
class ModelWriter implements ParityWriter {
  readonly created: Named[] = [];
  readonly changed = new Map<string, Named>();

  constructor(private readonly collections: Collections) {}

  createTag(fields: TagFields & { name: string }): Promise<WireTag> {
    const made: WireTag = {
      ...this.taxon('tag', fields),
      color: fields.color ?? '#a6cee3',
      isInboxTag: fields.isInboxTag ?? false,
      parent: fields.parent ?? null,
    };
    return Promise.resolve(made);
  }

  createTaxon(kind: TaxonKind, fields: TaxonFields & { name: string }): Promise<WireTaxon> {
    const made = this.taxon(kind, fields);
    return Promise.resolve(kind === 'storagePath' ? ({ ...made, path: fields.path ?? '' } satisfies WireStoragePath) : made);
  }

  createCustomField(fields: CustomFieldFields & { name: string; dataType: WireCustomField['dataType'] }): Promise<WireCustomField> {
    const { name, dataType, selectOptions = [], defaultCurrency = null } = fields;
    return Promise.resolve({ id: this.create('customField', name), name, dataType, selectOptions, defaultCurrency });
  }

  patchTag(id: number, fields: TagFields): Promise<WireTag> {
    return this.patch('tag', this.collections.tag, id, fields);
  }

  patchTaxon(kind: TaxonKind, id: number, fields: TaxonFields): Promise<WireTaxon> {
    return this.patch(kind, this.collections[kind], id, fields);
  }

  patchCustomField(id: number, fields: CustomFieldFields): Promise<WireCustomField> {
    return this.patch('customField', this.collections.customField, id, fields);
  }

  tags(): Promise<WireTag[]> {
    return Promise.resolve([...this.collections.tag]);
  }

  taxa(kind: 'correspondent' | 'documentType'): Promise<WireTaxon[]> {
    return Promise.resolve([...this.collections[kind]]);
  }

  storagePaths(): Promise<WireStoragePath[]> {
    return Promise.resolve([...this.collections.storagePath]);
  }

  customFields(): Promise<WireCustomField[]> {
    return Promise.resolve([...this.collections.customField]);
  }

  private taxon(kind: MappedKind, { name, owner = null, match = '', matchingAlgorithm = 0 }: TaxonFields & { name: string }): WireTaxon {
    return { id: this.create(kind, name), name, owner, match, matchingAlgorithm };
  }

  private create(kind: MappedKind, name: string): number {
    this.created.push({ master: null, replica: null, title: `${WORDS[kind]} "${name}"` });
    return 1 + Math.max(0, ...this.collections[kind].map(({ id }) => id));
  }

  private patch<T extends { id: number; name: string }>(kind: MappedKind, list: readonly T[], id: number, fields: object): Promise<T> {
    const before = list.find((entity) => entity.id === id);
    if (before === undefined) throw new Error(`The model has no ${kind} ${id}.`);
    const after = { ...before, ...fields };
    const key = `${kind}:${id}`;
    const was = this.changed.get(key)?.title.split(' → ')[0] ?? `${WORDS[kind]} "${before.name}"`;
    const renamed = was !== `${WORDS[kind]} "${after.name}"`;
    this.changed.set(key, { master: null, replica: id, title: renamed ? `${was} → "${after.name}"` : was });
    return Promise.resolve(after);
  }
}

/** The registry as parity reads and writes it; what is written here is forgotten. */
function overlay(store: Store): ParityStore {
  const facts = new Map<string, string | null>();
  const maps = new Map<EntityKind, Map<number, EntityMapRow>>();
  const mapsOf = (replicaId: number, kind: EntityKind): Map<number, EntityMapRow> => {
    const known = maps.get(kind) ?? new Map(store.entities.maps(replicaId, kind).map((row) => [row.masterId, row]));
    maps.set(kind, known);
    return known;
  };
  return {
    fenced: (_epoch, work) => work(),
    entities: {
      master: (kind) => store.entities.master(kind),
      masterById: (kind, id) => store.entities.masterById(kind, id),
      maps: (replicaId, kind) => [...mapsOf(replicaId, kind).values()].sort((a, b) => a.masterId - b.masterId),
      setMap: (row) => void mapsOf(row.replicaId, row.kind).set(row.masterId, row),
      removeMap: (replicaId, kind, masterId) => void mapsOf(replicaId, kind).delete(masterId),
    },
    registry: { requeueAll: () => 0 },
    settings: {
      fact: (key) => (facts.has(key) ? (facts.get(key) ?? null) : store.settings.fact(key)),
      setFact: (key, value) => void facts.set(key, value),
    },
  };
}
