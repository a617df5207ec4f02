import type { SimulatorResponse } from '../../simulator/http/messages';
import type { TaskOutcome, TaskRow } from '../../simulator/state/rows';
import type { Store } from '../../simulator/state/store';
import type { Passage } from '../support/faults';
import { isUpload, type Trouble } from './network';

/** What becomes of an upload behind a good answer. */
export const WORKER_TROUBLES: readonly Trouble[] = [
  {
    kind: 'task-failed',
    weight: 6,
    fits: isUpload,
    strike: ({ site }, chance) => {
      const message = chance.is(0.7)
        ? 'a.txt: The following error occurred while storing document a.txt after parsing: database is locked'
        : 'a.txt: File not found';
      return answered(pretend(site.instance.store, 'failure', { kind: 'error', type: 'ConsumerError', message }));
    },
  },
  {
    kind: 'task-stuck',
    weight: 4,
    fits: isUpload,
    strike: async (passage, chance) => {
      const { store } = passage.site.instance;
      // The worker died with the file in its hands, or stored the document and lost its row.
      if (chance.is(0.5)) return answered(pretend(store, 'started', null));
      return watched(passage, (task) => {
        store.tasks.delete(task.id);
        store.tasks.put({ ...task, status: 'started' });
      });
    },
  },
  {
    kind: 'task-vanished',
    weight: 4,
    fits: isUpload,
    strike: (passage, chance) => {
      const { store } = passage.site.instance;
      if (chance.is(0.5)) return Promise.resolve(said(store.uuid()));
      return watched(passage, (task) => void store.tasks.delete(task.id));
    },
  },
  {
    kind: 'task-twice',
    weight: 4,
    fits: isUpload,
    strike: async ({ serve }, chance) => {
      const first = await serve();
      const second = await serve();
      return chance.pick([first, second]);
    },
  },
];

/** Tasks of which nothing will ever come: who looks after the replica dismisses them. */
export function deadTasks(store: Store): TaskRow[] {
  return store.tasks.all().filter((task) => task.type === 'consume_file' && task.outcome === null);
}

/** Serves, and does something to the task's row that came of it. */
async function watched({ site, serve }: Passage, act: (task: TaskRow) => void): Promise<SimulatorResponse | null> {
  const { store } = site.instance;
  const before = new Set(store.tasks.all().map((task) => task.id));
  const answer = await serve();
  const made = store.tasks.all().find((task) => !before.has(task.id));
  if (made === undefined) return null;
  act(made);
  return answer;
}

function pretend(store: Store, status: TaskRow['status'], outcome: TaskOutcome | null): TaskRow {
  const at = store.stamp();
  return store.tasks.insert({
    taskId: store.uuid(),
    type: 'consume_file',
    source: 'api_upload',
    filename: 'a.txt',
    mimeType: 'text/plain',
    overrides: {},
    status,
    created: at,
    started: at,
    done: outcome === null ? null : at,
    outcome,
    acknowledged: false,
    owner: null,
  });
}

function answered(task: TaskRow): Promise<SimulatorResponse> {
  return Promise.resolve(said(task.taskId));
}

function said(taskId: string): SimulatorResponse {
  const body = Buffer.from(JSON.stringify(taskId));
  return { status: 200, headers: { 'content-type': 'application/json', 'content-length': String(body.length) }, body };
}
