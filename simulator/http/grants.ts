import type { Grants, OwnedRow } from '../state/rows';
import type { Store } from '../state/store';
import { grants as check } from './check';
import type { Json } from './json';

export function grantsCheck(store: Store) {
  return check(
    (id) => store.users.has(id),
    (id) => store.groups.has(id),
  );
}

/** Replaces what is named; who may change may also see. */
export function applyGrants(row: OwnedRow, given: Json): void {
  for (const action of ['view', 'change'] as const) {
    const asked = given[action] as Grants['view'] | undefined;
    if (asked) row.grants[action] = { users: [...asked.users], groups: [...asked.groups] };
  }
  const { view, change } = row.grants;
  view.users.push(...change.users.filter((id) => !view.users.includes(id)));
  view.groups.push(...change.groups.filter((id) => !view.groups.includes(id)));
}

export function showGrants(row: OwnedRow): unknown {
  const list = (ids: number[]) => [...ids].sort((a, b) => a - b);
  return {
    view: { users: list(row.grants.view.users), groups: list(row.grants.view.groups) },
    change: { users: list(row.grants.change.users), groups: list(row.grants.change.groups) },
  };
}
