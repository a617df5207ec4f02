/** Mail accounts and rules: listed, made, changed and deleted. No mail is ever fetched. */
import type { JsonRow } from '../../state/rows';
import type { Table } from '../../state/table';
import { readObject } from '../body';
import { checkAll, flag, integer, text } from '../check';
import { json, type Context, type Handler } from '../context';
import { noMatch } from '../errors';
import type { Json } from '../json';
import { paginate } from '../paginate';
import { demand, idOf } from './access';

interface Kind {
  model: string;
  codename: string;
  table: (context: Context) => Table<JsonRow>;
  required: string[];
  fresh: (context: Context) => Json;
  order: (row: JsonRow) => number;
  /** What a deletion takes along. */
  removed?: (context: Context, row: JsonRow) => void;
}

const checks = {
  name: text({ max: 256 }),
  enabled: flag,
  order: integer(-2147483648, 2147483647),
  account: integer(1, 2147483647),
  imap_server: text({ max: 256 }),
};

function mailViews(kind: Kind) {
  const { codename, table } = kind;
  const find = (context: Context): JsonRow => {
    const row = table(context).get(idOf(context));
    if (!row) throw noMatch(kind.model);
    return row;
  };
  /** In the order of the server's keys; what isn't known is ignored. */
  const taken = (context: Context, data: Json, before: Json): Json => {
    const given = { ...data, ...checkAll(data, checks) };
    const known = Object.fromEntries(Object.keys(before).map((key) => [key, given[key] ?? before[key]]));
    return 'password' in known ? { ...known, password: '**********' } : known;
  };
  const list: Handler = (context) => {
    demand(context, `view_${codename}`);
    const rows = table(context)
      .all()
      .sort((a, b) => kind.order(a) - kind.order(b));
    return paginate(context, rows, { render: (row) => row.json });
  };
  const create: Handler = async (context) => {
    demand(context, `add_${codename}`);
    const data = await readObject(context);
    checkAll(data, checks, kind.required);
    const row = table(context).insert({ json: {} });
    row.json = { id: row.id, ...taken(context, data, kind.fresh(context)) };
    return json(row.json, 201);
  };
  const get: Handler = (context) => {
    demand(context, `view_${codename}`);
    return json(find(context).json);
  };
  const update: Handler = async (context) => {
    demand(context, `change_${codename}`);
    const row = find(context);
    const { id, ...before } = row.json;
    row.json = { id, ...taken(context, await readObject(context), before) };
    return json(row.json);
  };
  const remove: Handler = (context) => {
    demand(context, `delete_${codename}`);
    const row = find(context);
    kind.removed?.(context, row);
    table(context).delete(row.id);
    return { status: 204 };
  };
  return { list: { GET: list, POST: create }, detail: { GET: get, PUT: update, PATCH: update, DELETE: remove } };
}

export const mailAccounts = mailViews({
  model: 'MailAccount',
  codename: 'mailaccount',
  table: ({ store }) => store.mailAccounts,
  required: ['name', 'imap_server'],
  fresh: ({ user }) => ({
    name: '',
    imap_server: '',
    imap_port: null,
    imap_security: 2,
    username: '',
    password: '',
    character_set: 'UTF-8',
    is_token: false,
    owner: user.id,
    user_can_change: true,
    account_type: 1,
    expiration: null,
  }),
  order: (row) => row.id,
  removed({ store }, row) {
    for (const rule of store.mailRules.all()) if (rule.json.account === row.id) store.mailRules.delete(rule.id);
  },
});

export const mailRules = mailViews({
  model: 'MailRule',
  codename: 'mailrule',
  table: ({ store }) => store.mailRules,
  required: ['name', 'account'],
  fresh: ({ store, user }) => ({
    name: '',
    account: null,
    enabled: true,
    folder: 'INBOX',
    filter_from: null,
    filter_to: null,
    filter_subject: null,
    filter_body: null,
    filter_attachment_filename_include: null,
    filter_attachment_filename_exclude: null,
    maximum_age: 30,
    action: 3,
    action_parameter: '',
    assign_title_from: 1,
    assign_tags: [],
    assign_correspondent_from: 1,
    assign_correspondent: null,
    assign_document_type: null,
    assign_owner_from_rule: true,
    order: 0,
    attachment_type: 1,
    consumption_scope: 1,
    pdf_layout: 0,
    owner: user.id,
    user_can_change: true,
    ...(store.profile.major === 3 && { stop_processing: false }),
  }),
  order: (row) => Number(row.json.order),
});
