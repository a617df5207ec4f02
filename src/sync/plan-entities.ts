import type { WireCustomField } from '../paperless';
import type { Entity, EntityFields, EntityMap, EntityOptions, EntityState } from './entity-state';
import { keptTemplate } from './normalise';
import { leadersFirst, TagTree, type Placing } from './tag-tree';
import { stableJson } from './text';

export type EntityStep =
  /** The replica has one of this name already. */
  | { do: 'adopt'; replicaId: number }
  | { do: 'create'; fields: EntityFields & { name: string } }
  /** `of` may be another mapped entity that stands in the way of a name. `drift`: the master changed nothing since it was applied, the replica did. */
  | { do: 'patch'; of: number; fields: EntityFields; drift?: true }
  /** The pair is given up: its copy vanished, or the name belongs to another entity there. Documents have to be looked at again. */
  | { do: 'forget'; because: 'vanished' | 'name-taken' }
  /** Can't be made equal; documents that need it say so. */
  | { do: 'block'; because: string }
  /** `kept`: fields that were changed on the replica and are left so. */
  | { do: 'done'; kept?: string[] };

/** What one master entity needs next on the replica. Applied step by step until `done` or `block`. Pure. */
export function planEntity(masterId: number, state: EntityState): EntityStep {
  const master = state.master.get(masterId);
  if (master === undefined) return { do: 'done' };
  const map = state.maps.get(masterId);
  if (map === undefined) return find(master, state);
  const replica = state.replica.get(map.replicaId);
  if (replica === undefined) return { do: 'forget', because: 'vanished' };
  if (replica.name !== master.name) return rename(master, replica, state);
  return attributes(master, replica, map, state);
}

function find(master: Entity, state: EntityState): EntityStep {
  const named = [...state.replica.values()].filter((e) => e.name === master.name);
  // Unowned first: it is the one that everybody there sees.
  const twin = named.find((e) => ownerOf(e) === null) ?? named[0];
  const room = twin === undefined ? null : makeRoom(twin, state);
  if (room !== null) return room;
  if (twin === undefined) {
    const fields: EntityFields = {};
    if ('parent' in master && master.parent !== null) {
      const parent = state.maps.get(master.parent)?.replicaId;
      if (parent === undefined) return { do: 'block', because: `its parent tag isn't on the replica` };
      const place = new TagTree(state).placeNew(parent);
      if (place.do === 'detach') return detach(place.of);
      fields.parent = place.parent;
    }
    return { do: 'create', fields: { ...wantedFields(master, state, null), ...fields, name: master.name } };
  }
  if ('dataType' in master && 'dataType' in twin && master.dataType !== twin.dataType) {
    const aside = setAside(twin, state);
    if (aside !== null) return aside;
    return { do: 'block', because: `the replica has a custom field of this name with type ${twin.dataType}, the master's has ${master.dataType}` };
  }
  return { do: 'adopt', replicaId: twin.id };
}

function rename(master: Entity, replica: Entity, state: EntityState): EntityStep {
  // Two of one name on the master (owned by different people) share one here: the one that keeps the name keeps the copy.
  const sharer = [...state.maps].find(([id, m]) => id !== master.id && m.replicaId === replica.id && state.master.get(id)?.name === replica.name);
  if (sharer !== undefined) return { do: 'forget', because: 'name-taken' };
  const taker = [...state.replica.values()].find((e) => e.id !== replica.id && e.name === master.name && sameScope(e, replica));
  if (taker === undefined) return { do: 'patch', of: replica.id, fields: { name: master.name, ...optionsIfNeeded(master, replica) } };
  const otherType = 'dataType' in taker && 'dataType' in master && taker.dataType !== master.dataType;
  return makeRoom(taker, state) ?? (otherType ? setAside(taker, state) : null) ?? { do: 'forget', because: 'name-taken' };
}

/** The copy of a field that is gone on the master keeps its values under another name, when a field of another type comes by its own. */
function setAside(taker: Entity, state: EntityState): EntityStep | null {
  if (!state.retired.has(taker.id) || [...state.maps.values()].some((map) => map.replicaId === taker.id)) return null;
  const options: EntityFields = 'dataType' in taker && taker.dataType === 'select' ? { selectOptions: taker.selectOptions } : {};
  return { do: 'patch', of: taker.id, fields: { name: freeName(taker, state, 'gone'), ...options } };
}

/** A copy of another of the master's entities that is about to be renamed makes room under a name that nobody has; null when it keeps its name. */
function makeRoom(taker: Entity, state: EntityState): EntityStep | null {
  const owners = [...state.maps].flatMap(([id, m]) => (m.replicaId === taker.id ? (state.master.get(id) ?? []) : []));
  const [owner] = owners;
  if (owner === undefined || owners.some((e) => e.name === taker.name)) return null;
  return { do: 'patch', of: taker.id, fields: { name: freeName(taker, state), ...optionsIfNeeded(owner, taker) } };
}

/** Changes when anything does that is applied. */
export function markOf(master: Entity, { keepDrift: _policy, ...options }: EntityOptions): string {
  return stableJson([master, options]);
}

function attributes(master: Entity, replica: Entity, { applied, template }: EntityMap, state: EntityState): EntityStep {
  if (leader(master, replica, state) !== master.id) return { do: 'done' };
  if ('dataType' in master && 'dataType' in replica && master.dataType !== replica.dataType) {
    return { do: 'block', because: `its type is ${replica.dataType} on the replica and ${master.dataType} on the master` };
  }
  const wanted = wantedFields(master, state, replica);
  const differing: EntityFields = {};
  const found = replica as unknown as Record<string, unknown>;
  for (const [key, value] of Object.entries(wanted) as [string, unknown][]) {
    if (stableJson(value) !== stableJson(found[key])) Object.assign(differing, { [key]: value });
  }
  // What paperless made of what we gave is equal, or files would be moved for ever.
  if ('path' in master && 'path' in replica && isTemplateOf(master.path, replica.path, template)) delete differing.path;
  const drift = applied === markOf(master, state.options);
  const leave = drift && state.options.keepDrift;
  const kept = leave ? Object.keys(differing) : [];
  const fields = leave ? withoutDrift(differing, replica) : differing;
  const place: Placing = 'parent' in replica ? new TagTree(state).place(replica.id) : { do: 'stay' };
  if (place.do === 'move') fields.parent = place.parent;
  const owner = ownerThere(master, replica, state);
  if (owner !== undefined && owner !== ownerOf(replica)) {
    // Paperless takes no second one of a name and an owner.
    const taker = [...state.replica.values()].find((e) => e.id !== replica.id && e.name === replica.name && ownerOf(e) === owner);
    const room = taker === undefined ? null : makeRoom(taker, state);
    if (room !== null) return room;
    if (taker === undefined) fields.owner = owner;
  }
  if (Object.keys(fields).length > 0) return { do: 'patch', of: replica.id, fields, ...(drift ? { drift } : {}) };
  if (place.do === 'detach') return detach(place.of);
  if (place.do === 'block') return place;
  return kept.length > 0 ? { do: 'done', kept } : { do: 'done' };
}

function isTemplateOf(wanted: string, found: string, template: EntityMap['template']): boolean {
  return found === keptTemplate(wanted) || (template?.given === wanted && template.stored === found);
}

function detach(of: number): EntityStep {
  return { do: 'patch', of, fields: { parent: null } };
}

/** Of what differs in looks, what is brought back where drift is kept: options that are missing, which documents depend on. */
function withoutDrift(fields: EntityFields, replica: Entity): EntityFields {
  if (fields.selectOptions === undefined || !('selectOptions' in replica)) return {};
  const added = fields.selectOptions.filter(({ id }) => !replica.selectOptions.some((option) => option.id === id));
  return added.length === 0 ? {} : { selectOptions: [...replica.selectOptions, ...added] };
}

/** Whose it is to be; undefined where that is left alone: of several of one name on the master one copy serves all. */
function ownerThere(master: Entity, replica: Entity, state: EntityState): number | null | undefined {
  if (!('owner' in master) || !('owner' in replica) || !state.options.owners) return undefined;
  const alone = [...state.master.values()].every((e) => e.id === master.id || e.name !== master.name);
  return alone ? state.owner(master.owner) : undefined;
}

/** Of several that share one copy, the one whose looks it has. */
function leader(master: Entity, replica: Entity, state: EntityState): number {
  const sharers = [...state.maps].flatMap(([id, m]) => (m.replicaId === replica.id ? (state.master.get(id) ?? []) : []));
  return sharers.sort(leadersFirst)[0]?.id ?? master.id;
}

/** The fields that are kept equal, as the replica should have them; of owners see above, of a tag's place TagTree. */
function wantedFields(master: Entity, state: EntityState, replica: Entity | null): EntityFields {
  const fields: EntityFields = {};
  if ('dataType' in master) {
    if (replica === null) fields.dataType = master.dataType;
    if (master.dataType === 'select') fields.selectOptions = mergedOptions(master, replica);
    if (master.dataType === 'monetary') fields.defaultCurrency = master.defaultCurrency;
    return fields;
  }
  if (replica === null) fields.owner = state.owner(master.owner);
  if ('color' in master) {
    if (state.options.colors) fields.color = master.color;
    if (state.options.inboxFlag) fields.isInboxTag = master.isInboxTag;
  }
  if ('path' in master) fields.path = master.path;
  if (state.options.matching) {
    fields.match = master.match;
    fields.matchingAlgorithm = master.matchingAlgorithm;
  } else if (replica === null) {
    fields.match = '';
    fields.matchingAlgorithm = 0;
  }
  return fields;
}

/** The master's options under their own ids; where the replica has one of that label under another id, that one stays: documents there hold it. */
function mergedOptions(master: WireCustomField, replica: Entity | null): { id: string; label: string }[] {
  if (replica === null || !('selectOptions' in replica)) return master.selectOptions;
  const kept = replica.selectOptions.map((option) => {
    const twin = master.selectOptions.find((o) => o.id === option.id);
    return twin ?? option;
  });
  const added = master.selectOptions.filter((o) => !kept.some((k) => k.id === o.id || k.label === o.label));
  return [...kept, ...added];
}

/** A PATCH of a select field is refused without its whole list of options. */
function optionsIfNeeded(master: Entity, replica: Entity): EntityFields {
  return 'dataType' in master && master.dataType === 'select' ? { selectOptions: mergedOptions(master, replica) } : {};
}

function ownerOf(entity: Entity): number | null {
  return 'owner' in entity ? entity.owner : null;
}

/** Names are unique per owner and among the unowned; custom fields have no owner. */
function sameScope(a: Entity, b: Entity): boolean {
  return ownerOf(a) === ownerOf(b);
}

function freeName(entity: Entity, state: EntityState, because: 'renaming' | 'gone' = 'renaming'): string {
  const taken = new Set([...state.replica.values()].map((e) => e.name));
  for (let n = 1; ; n += 1) {
    const name = `${entity.name.slice(0, 100)} (${because} ${n})`;
    if (!taken.has(name)) return name;
  }
}

/** Parents before their children, so that each finds its parent mapped. */
export function parentsFirst(entities: ReadonlyMap<number, Entity>): number[] {
  const depth = (id: number): number => {
    let at: Entity | undefined = entities.get(id);
    let n = 0;
    while (at !== undefined && 'parent' in at && at.parent !== null && n < 16) {
      at = entities.get(at.parent);
      n += 1;
    }
    return n;
  };
  return [...entities.keys()].sort((a, b) => depth(a) - depth(b) || a - b);
}
