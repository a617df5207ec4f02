import type { Snapshot, SnapshotDocument } from './snapshot.js';

/**
 * Whose a copy is to be, and who else may see it. Somebody whom the replica doesn't have gets nothing there; when that is the owner, nobody gets
 * anything: the copy is the sync's own, so that it is never visible to more people than on the master.
 */
export function ownerThere(owner: string | null, replica: Snapshot): string | null {
  if (owner === null || replica.people === null) return owner;
  return replica.people.users.has(owner) ? owner : replica.people.self;
}

/** Its owner isn't on the replica. */
export function isWithheld(document: SnapshotDocument, replica: Snapshot): boolean {
  return document.owner !== null && replica.people !== null && !replica.people.users.has(document.owner);
}

export function permissionsThere(document: SnapshotDocument, replica: Snapshot): string[] | null {
  const { permissions } = document;
  const { people } = replica;
  if (permissions === null || people === null) return permissions;
  if (isWithheld(document, replica)) return [];
  return permissions.filter((line) => {
    const [, kind = '', ...name] = line.split(' ');
    return (kind === 'user' ? people.users : people.groups).has(name.join(' '));
  });
}
