/** Workflows as rows that can be listed, made and deleted. They are kept, not run. */
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

const order = (row: { json: Json }) => row.json.order as number;

export const listWorkflows: Handler = (context) => {
  demand(context, 'view_workflow');
  const rows = context.store.workflows.all().sort((a, b) => order(a) - order(b));
  return paginate(context, rows, { render: (row) => row.json });
};

export const createWorkflow: Handler = async (context) => {
  demand(context, 'add_workflow');
  const data = await readObject(context);
  const missing = ['triggers', 'actions'].filter((name) => !Array.isArray(data[name]));
  const wrong = Object.fromEntries(missing.map((name) => [name, ['This field is required.']]));
  if (missing.length > 0) throw new ApiError(400, wrong);
  const wanted = checkAll(data, { name: text({ max: 256 }), order: integer(-2147483648, 2147483647), enabled: flag }, ['name']);
  const row = context.store.workflows.insert({ json: {} });
  row.json = {
    id: row.id,
    name: wanted.name,
    order: wanted.order ?? 0,
    enabled: wanted.enabled ?? true,
    triggers: numbered(data.triggers as unknown[], row.id),
    actions: numbered(data.actions as unknown[], row.id),
  };
  return json(row.json, 201);
};

function numbered(items: unknown[], workflow: number): unknown[] {
  return items.map((item, index) => ({ id: workflow * 100 + index, ...(isObject(item) ? item : {}) }));
}

export const getWorkflow: Handler = (context) => {
  demand(context, 'view_workflow');
  return json(find(context).json);
};

export const updateWorkflow: Handler = async (context) => {
  demand(context, 'change_workflow');
  const row = find(context);
  row.json = { ...row.json, ...(await readObject(context)), id: row.id };
  return json(row.json);
};

export const deleteWorkflow: Handler = (context) => {
  demand(context, 'delete_workflow');
  context.store.workflows.delete(find(context).id);
  return { status: 204 };
};
