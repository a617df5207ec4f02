import type { WireTag } from '../paperless';
import type { Entity, EntityState } from './entity-state';

/** As deep as paperless lets tags stand below each other. */
export const LEVELS = 5;

/** What a tag's copy needs to stand where it should. */
export type Placing =
  | { do: 'stay' }
  | { do: 'move'; parent: number | null }
  /** Another copy, which isn't in its place either, is in the way and goes to the top for now. */
  | { do: 'detach'; of: number }
  | { do: 'block'; because: string };

/** Of several that share one copy, first the one whose looks and place it has: the one that everybody on the master sees, then the oldest. */
export function leadersFirst(a: Entity, b: Entity): number {
  return Number(ownerOf(a) !== null) - Number(ownerOf(b) !== null) || a.id - b.id;
}

/**
 * The tags' forest on the replica, as it is and as it should be. A step never makes a circle or goes below the fifth level, which paperless refuses: what is
 * in the way and not in its own place is taken to the top first. Each copy is moved twice at most, whatever the order.
 */
export class TagTree {
  /** Copy → the master's tags that it stands for, leader first. */
  private readonly copies = new Map<number, Entity[]>();
  private readonly children = new Map<number, number[]>();

  constructor(private readonly state: EntityState) {
    for (const [masterId, { replicaId }] of state.maps) {
      const master = state.master.get(masterId);
      if (master !== undefined && state.replica.has(replicaId)) this.copies.set(replicaId, [...(this.copies.get(replicaId) ?? []), master]);
    }
    for (const sharers of this.copies.values()) sharers.sort(leadersFirst);
    for (const { id } of state.replica.values()) {
      const parent = this.parent(id);
      if (parent !== null) this.children.set(parent, [...(this.children.get(parent) ?? []), id]);
    }
  }

  place(copy: number): Placing {
    const wanted = this.wanted(copy);
    if (wanted === undefined || wanted === this.parent(copy)) return { do: 'stay' };
    if (wanted === null) return { do: 'move', parent: null };
    const above = this.lineage(wanted);
    const at = above.indexOf(copy);
    if (at >= 0) return this.loosen(above.slice(0, at), `its parent stands below it on the replica, and that can't be changed`);
    const deepest = this.deepest(copy);
    if (above.length + deepest.length > LEVELS) return this.loosen([...deepest.slice(1), ...above], TOO_DEEP);
    return { do: 'move', parent: wanted };
  }

  /** Where one that is to be made goes: at the top where the level below its parent is too deep. */
  placeNew(parent: number): Exclude<Placing, { do: 'stay' } | { do: 'block' }> {
    const above = this.lineage(parent);
    if (above.length < LEVELS) return { do: 'move', parent };
    const step = this.loosen(above, TOO_DEEP);
    return step.do === 'detach' ? step : { do: 'move', parent: null };
  }

  /**
   * The copy's parent, by its leader; undefined where that isn't on the replica, which leaves the tag where it is. Tags of one name and several owners are one
   * tag here, and may stand above each other on the master: such a circle is opened at a copy that several share.
   */
  private wanted(copy: number): number | null | undefined {
    const circle: number[] = [];
    let at: number | null | undefined = copy;
    while (at !== null && at !== undefined && !circle.includes(at)) {
      circle.push(at);
      at = this.byLeader(at);
    }
    if (at !== copy) return this.byLeader(copy);
    const shared = circle.filter((id) => (this.copies.get(id)?.length ?? 0) > 1);
    const lead = (id: number): number => this.copies.get(id)?.[0]?.id ?? 0;
    const [top] = (shared.length > 0 ? shared : circle).sort((a, b) => lead(a) - lead(b));
    return top === copy ? null : this.byLeader(copy);
  }

  private byLeader(copy: number): number | null | undefined {
    const leader = this.copies.get(copy)?.[0] as WireTag | undefined;
    if (leader === undefined) return undefined;
    if (leader.parent === null) return null;
    const parent = this.state.maps.get(leader.parent)?.replicaId;
    return parent !== undefined && this.state.replica.has(parent) ? parent : undefined;
  }

  /** Of the tags in the way, the first of ours that isn't where it should be. */
  private loosen(path: readonly number[], because: string): Placing & { do: 'detach' | 'block' } {
    const of = path.find((id) => this.copies.has(id) && this.parent(id) !== null && this.parent(id) !== this.wanted(id));
    return of === undefined ? { do: 'block', because } : { do: 'detach', of };
  }

  private parent(id: number): number | null {
    const tag = this.state.replica.get(id);
    return tag !== undefined && 'parent' in tag ? tag.parent : null;
  }

  /** The tag and all above it, the root last. */
  private lineage(id: number): number[] {
    const found: number[] = [];
    for (let at: number | null = id; at !== null && !found.includes(at); at = this.parent(at)) found.push(at);
    return found;
  }

  /** The longest way down from a tag, itself first. */
  private deepest(id: number): number[] {
    const below = (this.children.get(id) ?? []).map((child) => this.deepest(child)).sort((a, b) => b.length - a.length)[0];
    return [id, ...(below ?? [])];
  }
}

const TOO_DEEP = `the tags would stand more than ${LEVELS} levels deep there, which paperless refuses`;

function ownerOf(entity: Entity): number | null {
  return 'owner' in entity ? entity.owner : null;
}
