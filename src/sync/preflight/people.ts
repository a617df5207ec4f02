import { counted, quoted, type Finding } from './findings';

export interface People {
  users: readonly string[];
  groups: readonly string[];
}

/** Users and groups of the master whose documents nobody of that name can own on the replica. Pure. */
export function judgePeople(replica: string, master: People, there: People): Finding[] {
  const users = missing(master.users, there.users);
  const groups = missing(master.groups, there.groups);
  if (users.length + groups.length === 0) return [];
  const parts = [
    ...(users.length > 0 ? [`${counted(users.length, 'user')} (${quoted(users)})`] : []),
    ...(groups.length > 0 ? [`${counted(groups.length, 'group')} (${quoted(groups)})`] : []),
  ];
  return [
    {
      code: 'owners-without-counterpart',
      key: `owners:${JSON.stringify([users, groups])}`,
      severity: 'tells',
      message: `${parts.join(' and ')} of the master ${users.length + groups.length === 1 ? 'is' : 'are'} not on ${replica}: what only they may see there stays with the sync's user, and nobody else sees it.`,
      nextStep: `Add users and groups of these names on ${replica}, if they are to see their documents there; the next verification of each corrects its owner.`,
    },
  ];
}

function missing(wanted: readonly string[], there: readonly string[]): string[] {
  const known = new Set(there);
  return [...new Set(wanted)].filter((name) => !known.has(name)).sort((a, b) => a.localeCompare(b, 'en'));
}
