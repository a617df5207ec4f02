/** Who is asking, and what this server is. */
import { countLetters } from '../../state/letters';
import { effective, holds, liveDocuments, mayView, nextAsn } from '../../state/documents';
import type { OwnedRow } from '../../state/rows';
import { trim } from '../check';
import { json, type Context, type Handler } from '../context';
import { ApiError, insufficient } from '../errors';
import { paginate } from '../paginate';
import { readBody } from '../body';
import { isObject, type Json } from '../json';
import { demand } from './access';
import { everyPermission } from './permissions';

export const uiSettings: Handler = (context) => {
  demand(context, 'view_uisettings');
  const { user, store } = context;
  const names = { ...(user.firstName !== '' && { first_name: user.firstName }), ...(user.lastName !== '' && { last_name: user.lastName }) };
  const held = everyPermission(store.profile.major)
    .map((permission) => permission.split('.')[1] ?? '')
    .filter((permission) => holds(store, user, permission));
  return json({
    user: { id: user.id, username: user.username, is_staff: user.isStaff, is_superuser: user.isSuperuser, groups: user.groups, ...names },
    settings: {
      update_checking: { backend_setting: 'default' },
      trash_delay: 30,
      version: store.profile.version,
      app_title: null,
      app_logo: null,
      auditlog_enabled: true,
      email_enabled: false,
      ...(store.profile.major === 3 && { ai_enabled: false }),
    },
    permissions: held,
  });
};

export const profile: Handler = ({ user }) =>
  json({
    email: user.email,
    password: '*'.repeat(89),
    first_name: user.firstName,
    last_name: user.lastName,
    auth_token: user.token,
    social_accounts: [],
    has_usable_password: true,
    is_mfa_enabled: false,
  });

export const newToken: Handler = ({ user, store }) => {
  user.token = store.token();
  return json(user.token);
};

export const statistics: Handler = (context) => {
  const { store, user } = context;
  const documents = liveDocuments(store).filter((row) => mayView(store, user, row));
  const inbox = store.tags.all().filter((tag) => tag.inbox && mayView(store, user, tag));
  const counts = new Map<string, number>();
  for (const row of documents) counts.set(row.mimeType, (counts.get(row.mimeType) ?? 0) + 1);
  const types = [...counts]
    .map(([mime_type, mime_type_count]) => ({ mime_type, mime_type_count }))
    .sort((a, b) => b.mime_type_count - a.mime_type_count);
  const characters = documents.reduce((sum, row) => sum + countLetters(effective(store, row).content), 0);
  const seen = (rows: OwnedRow[]) => rows.filter((row) => mayView(store, user, row)).length;
  return json({
    documents_total: documents.length,
    documents_inbox: inbox.length === 0 ? null : documents.filter((row) => row.tags.some((tag) => inbox.some((known) => known.id === tag))).length,
    inbox_tag: inbox[0]?.id ?? null,
    inbox_tags: inbox.length === 0 ? null : inbox.map((tag) => tag.id),
    document_file_type_counts: types,
    character_count: documents.length === 0 && store.profile.major === 2 ? null : characters,
    tag_count: seen(store.tags.all()),
    correspondent_count: seen(store.correspondents.all()),
    document_type_count: seen(store.documentTypes.all()),
    storage_path_count: seen(store.storagePaths.all()),
    current_asn: nextAsn(store) - 1,
  });
};

export const status: Handler = (context) => {
  const { store, user } = context;
  if (!user.isStaff && !user.isSuperuser) throw insufficient();
  const health = {
    redis_url: 'redis://localhost:6379',
    redis_status: 'OK',
    redis_error: null,
    celery_status: 'OK',
    celery_url: 'celery@simulator',
    celery_error: null,
    index_status: 'OK',
    index_last_modified: store.zone.iso(store.stamp()),
    index_error: null,
    classifier_status: 'WARNING',
    classifier_last_trained: null,
    classifier_error: 'No classifier training tasks found',
    sanity_check_status: 'WARNING',
    sanity_check_last_run: null,
    sanity_check_error: 'No sanity check tasks found',
  };
  const migration = store.profile.major === 3 ? 'paperless_mail.0001_squashed' : 'paperless_mail.0001_initial_squashed_0009_mailrule_assign_tags';
  return json({
    pngx_version: store.profile.version,
    server_os: 'Linux-simulated',
    install_type: 'bare-metal',
    storage: { total: 1_000_000_000_000, available: 500_000_000_000 },
    database: {
      type: 'sqlite',
      url: '/data/db.sqlite3',
      status: 'OK',
      error: null,
      migration_status: { latest_migration: migration, unapplied_migrations: [] },
    },
    tasks: store.profile.major === 3 ? { ...health, ...health3(context) } : health,
  });
};

function health3({ store }: Context): Json {
  const of = (wanted: string) => store.tasks.all().filter((task) => task.status === wanted).length;
  return {
    llmindex_status: 'DISABLED',
    llmindex_last_modified: null,
    llmindex_error: null,
    summary: { days: 30, total_count: store.tasks.size, pending_count: of('pending'), success_count: of('success'), failure_count: of('failure') },
  };
}

export const remoteVersion: Handler = () => json({ version: '0.0.0', update_available: false });

/** A list of something that this server has none of. */
export function nothing(permission: string): Handler {
  return (context) => {
    demand(context, permission);
    return paginate(context, [], { render: () => null });
  };
}

/** POST /api/token/ by form or JSON. */
export const token: Handler = async (context) => {
  const { store } = context;
  const body = await readBody(context);
  const data =
    body.kind === 'json'
      ? isObject(body.value)
        ? body.value
        : {}
      : Object.fromEntries(Object.entries(body.form.fields).map(([name, values]) => [name, values.at(-1)]));
  const missing = ['username', 'password'].filter((name) => data[name] === undefined);
  if (missing.length > 0) throw new ApiError(400, Object.fromEntries(missing.map((name) => [name, ['This field is required.']])));
  const user = store.users
    .all()
    .find((row) => row.username === trim(String(data.username)) && row.password === String(data.password) && row.isActive);
  if (!user) throw new ApiError(400, { non_field_errors: ['Unable to log in with provided credentials.'] });
  user.token ??= store.token();
  return json({ token: user.token });
};
