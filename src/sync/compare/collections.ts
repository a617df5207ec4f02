import type { WireCustomField, WireStoragePath, WireTag, WireTaxon } from '../../paperless';
import { keptTemplate, type Limit } from '../normalise';
import { cutPair, same } from './judgement';
import type { Side } from './side';

export interface CollectionRules {
  taxonomyOwners: boolean;
  colors: boolean;
  matching: boolean;
  inboxFlag: boolean;
}

export interface CollectionCount {
  collection: string;
  /** Names on the master: equal + different + missing + limited. */
  compared: number;
  equal: number;
  different: number;
  missing: number;
  limited: number;
  /** Names that only the replica has, which is no fault. */
  replica_only: number;
  examples: { name: string; attribute: string; master: string; replica: string; reason?: Limit }[];
}

type Entity = WireTag | WireTaxon | WireStoragePath | WireCustomField;

/** One attribute in which two of one name may differ. */
interface Attribute {
  name: string;
  master: unknown;
  replica: unknown;
  limited?: Limit;
}

const KEPT = 5;
const KINDS = [
  ['tags', 'tag'],
  ['correspondents', 'correspondent'],
  ['document_types', 'documentType'],
  ['storage_paths', 'storagePath'],
  ['custom_fields', 'customField'],
] as const;

/** Everything that documents refer to, by name. */
export function compareCollections(master: Side, replica: Side, rules: CollectionRules): CollectionCount[] {
  return KINDS.map(([collection, kind]) => {
    const [ours, theirs] = [byName(master.collections[kind]), byName(replica.collections[kind])];
    const count: CollectionCount = { collection, compared: 0, equal: 0, different: 0, missing: 0, limited: 0, replica_only: 0, examples: [] };
    const example = (name: string, { name: attribute, ...found }: Attribute): void => {
      if (count.examples.length >= KEPT) return;
      const [m, r] = cutPair(found.master, found.replica);
      count.examples.push({ name, attribute, master: m, replica: r, ...(found.limited === undefined ? {} : { reason: found.limited }) });
    };
    for (const [name, mine] of ours) {
      count.compared += 1;
      const copy = theirs.get(name);
      if (copy === undefined) {
        count.missing += 1;
        example(name, { name: 'name', master: name, replica: 'not there' });
        continue;
      }
      const found = differing(mine, copy, { master, replica, rules });
      for (const attribute of found) example(name, attribute);
      count[found.length === 0 ? 'equal' : found.every((a) => a.limited !== undefined) ? 'limited' : 'different'] += 1;
    }
    count.replica_only = [...theirs.keys()].filter((name) => !ours.has(name)).length;
    return count;
  });
}

/** Names may stand once for each owner; copies are by name, so such twins are one here: the unowned one, else the oldest. */
function byName(list: readonly Entity[]): Map<string, { entity: Entity; twins: number }> {
  const owned = (e: Entity): number => Number('owner' in e && e.owner !== null);
  const names = new Map<string, { entity: Entity; twins: number }>();
  for (const entity of list.toSorted((a, b) => owned(a) - owned(b) || a.id - b.id)) {
    const known = names.get(entity.name);
    if (known === undefined) names.set(entity.name, { entity, twins: 0 });
    else known.twins += 1;
  }
  return names;
}

interface Named {
  entity: Entity;
  twins: number;
}

interface Sides {
  master: Side;
  replica: Side;
  rules: CollectionRules;
}

function differing(mine: Named, copy: Named, sides: Sides): Attribute[] {
  const [m, r] = [mine.entity, copy.entity];
  const { rules } = sides;
  const attributes: Attribute[] = [];
  if ('dataType' in m && 'dataType' in r) {
    attributes.push({ name: 'type', master: m.dataType, replica: r.dataType });
    attributes.push({ name: 'options', ...options(m, r) });
    if (m.dataType === 'monetary') attributes.push({ name: 'currency', master: m.defaultCurrency ?? '', replica: r.defaultCurrency ?? '' });
  }
  if ('color' in m && 'color' in r) {
    const parent = (side: Side, id: number | null): string | null => (id === null ? null : (side.name('tag', id) ?? `#${id}`));
    attributes.push({ name: 'parent', master: parent(sides.master, m.parent), replica: parent(sides.replica, r.parent) });
    if (rules.colors) attributes.push({ name: 'color', master: m.color.toLowerCase(), replica: r.color.toLowerCase() });
    if (rules.inboxFlag) attributes.push({ name: 'inbox', master: m.isInboxTag, replica: r.isInboxTag });
  }
  if ('path' in m && 'path' in r) attributes.push({ name: 'path', master: keptTemplate(m.path), replica: r.path });
  if ('owner' in m && 'owner' in r) {
    if (rules.taxonomyOwners && mine.twins === 0) attributes.push(owner(m, r, sides));
    if (rules.matching) {
      attributes.push({ name: 'matching', master: [m.matchingAlgorithm, m.match], replica: [r.matchingAlgorithm, r.match] });
    }
  }
  return attributes.filter((a) => a.limited !== undefined || !same(a.master, a.replica));
}

/** All of the master's options, by id or label; the replica may have more. */
function options(m: WireCustomField, r: WireCustomField): { master: string[]; replica: string[] } {
  const lost = m.selectOptions.filter((o) => !r.selectOptions.some((have) => have.label === o.label));
  return lost.length === 0 ? { master: [], replica: [] } : { master: lost.map((o) => o.label), replica: r.selectOptions.map((o) => o.label) };
}

function owner(m: WireTaxon, r: WireTaxon, { master, replica }: Sides): Attribute {
  const name = (side: Side, id: number | null): string | null => (id === null ? null : (side.name('user', id) ?? `#${id}`));
  const [wanted, found] = [name(master, m.owner), name(replica, r.owner)];
  const sides = { name: 'owner', master: wanted, replica: found };
  if (wanted === null || replica.hasUser(wanted) || r.owner !== replica.identity.userId) return sides;
  return { ...sides, limited: 'owner-without-counterpart' };
}
