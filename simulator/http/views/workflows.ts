/** Workflows: listed, made, changed and deleted in the server's full shape. */
import { json, type Context, type Handler } from '../context';
import { ApiError, noMatch } from '../errors';
import { paginate } from '../paginate';
import { readObject } from '../body';
import { checkAll, flag, integer, text } from '../check';
import { isObject, type Json } from '../json';
import { demand, idOf } from './access';

function find(context: Context) {
  const row = context.store.workflows.get(idOf(context));
  if (!row) throw noMatch('Workflow');
  return row;
}

function freshTrigger(major: 2 | 3): Json {
  const any = (name: string) => (major === 3 ? { [`filter_has_any_${name}`]: [] } : {});
  return {
    sources: [1, 2, 3],
    type: null,
    filter_path: null,
    filter_filename: null,
    filter_mailrule: null,
    matching_algorithm: 0,
    match: '',
    is_insensitive: true,
    filter_has_tags: [],
    filter_has_all_tags: [],
    filter_has_not_tags: [],
    filter_custom_field_query: null,
    ...any('correspondents'),
    filter_has_not_correspondents: [],
    ...any('document_types'),
    filter_has_not_document_types: [],
    ...any('storage_paths'),
    filter_has_not_storage_paths: [],
    filter_has_correspondent: null,
    filter_has_document_type: null,
    filter_has_storage_path: null,
    schedule_offset_days: 0,
    schedule_is_recurring: false,
    schedule_recurring_interval_days: 1,
    schedule_date_field: 'added',
    schedule_date_custom_field: null,
  };
}

function freshAction(major: 2 | 3): Json {
  const removals = (name: string) => ({ [`remove_all_${name}`]: false, [`remove_${name}`]: [] });
  return {
    type: 1,
    assign_title: null,
    assign_tags: [],
    assign_correspondent: null,
    assign_document_type: null,
    assign_storage_path: null,
    assign_owner: null,
    assign_view_users: [],
    assign_view_groups: [],
    assign_change_users: [],
    assign_change_groups: [],
    assign_custom_fields: [],
    assign_custom_fields_values: {},
    ...removals('tags'),
    ...removals('correspondents'),
    ...removals('document_types'),
    ...removals('storage_paths'),
    remove_custom_fields: [],
    remove_all_custom_fields: false,
    remove_all_owners: false,
    remove_owners: [],
    remove_all_permissions: false,
    remove_view_users: [],
    remove_view_groups: [],
    remove_change_users: [],
    remove_change_groups: [],
    email: null,
    webhook: null,
    ...(major === 3 && { passwords: null }),
  };
}

/** Each part in its full shape; ids count on, also past workflows that are gone. */
function parts({ store }: Context, given: unknown, which: 'triggers' | 'actions'): Json[] {
  const fresh = which === 'triggers' ? freshTrigger(store.profile.major) : freshAction(store.profile.major);
  return (given as unknown[]).map((part) => {
    const known = isObject(part) ? part : {};
    const kept = Object.fromEntries(Object.keys(fresh).map((key) => [key, known[key] ?? fresh[key]]));
    if (isObject(kept.webhook)) kept.webhook = fullWebhook(store.nextWorkflowPart.webhooks++, kept.webhook);
    return { id: typeof known.id === 'number' ? known.id : store.nextWorkflowPart[which]++, ...kept };
  });
}

function fullWebhook(id: number, given: Json): Json {
  const { url, use_params = true, as_json = false, params = null, body = null, headers = null, include_document = false } = given;
  return { id, url, use_params, as_json, params, body, headers, include_document };
}

const order = (row: { json: Json }) => Number(row.json.order);

export const listWorkflows: Handler = (context) => {
  demand(context, 'view_workflow');
  const rows = context.store.workflows.all().sort((a, b) => order(a) - order(b));
  return paginate(context, rows, { render: (row) => row.json });
};

const checks = { name: text({ max: 256 }), order: integer(-2147483648, 2147483647), enabled: flag };

export const createWorkflow: Handler = async (context) => {
  demand(context, 'add_workflow');
  const data = await readObject(context);
  const missing = ['triggers', 'actions'].filter((name) => !Array.isArray(data[name]));
  if (missing.length > 0) throw new ApiError(400, Object.fromEntries(missing.map((name) => [name, ['This field is required.']])));
  const wanted = checkAll(data, checks, ['name']);
  const row = context.store.workflows.insert({ json: {} });
  row.json = {
    id: row.id,
    name: wanted.name,
    order: wanted.order ?? 0,
    enabled: wanted.enabled ?? true,
    triggers: parts(context, data.triggers, 'triggers'),
    actions: parts(context, data.actions, 'actions'),
  };
  return json(row.json, 201);
};

export const getWorkflow: Handler = (context) => {
  demand(context, 'view_workflow');
  return json(find(context).json);
};

export const updateWorkflow: Handler = async (context) => {
  demand(context, 'change_workflow');
  const row = find(context);
  const data = await readObject(context);
  Object.assign(row.json, checkAll(data, checks));
  for (const which of ['triggers', 'actions'] as const) if (Array.isArray(data[which])) row.json[which] = parts(context, data[which], which);
  return json(row.json);
};

export const deleteWorkflow: Handler = (context) => {
  demand(context, 'delete_workflow');
  context.store.workflows.delete(find(context).id);
  return { status: 204 };
};
