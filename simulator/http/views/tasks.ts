import type { TaskRow, TaskStatus } from '../../state/rows';
import { json, parameter, type Context, type Handler } from '../context';
import { ApiError, notFound } from '../errors';
import { refuse, wholeNumber } from '../check';
import { applyFilters, booleanOf, timeFilters, type Filters } from '../filters';
import { paginate } from '../paginate';
import { readObject } from '../body';
import { pythonType } from '../json';
import { showTask } from '../render/task';
import { demand, idOf } from './access';

const statuses: TaskStatus[] = ['pending', 'started', 'success', 'failure'];

/** Staff see all; others what is theirs and what is nobody's. */
function visible(context: Context): TaskRow[] {
  const rows = context.store.tasks.all();
  return context.user.isStaff || context.user.isSuperuser ? rows : rows.filter((row) => row.owner === null || row.owner === context.user.id);
}

function filters({ store }: Context): Filters<TaskRow> {
  const modern = store.profile.major === 3;
  const known = modern ? [...statuses, 'revoked'] : [...statuses.map((status) => status.toUpperCase()), 'RECEIVED', 'RETRY', 'REVOKED'];
  const flag = (test: (row: TaskRow) => boolean) => (value: string) => {
    const want = booleanOf(value);
    return want === null ? null : (row: TaskRow) => test(row) === want;
  };
  return {
    status: (value) => {
      if (!known.includes(value)) throw refuse(`Select a valid choice. ${value} is not one of the available choices.`);
      return (row) => row.status === value.toLowerCase();
    },
    acknowledged: flag((row) => row.acknowledged),
    ...(modern
      ? {
          is_complete: flag((row) => row.status === 'success' || row.status === 'failure'),
          task_type: (value: string) => (row: TaskRow) => row.type === value,
          trigger_source: (value: string) => (row: TaskRow) => row.source === value,
          name: (value: string) => (row: TaskRow) => (row.filename ?? '').toLowerCase().includes(value.toLowerCase()),
          ...renamed(timeFilters<TaskRow>('date_created', store, (row) => row.created)),
        }
      : {
          task_name: (value: string) => (row: TaskRow) => row.type === value,
          type: (value: string) => (row: TaskRow) => value === 'auto_task' || row.type === value,
        }),
  };
}

function renamed(times: Filters<TaskRow>): Filters<TaskRow> {
  return {
    date_created_after: times.date_created__gte as Filters<TaskRow>[string],
    date_created_before: times.date_created__lte as Filters<TaskRow>[string],
  };
}

/** Newest first. `task_id` is one exact id; an empty one finds nothing. */
export const listTasks: Handler = (context) => {
  demand(context, 'view_paperlesstask');
  const wanted = parameter(context, 'task_id');
  const asked = wanted === undefined ? visible(context) : visible(context).filter((row) => row.taskId === wanted);
  const rows = applyFilters(context, filters(context), asked).sort((a, b) => b.created - a.created || b.id - a.id);
  const render = (row: TaskRow) => showTask(context.store, row, context.api);
  return context.api >= 10 ? paginate(context, rows, { render }) : json(rows.map(render));
};

export const getTask: Handler = (context) => {
  demand(context, 'view_paperlesstask');
  const row = visible(context).find((task) => task.id === idOf(context));
  if (!row) throw notFound();
  return json(showTask(context.store, row, context.api));
};

export const acknowledgeTasks: Handler = async (context) => {
  demand(context, 'change_paperlesstask');
  const data = await readObject(context);
  if (context.store.profile.major === 3 && data.all === true) return acknowledge(visible(context).filter((row) => !row.acknowledged));
  if (data.tasks === undefined) {
    const missing = { tasks: ['This field is required.'] };
    throw new ApiError(
      400,
      context.store.profile.major === 3 ? { non_field_errors: ['Either all must be true or tasks must be provided.'] } : missing,
    );
  }
  if (!Array.isArray(data.tasks)) throw new ApiError(400, { tasks: [`Expected a list of items but got type "${pythonType(data.tasks)}".`] });
  const asked = data.tasks as unknown[];
  const wrong = Object.fromEntries(
    asked.flatMap((id, index) => (wholeNumber(id) === undefined ? [[String(index), ['A valid integer is required.']]] : [])),
  );
  if (Object.keys(wrong).length > 0) throw new ApiError(400, { tasks: wrong });
  const rows = asked.map((id) => context.store.tasks.get(Number(id)));
  if (rows.some((row) => !row) || new Set(asked.map(Number)).size !== asked.length) {
    throw new ApiError(400, { tasks: ["Some tasks in tasks don't exist or were specified twice."] });
  }
  return acknowledge(rows.filter((row) => row !== undefined));
};

function acknowledge(rows: TaskRow[]) {
  for (const row of rows) row.acknowledged = true;
  return json({ result: rows.length });
}

export const activeTasks: Handler = (context) => {
  demand(context, 'view_paperlesstask');
  const rows = visible(context).filter((row) => row.status === 'pending' || row.status === 'started');
  return json(rows.sort((a, b) => b.created - a.created).map((row) => showTask(context.store, row, context.api)));
};

export const countTasks: Handler = (context) => {
  demand(context, 'view_paperlesstask');
  const rows = visible(context);
  const with_ = (...wanted: TaskStatus[]) => rows.filter((row) => wanted.includes(row.status));
  return json({
    all: rows.length,
    needs_attention: with_('failure').length,
    in_progress: with_('pending', 'started').length,
    completed: with_('success').length,
  });
};

export const summarizeTasks: Handler = (context) => {
  demand(context, 'view_paperlesstask');
  const { zone } = context.store;
  const types = new Map<string, TaskRow[]>();
  for (const row of visible(context)) types.set(row.type, [...(types.get(row.type) ?? []), row]);
  const average = (values: number[]) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length / 1_000_000);
  const latest = (times: (number | null)[]) => {
    const known = times.filter((value) => value !== null);
    return known.length === 0 ? null : zone.iso(Math.max(...known));
  };
  return json(
    [...types].map(([type, rows]) => {
      const of = (status: TaskStatus) => rows.filter((row) => row.status === status);
      const ended = rows.filter((row) => row.done !== null && row.started !== null);
      return {
        task_type: type,
        total_count: rows.length,
        pending_count: of('pending').length,
        success_count: of('success').length,
        failure_count: of('failure').length,
        avg_duration_seconds: average(ended.map((row) => (row.done ?? 0) - (row.started ?? 0))),
        avg_wait_time_seconds: average(ended.map((row) => (row.started ?? 0) - row.created)),
        last_run: latest(rows.map((row) => row.created)),
        last_success: latest(of('success').map((row) => row.done)),
        last_failure: latest(of('failure').map((row) => row.done)),
      };
    }),
  );
};
