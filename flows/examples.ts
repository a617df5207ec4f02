import { controllerNode, Tab, type FlowNode } from './nodes';

/** An importable flow, by the path of its file below examples/; folders become sub-menus of the editor's import dialog. */
export type Example = [path: string, nodes: FlowNode[]];

function example(path: string, id: string, title: string, info: string, fill: (tab: Tab) => void): Example {
  const tab = new Tab(`pngx-example-${id}`, title, info);
  tab.comment('about', { column: 0, row: 1 }, title, info);
  fill(tab);
  return [path, [...tab.nodes, controllerNode()]];
}

const oneCycle = example(
  '01-a-whole-cycle.json',
  'cycle',
  'A whole cycle',
  'The least that keeps replicas in step: a timer, the stages in their order, the end of the run, and a Catch node for a stage that fails.',
  (tab) => {
    tab.inject('tick', { column: 0, row: 2 }, 'every 30 s', { trigger: 'scheduler', everySeconds: 30 }, [['start']]);
    tab.paperless('start', 'cycle-start', { column: 1, row: 2 }, [['poll'], []]);
    tab.paperless('poll', 'poll-tasks', { column: 2, row: 2 }, [['parity']]);
    tab.paperless('parity', 'schema-parity', { column: 3, row: 2 }, [['fetch']]);
    tab.paperless('fetch', 'fetch-changed', { column: 4, row: 2 }, [['push'], ['verify']]);
    tab.paperless('push', 'push-doc', { column: 5, row: 2 }, [['fetch'], []]);
    tab.paperless('verify', 'verify', { column: 4, row: 3 }, [['end']]);
    tab.paperless('end', 'cycle-end', { column: 5, row: 3 }, [['summary']]);
    tab.debug('summary', { column: 6, row: 3 }, 'summary', { active: true });
    tab.catchAll('failed', { column: 4, row: 4 }, 'a stage failed', [['end']]);
  },
);

const leaveOut = example(
  '02-leave-documents-out.json',
  'leave-out',
  'Leave documents out',
  'Put the function node between "fetch changed" and "push doc" of your flow. Documents with the tag Private never reach the replica: they are held, and offered again when they change or the flow is deployed.',
  (tab) => {
    tab.paperless('fetch', 'fetch-changed', { column: 0.2, row: 2 }, [['filter'], []]);
    tab.functionNode(
      'filter',
      { column: 1.4, row: 2 },
      'not the private ones',
      'msg.payload = msg.payload.filter((item) => !item.document.tags.includes("Private"));\nreturn msg;',
      [['push']],
    );
    tab.paperless('push', 'push-doc', { column: 2.6, row: 2 }, [['fetch'], []]);
  },
);

const change = example(
  '03-change-what-a-replica-gets.json',
  'change',
  'Change what a replica gets',
  'What comes out of the function node is what the replica gets, and what verify compares it with. The master is never written.',
  (tab) => {
    tab.paperless('fetch', 'fetch-changed', { column: 0.2, row: 2 }, [['change'], []]);
    tab.functionNode(
      'change',
      { column: 1.4, row: 2 },
      'mark the copies',
      [
        'for (const { document } of msg.payload) {',
        '  if (msg.sync.replica === "archive") document.tags.push("Copy");',
        '  document.title = document.title.trim();',
        '}',
        'return msg;',
      ].join('\n'),
      [['push']],
    );
    tab.paperless('push', 'push-doc', { column: 2.6, row: 2 }, [['fetch'], ['results']]);
    tab.debug('results', { column: 3.7, row: 2 }, 'each document', { active: true });
  },
);

const tell = example(
  '04-hear-of-everything.json',
  'events',
  'Hear of everything that happens',
  'Wire the events to whatever you have: a message, a lamp, a database. Choose the types in the node.',
  (tab) => {
    tab.paperless('events', 'events', { column: 0, row: 2 }, [['show']], { events: 'run-finished,replica-suspended,replica-recovered' });
    tab.debug('show', { column: 1.2, row: 2 }, 'event', { active: true });
  },
);

const alerts = example(
  '05-alerts-of-your-own.json',
  'alerts',
  'Alerts of your own',
  'The summary of a run comes from "cycle end". Here the alerts of the controller go out, and runs that ran out of time are shown as well.',
  (tab) => {
    tab.paperless('end', 'cycle-end', { column: 0.2, row: 2 }, [['alert', 'late']]);
    tab.paperless('alert', 'alert', { column: 1.4, row: 2 }, [['sent']]);
    tab.debug('sent', { column: 2.6, row: 2 }, 'sent', { active: true });
    tab.functionNode('late', { column: 1.4, row: 3 }, 'out of time?', 'return msg.payload.timedOut ? msg : null;', [['warn']]);
    tab.debug('warn', { column: 2.6, row: 3 }, 'out of time', { active: true });
  },
);

const ask = example(
  '06-ask-the-api.json',
  'ask',
  'Ask the API, from a flow or over HTTP',
  'The same operation by a button and as a route of your own.',
  (tab) => {
    tab.inject('button', { column: 0, row: 2 }, 'status', { trigger: 'manual' }, [['status']]);
    tab.paperless('status', 'request', { column: 1.2, row: 2 }, [['show']], { operation: 'status' });
    tab.debug('show', { column: 2.4, row: 2 }, 'status', { active: true });
    tab.httpIn('in', { column: 0, row: 3 }, 'get', '/my-status', [['answer']]);
    tab.paperless('answer', 'request', { column: 1.2, row: 3 }, [['out']], { operation: 'status' });
    tab.httpResponse('out', { column: 2.4, row: 3 });
  },
);

const reconcile = example(
  '07-reconcile.json',
  'reconcile',
  'Adopt what a replica already has',
  'The first button says what would be adopted, the second adopts it. Set replicaId in both to the id of your replica.',
  (tab) => {
    tab.inject('look', { column: 0, row: 2 }, 'plan', { trigger: 'reconcile', also: { replicaId: 1, apply: false } }, [['reconcile']]);
    tab.inject('button', { column: 0, row: 3 }, 'adopt', { trigger: 'reconcile', also: { replicaId: 1, apply: true } }, [['reconcile']]);
    tab.paperless('reconcile', 'reconcile', { column: 1.2, row: 2 }, [['plan']], { apply: false });
    tab.debug('plan', { column: 2.4, row: 2 }, 'plan', { active: true });
    tab.catchAll('failed', { column: 1.2, row: 4 }, 'failed', [['why']]);
    tab.debug('why', { column: 2.4, row: 4 }, 'why', { active: true, complete: 'error.message' });
  },
);

/** All examples but the whole app, which is the shipped flow itself. */
export const examples: readonly Example[] = [oneCycle, leaveOut, change, tell, alerts, ask, reconcile];
