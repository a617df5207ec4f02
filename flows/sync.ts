import { Tab, type FlowNode } from './nodes';

/** The sync cycle itself: every step that the engine takes is a node on this tab, and nothing happens that isn't wired here. */
export function syncTab(): FlowNode[] {
  const tab = new Tab(
    'pngx-sync',
    'Sync',
    'Keeps the replicas in step with the master. Read it from left to right: a cycle starts, each replica goes through the stages on a lane of its own, and the run ends when all lanes have.\n\n' +
      'Change what you like. While you leave this tab as it was shipped, updates of the package update it; once you changed it, it is yours and stays.',
  );

  tab.comment(
    'about-start',
    { column: 0, row: 1 },
    'When: what starts a cycle',
    'The timer asks every 30 seconds whether a replica is due. Intervals, schedules, quiet hours and pause are settings of the controller: change them there, not here.\n\n' +
      'The button starts a run at once. So does POST /api/sync, without a wire to here: such runs come out of "cycle start", too.',
  );
  tab.inject('tick', { column: 0, row: 2 }, 'every 30 s', { trigger: 'scheduler', everySeconds: 30 }, [['cycle-start']]);
  tab.inject('manual', { column: 0, row: 3 }, 'sync now', { trigger: 'manual' }, [['cycle-start']]);
  tab.paperless('cycle-start', 'cycle-start', { column: 1, row: 2 }, [['poll-tasks'], ['skipped']]);
  tab.debug('skipped', { column: 1.2, row: 4 }, 'skipped, and why', { active: true });

  tab.comment(
    'about-stages',
    { column: 2, row: 1 },
    'What: the stages of a lane',
    'One message per replica. msg.sync is its ticket: every stage needs it, so keep it as it is.\n\n' +
      '"fetch changed" sends batches of documents out of its first output, and the lane itself out of its second one when nothing is left.',
  );
  tab.paperless('poll-tasks', 'poll-tasks', { column: 2, row: 2 }, [['schema-parity']]);
  tab.paperless('schema-parity', 'schema-parity', { column: 3, row: 2 }, [['fetch-changed']]);
  tab.paperless('fetch-changed', 'fetch-changed', { column: 4.2, row: 2 }, [['push-doc'], ['verify']]);

  tab.comment(
    'about-yours',
    { column: 5.2, row: 1 },
    'Your nodes go here',
    'Put nodes on the wire between "fetch changed" and "push doc". msg.payload is a list of documents, by name and not by number.\n\n' +
      'Leave a document out, and it is held back from this replica until it changes or the flow is deployed. Change a title or a tag, and the replica gets that, and is verified against it.\n\n' +
      'Import > Examples has some to start from.',
  );
  tab.paperless('push-doc', 'push-doc', { column: 6, row: 2 }, [['fetch-changed'], ['results']]);
  tab.debug('results', { column: 7.2, row: 2 }, 'each document', { active: false });

  tab.comment(
    'about-end',
    { column: 6.1, row: 3 },
    'Proof, end and alerts',
    'Without "verify" documents are synced but never verified. "cycle end" sends one summary when the last lane has ended; "alert" tells Gotify or a webhook what is worth telling.',
  );
  tab.paperless('verify', 'verify', { column: 5, row: 4 }, [['cycle-end']]);
  tab.paperless('cycle-end', 'cycle-end', { column: 6, row: 4 }, [['alert', 'summary']]);
  tab.paperless('alert', 'alert', { column: 7, row: 4 }, [[]]);
  tab.debug('summary', { column: 7.1, row: 5 }, 'summary', { active: false });

  tab.comment(
    'about-failure',
    { column: 2, row: 6 },
    'When a replica fails as a whole',
    'A document that fails is no error here: it is a row with its cause and its next try. What arrives here is a stage, or a node of yours, that could not go on. ' +
      '"cycle end" ends that lane as failed; the other replicas go on.',
  );
  tab.catchAll('catch', { column: 2, row: 7 }, 'a stage failed', [['cycle-end', 'errors']]);
  tab.debug('errors', { column: 4, row: 7 }, 'what failed', { active: true, console: true, complete: 'error.message' });
  return tab.nodes;
}
