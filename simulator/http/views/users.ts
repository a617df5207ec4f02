import type { GroupRow, UserRow } from '../../state/rows';
import { json, type Context, type Handler } from '../context';
import { noMatch } from '../errors';
import { checkAll, flag, keys, refuse, text, type Check } from '../check';
import { applyFilters, order, textFilters } from '../filters';
import { paginate } from '../paginate';
import { readObject } from '../body';
import type { Json } from '../json';
import { demand, idOf } from './access';
import { everyPermission } from './permissions';

const hidden = '*'.repeat(89);

function showUser({ store }: Context, user: UserRow): Json {
  const every = everyPermission(store.profile.major);
  const granted = new Set(user.groups.flatMap((id) => store.groups.get(id)?.permissions ?? []));
  const inherited = every.filter((permission) => user.isSuperuser || granted.has(permission.split('.')[1] ?? ''));
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    password: hidden,
    first_name: user.firstName,
    last_name: user.lastName,
    date_joined: store.zone.iso(user.joined),
    is_staff: user.isStaff,
    is_active: user.isActive,
    is_superuser: user.isSuperuser,
    groups: user.groups,
    user_permissions: user.permissions,
    inherited_permissions: inherited,
    is_mfa_enabled: false,
  };
}

function userChecks({ store }: Context, row: UserRow | undefined): Record<string, Check<unknown>> {
  const username = text({ max: 150 });
  return {
    username: (value) => {
      const kept = username(value);
      if (store.users.all().some((other) => other.username === kept && other.id !== row?.id))
        throw refuse('A user with that username already exists.');
      return kept;
    },
    email: text({ max: 254, blank: true }),
    password: text({ blank: true }),
    first_name: text({ max: 150, blank: true }),
    last_name: text({ max: 150, blank: true }),
    is_staff: flag,
    is_active: flag,
    is_superuser: flag,
    groups: keys((id) => store.groups.has(id)),
    user_permissions: (value) => value,
  };
}

function setUser(row: UserRow, wanted: Json): void {
  if ('username' in wanted) row.username = wanted.username as string;
  if ('email' in wanted) row.email = wanted.email as string;
  if ('password' in wanted && !/^\**$/.test(wanted.password as string)) row.password = wanted.password as string;
  if ('first_name' in wanted) row.firstName = wanted.first_name as string;
  if ('last_name' in wanted) row.lastName = wanted.last_name as string;
  if ('is_staff' in wanted) row.isStaff = wanted.is_staff as boolean;
  if ('is_active' in wanted) row.isActive = wanted.is_active as boolean;
  if ('is_superuser' in wanted) row.isSuperuser = wanted.is_superuser as boolean;
  if ('groups' in wanted) row.groups = wanted.groups as number[];
  if ('user_permissions' in wanted) row.permissions = wanted.user_permissions as string[];
}

function findUser(context: Context): UserRow {
  const row = context.store.users.get(idOf(context));
  if (!row) throw noMatch('User');
  return row;
}

export const listUsers: Handler = (context) => {
  demand(context, 'view_user');
  const rows = applyFilters(
    context,
    textFilters<UserRow>('username', (row) => row.username),
    context.store.users.all(),
  );
  const sorted = order(context, { username: (row: UserRow) => row.username.toLowerCase() }, ['username'], rows);
  return paginate(context, sorted, { render: (row) => showUser(context, row) });
};

export const createUser: Handler = async (context) => {
  demand(context, 'add_user');
  const wanted = checkAll(await readObject(context), userChecks(context, undefined), ['username']);
  const row = context.store.users.insert({
    username: '',
    password: '',
    email: '',
    firstName: '',
    lastName: '',
    isStaff: false,
    isActive: true,
    isSuperuser: false,
    joined: context.store.stamp(),
    groups: [],
    permissions: [],
    token: null,
  });
  setUser(row, wanted);
  return json(showUser(context, row), 201);
};

export const getUser: Handler = (context) => {
  demand(context, 'view_user');
  return json(showUser(context, findUser(context)));
};

export const updateUser: Handler = async (context) => {
  demand(context, 'change_user');
  const row = findUser(context);
  setUser(row, checkAll(await readObject(context), userChecks(context, row)));
  return json(showUser(context, row));
};

/** What they owned is nobody's afterwards. */
export const deleteUser: Handler = (context) => {
  demand(context, 'delete_user');
  const { store } = context;
  const { id } = findUser(context);
  store.users.delete(id);
  for (const table of [store.documents, store.tags, store.correspondents, store.documentTypes, store.storagePaths]) {
    for (const row of table.values()) {
      if (row.owner === id) row.owner = null;
      for (const action of [row.grants.view, row.grants.change]) action.users = action.users.filter((user) => user !== id);
    }
  }
  for (const document of store.documents.values()) for (const note of document.notes) if (note.user === id) note.user = null;
  return { status: 204 };
};

const showGroup = (row: GroupRow): Json => ({ id: row.id, name: row.name, permissions: row.permissions });

function groupChecks({ store }: Context, row: GroupRow | undefined): Record<string, Check<unknown>> {
  const name = text({ max: 150 });
  return {
    name: (value) => {
      const kept = name(value);
      if (store.groups.all().some((other) => other.name === kept && other.id !== row?.id)) throw refuse('group with this name already exists.');
      return kept;
    },
    permissions: (value) => value,
  };
}

function findGroup(context: Context): GroupRow {
  const row = context.store.groups.get(idOf(context));
  if (!row) throw noMatch('Group');
  return row;
}

export const listGroups: Handler = (context) => {
  demand(context, 'view_group');
  const rows = applyFilters(
    context,
    textFilters<GroupRow>('name', (row) => row.name),
    context.store.groups.all(),
  );
  return paginate(context, order(context, { name: (row: GroupRow) => row.name.toLowerCase() }, ['name'], rows), { render: showGroup });
};

export const createGroup: Handler = async (context) => {
  demand(context, 'add_group');
  const wanted = checkAll(await readObject(context), groupChecks(context, undefined), ['name', 'permissions']);
  const row = context.store.groups.insert({ name: wanted.name as string, permissions: wanted.permissions as string[] });
  return json(showGroup(row), 201);
};

export const getGroup: Handler = (context) => {
  demand(context, 'view_group');
  return json(showGroup(findGroup(context)));
};

export const updateGroup: Handler = async (context) => {
  demand(context, 'change_group');
  const row = findGroup(context);
  const wanted = checkAll(await readObject(context), groupChecks(context, row));
  if ('name' in wanted) row.name = wanted.name as string;
  if ('permissions' in wanted) row.permissions = wanted.permissions as string[];
  return json(showGroup(row));
};

export const deleteGroup: Handler = (context) => {
  demand(context, 'delete_group');
  const { id } = findGroup(context);
  context.store.groups.delete(id);
  for (const user of context.store.users.values()) user.groups = user.groups.filter((group) => group !== id);
  return { status: 204 };
};
