/** The tag tree: who is above, who is below, and what that does to the tags of a document. */
import type { Store } from './store';
import type { TagRow } from './rows';

export const maximumDepth = 5;

export function ancestors(store: Store, id: number): number[] {
  const found: number[] = [];
  for (let tag = store.tags.get(store.tags.get(id)?.parent); tag && !found.includes(tag.id); tag = store.tags.get(tag.parent)) found.push(tag.id);
  return found;
}

export function children(store: Store, id: number): TagRow[] {
  return store.tags.all().filter((tag) => tag.parent === id);
}

export function descendants(store: Store, id: number): number[] {
  return children(store, id).flatMap((child) => [child.id, ...descendants(store, child.id)]);
}

/** 1 for a root. */
export function depth(store: Store, id: number): number {
  return ancestors(store, id).length + 1;
}

/** Levels of the subtree under a tag, itself included. */
export function height(store: Store, id: number): number {
  return 1 + Math.max(0, ...children(store, id).map((child) => height(store, child.id)));
}

/** The tags with everything above them, in the order in which they were asked for. */
export function closure(store: Store, tags: number[]): number[] {
  return [...new Set(tags.flatMap((id) => [id, ...ancestors(store, id)]))];
}

/**
 * What a PATCH of `tags` leaves: ancestors of what is asked for come along, descendants of what is removed go, even if asked for
 * in the same call.
 */
export function replaceTags(store: Store, before: number[], asked: number[]): number[] {
  const removed = before.filter((id) => !asked.includes(id));
  const dropped = new Set(removed.flatMap((id) => [id, ...descendants(store, id)]));
  return closure(store, asked).filter((id) => !dropped.has(id));
}

/** Deletes a tag and its subtree, and takes them off every document without moving `modified`. */
export function deleteTag(store: Store, id: number): void {
  const gone = new Set([id, ...descendants(store, id)]);
  for (const document of store.documents.values()) {
    if (document.tags.some((tag) => gone.has(tag))) document.tags = document.tags.filter((tag) => !gone.has(tag));
  }
  for (const tag of gone) store.tags.delete(tag);
}
