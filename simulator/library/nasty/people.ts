import type { Library, LibraryDocument } from '../types.js';
import type { Deck } from './deck.js';

/** Whom a replica doesn't have: what is theirs goes to nobody else there. */
export const absent = { users: ['extern'], groups: ['Gäste'] };

type Permissions = NonNullable<LibraryDocument['permissions']>;

/** Who owns a document and who else may see or change it, in all the ways that matter to a copy. */
export const ownerships: Record<string, { owner: string | null; permissions?: Permissions }> = {
  'an owner': { owner: 'miriam' },
  'an owner who shares': { owner: 'jonas', permissions: { viewUsers: ['miriam'], changeGroups: ['Familie'] } },
  'shared with a group, owned by nobody': { owner: null, permissions: { viewGroups: ['Buchhaltung'], changeUsers: ['jonas'] } },
  'an owner whom replicas miss': { owner: 'extern' },
  'shared by an owner whom replicas miss': { owner: 'extern', permissions: { viewUsers: ['miriam'], viewGroups: ['Familie'] } },
  'shared with somebody whom replicas miss': { owner: 'miriam', permissions: { viewUsers: ['extern', 'jonas'], changeGroups: ['Gäste', 'Familie'] } },
};

/** Adds the absent people, and gives `times` documents to each kind of ownership. */
export function plantPeople(library: Library, deck: Deck, times: number): void {
  library.absent = absent;
  library.users.push({ username: 'extern', firstName: 'E.', groups: ['Gäste'] });
  library.groups.push('Gäste');
  for (const { owner, permissions } of Object.values(ownerships)) {
    for (const document of deck.take(['owner'], times)) {
      document.owner = owner;
      // To change is to see: paperless adds the one to the other.
      if (permissions) document.permissions = withViewers(permissions);
    }
  }
}

function withViewers(permissions: Permissions): Permissions {
  const both = (view: string[] = [], change: string[] = []): string[] => [...new Set([...view, ...change])];
  return {
    viewUsers: both(permissions.viewUsers, permissions.changeUsers),
    viewGroups: both(permissions.viewGroups, permissions.changeGroups),
    changeUsers: permissions.changeUsers ?? [],
    changeGroups: permissions.changeGroups ?? [],
  };
}

/** The people of a library that its replicas have too, and nothing else. */
export function peopleOf(library: Library): Library {
  const { users, groups } = library.absent ?? { users: [], groups: [] };
  return {
    users: library.users
      .filter((user) => !users.includes(user.username))
      .map((user) => ({ ...user, groups: (user.groups ?? []).filter((name) => !groups.includes(name)) })),
    groups: library.groups.filter((name) => !groups.includes(name)),
    tags: [],
    correspondents: [],
    documentTypes: [],
    storagePaths: [],
    customFields: [],
    documents: [],
  };
}
