import fc from 'fast-check';
import type { WireCustomField, WireStoragePath, WireTag } from '../../../src/paperless';
import type { Entity, EntityFields, EntityMap, EntityOptions, EntityState, MappedKind } from '../../../src/sync/entity-state';
import { markOf, parentsFirst, planEntity, type EntityStep } from '../../../src/sync/plan-entities';

/** A replica's collection with the rules that paperless holds it to. */
export class ModelReplica {
  readonly entities = new Map<number, Entity>();
  readonly maps = new Map<number, EntityMap>();
  /** Ids that were ever ours: made by us, or adopted. */
  readonly ours = new Set<number>();
  /** Of ours, those whose field is gone on the master. */
  readonly retired = new Set<number>();
  readonly options: EntityOptions = { colors: true, matching: false, inboxFlag: false, owners: true, keepDrift: false };
  steps = 0;
  patches = 0;
  creates = 0;
  private next = 1000;

  constructor(
    readonly kind: MappedKind,
    readonly master: ReadonlyMap<number, Entity>,
    entities: readonly Entity[],
    maps: readonly (readonly [master: number, replica: number])[],
  ) {
    for (const entity of entities) this.entities.set(entity.id, rewritten(structuredClone(entity)));
    for (const [masterId, replicaId] of maps) {
      // What the master had when it was applied last is not what it has now.
      this.maps.set(masterId, { replicaId, applied: '', template: null });
      this.ours.add(replicaId);
    }
  }

  get state(): EntityState {
    return {
      kind: this.kind,
      master: this.master,
      replica: this.entities,
      maps: this.maps,
      retired: this.retired,
      owner: (owner) => owner,
      options: this.options,
    };
  }

  /** Every master entity in the order given, each until it is done; what was blocked. Throws when one doesn't end. */
  settle(order: readonly number[] = parentsFirst(this.master)): Map<number, string> {
    // As the engine does: pass after pass until one changes nothing.
    for (let pass = 0; pass < 4; pass += 1) {
      const before = this.steps;
      const blocked = this.pass(order);
      if (this.steps === before) return blocked;
    }
    throw new Error('four passes were not enough');
  }

  private pass(order: readonly number[]): Map<number, string> {
    const blocked = new Map<number, string>();
    for (const id of order) {
      for (let round = 0; ; round += 1) {
        if (round === 8 + this.entities.size) throw new Error(`entity ${id} doesn't settle`);
        const step = planEntity(id, this.state);
        if (step.do === 'block') blocked.set(id, step.because);
        if (step.do === 'block' || step.do === 'done') {
          const map = this.maps.get(id);
          if (step.do === 'done' && map !== undefined) this.map(id, map);
          break;
        }
        this.act(id, step);
      }
    }
    return blocked;
  }

  private act(id: number, step: Exclude<EntityStep, { do: 'done' | 'block' }>): void {
    this.steps += 1;
    switch (step.do) {
      case 'adopt':
        this.maps.set(id, { replicaId: step.replicaId, applied: '', template: null });
        this.ours.add(step.replicaId);
        return;
      case 'forget':
        this.maps.delete(id);
        return;
      case 'create': {
        this.creates += 1;
        const made = blank(this.kind, this.next++, step.fields.name);
        this.write(made, step.fields);
        this.map(id, { replicaId: made.id, template: this.templateOf(id, made.id) });
        this.ours.add(made.id);
        return;
      }
      case 'patch': {
        this.patches += 1;
        const entity = this.entities.get(step.of);
        if (entity === undefined) throw new Error(`${step.of} isn't there to be changed`);
        if (!this.ours.has(step.of)) throw new Error(`${step.of} isn't ours to be changed`);
        this.write(structuredClone(entity), step.fields);
        const map = this.maps.get(id);
        if (step.fields.path !== undefined && map?.replicaId === step.of) this.maps.set(id, { ...map, template: this.templateOf(id, step.of) });
      }
    }
  }

  private map(masterId: number, { replicaId, template }: Pick<EntityMap, 'replicaId' | 'template'>): void {
    const entity = this.master.get(masterId);
    if (entity !== undefined) this.maps.set(masterId, { replicaId, template, applied: markOf(entity, this.options) });
  }

  private templateOf(masterId: number, replicaId: number): EntityMap['template'] {
    const [ours, theirs] = [this.master.get(masterId), this.entities.get(replicaId)];
    return ours !== undefined && theirs !== undefined && 'path' in ours && 'path' in theirs ? { given: ours.path, stored: theirs.path } : null;
  }

  /** As the server does: refuses a name that is taken in its scope, a parent that isn't there; rewrites templates. */
  private write(entity: Entity, fields: EntityFields): void {
    Object.assign(entity, fields);
    const owner = 'owner' in entity ? entity.owner : null;
    for (const other of this.entities.values()) {
      const scope = 'owner' in other ? other.owner : null;
      if (other.id !== entity.id && other.name === entity.name && scope === owner) throw new Error(`the name "${entity.name}" is taken`);
    }
    if ('parent' in entity) this.checkParent(entity);
    this.entities.set(entity.id, rewritten(entity));
  }

  private checkParent(entity: WireTag): void {
    let above = 0;
    for (let at = entity.parent; at !== null; above += 1) {
      const parent = this.entities.get(at) as WireTag | undefined;
      if (parent === undefined) throw new Error('the parent is not there');
      if (at === entity.id || above > 20) throw new Error('a tag can not be its own ancestor');
      at = parent.parent;
    }
    // Paperless looks at the depth when it is given a parent, and not before.
    const before = this.entities.get(entity.id) as WireTag | undefined;
    if (entity.parent !== null && before?.parent !== entity.parent && above + this.height(entity.id) > 5)
      throw new Error('maximum nesting depth exceeded');
  }

  private height(id: number): number {
    const below = [...this.entities.values()].filter((other) => 'parent' in other && other.parent === id);
    return 1 + Math.max(0, ...below.map((child) => this.height(child.id)));
  }
}

/** As a server stores it: never otherwise. */
export function rewritten(entity: Entity): Entity {
  // The second is nothing that anybody foresaw.
  return 'path' in entity ? { ...entity, path: entity.path.replace(/(?<!\{)\{x\}/u, '{{ x }}').replace(/^odd$/u, 'odd/it/is') } : entity;
}

function blank(kind: MappedKind, id: number, name: string): Entity {
  const taxon = { id, name, owner: null, match: '', matchingAlgorithm: 0 };
  if (kind === 'tag') return { ...taxon, color: '#a6cee3', isInboxTag: false, parent: null };
  if (kind === 'storagePath') return { ...taxon, path: '' };
  if (kind === 'customField') return { id, name, dataType: 'string', selectOptions: [], defaultCurrency: null };
  return taxon;
}

const names = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];

/** Tags with distinct names per scope, five levels at most; a parent always has a lower place, so that there is no circle. */
function tags(base: number): fc.Arbitrary<WireTag[]> {
  const one = fc.record({
    name: fc.constantFrom(...names),
    owner: fc.constantFrom(null, null, null, 1),
    color: fc.constantFrom('#1', '#2'),
    parentAt: fc.option(fc.nat(6)),
    id: fc.nat(30),
  });
  return fc.uniqueArray(one, { selector: (t) => `${t.name} ${t.owner ?? ''}`, maxLength: 7 }).map((list) => {
    const ids = list.map((tag, n) => base + ((tag.id * 7 + n * 31) % 97) + n * 100);
    const levels: number[] = [];
    return list.map(({ parentAt, ...tag }, n) => {
      const below = parentAt !== null && parentAt < n && (levels[parentAt] ?? 5) < 5;
      levels.push(below ? (levels[parentAt] ?? 0) + 1 : 1);
      return { ...tag, id: ids[n] ?? 0, match: '', matchingAlgorithm: 0, isInboxTag: false, parent: below ? (ids[parentAt] ?? null) : null };
    });
  });
}

function storagePaths(base: number): fc.Arbitrary<WireStoragePath[]> {
  const one = fc.record({ name: fc.constantFrom(...names), path: fc.constantFrom('a', 'b', 'c/{x}', 'odd') });
  return fc
    .uniqueArray(one, { selector: (p) => p.name, maxLength: 5 })
    .map((list) => list.map((path, n) => ({ ...path, id: base + n, owner: null, match: '', matchingAlgorithm: 0 })));
}

function customFields(base: number): fc.Arbitrary<WireCustomField[]> {
  const option = fc.record({ id: fc.constantFrom('o1', 'o2', 'o3'), label: fc.constantFrom('x', 'y', 'z') });
  const one = fc.record({
    name: fc.constantFrom(...names),
    dataType: fc.constantFrom<WireCustomField['dataType']>('select', 'select', 'select', 'string', 'monetary'),
    selectOptions: fc.uniqueArray(option, { selector: (o) => o.id, maxLength: 3 }),
    defaultCurrency: fc.constantFrom(null, 'EUR'),
  });
  return fc.uniqueArray(one, { selector: (f) => f.name, maxLength: 4 }).map((list) =>
    list.map((field, n) => ({
      ...field,
      id: base + n,
      selectOptions: field.dataType === 'select' ? field.selectOptions : [],
      defaultCurrency: field.dataType === 'monetary' ? field.defaultCurrency : null,
    })),
  );
}

const makers: Record<string, (base: number) => fc.Arbitrary<Entity[]>> = { tag: tags, storagePath: storagePaths, customField: customFields };

/** A master, a replica with a past, and which of its entities stand for which of the master's. */
export function situations(kind: 'tag' | 'storagePath' | 'customField'): fc.Arbitrary<() => ModelReplica> {
  const make = makers[kind];
  if (make === undefined) throw new Error(kind);
  return fc.tuple(make(1), make(10_000), fc.array(fc.nat(7), { maxLength: 7 })).map(([master, replica, pairing]) => {
    const maps: [number, number][] = [];
    const used = new Set<number>();
    master.forEach((entity, n) => {
      const other = replica[pairing[n] ?? 99];
      if (other === undefined || used.has(other.id)) return;
      // A pair was of one type when it was made.
      if ('dataType' in entity && 'dataType' in other && entity.dataType !== other.dataType) return;
      used.add(other.id);
      maps.push([entity.id, other.id]);
    });
    const gone = kind === 'customField' ? replica.filter(({ id }, n) => !used.has(id) && (pairing[n] ?? 0) > 3) : [];
    return () => {
      const model = new ModelReplica(kind, new Map(master.map((entity) => [entity.id, entity])), replica, maps);
      for (const { id } of gone) {
        model.retired.add(id);
        model.ours.add(id);
      }
      return model;
    };
  });
}

/** The parent's place of each of `count` tags; null at the top. Five levels, no circle, in an order that says nothing of depth. */
export function forests(count: number): fc.Arbitrary<(number | null)[]> {
  const places = Array.from({ length: count }, (_, n) => n);
  return fc
    .tuple(fc.shuffledSubarray(places, { minLength: count, maxLength: count }), fc.array(fc.nat(count), { minLength: count, maxLength: count }))
    .map(([order, picks]) => {
      const parents: (number | null)[] = places.map(() => null);
      const level = new Map<number, number>();
      for (const [n, at] of order.entries()) {
        const above = order[(picks[n] ?? 0) % (n + 1)] ?? at;
        const deep = level.get(above) ?? 5;
        parents[at] = deep < 5 ? above : null;
        level.set(at, deep < 5 ? deep + 1 : 1);
      }
      return parents;
    });
}
