import { EventEmitter } from 'node:events';
import { setAcquireController } from '../../nodes/shared/controllers';
import type {
  BatchItem,
  Controller,
  ControllerEvent,
  CycleStart,
  FlowDocument,
  Handle,
  OpenOptions,
  Progress,
  PushResult,
  RunSummary,
  StageOptions,
  Ticket,
} from '../../src/controller';

export function ticket(change: Partial<Ticket> = {}): Ticket {
  return { runId: 7, epoch: 3, replicaId: 1, replica: 'backup', batchId: null, trigger: 'manual', deadline: '2026-11-21T12:00:00.000Z', ...change };
}

export function document(title: string): FlowDocument {
  return {
    title,
    created: '2026-03-20',
    correspondent: null,
    document_type: null,
    storage_path: null,
    tags: [],
    archive_serial_number: null,
    custom_fields: [],
    notes: [],
    owner: null,
    permissions: { view: { users: [], groups: [] }, change: { users: [], groups: [] } },
    original_file_name: `${title}.pdf`,
  };
}

export function item(id: number, title = `Document ${id}`): BatchItem {
  return { id, version: 1, reason: 'new', document: document(title) };
}

export function settled(id: number, outcome: PushResult['outcome'] = 'ok'): PushResult {
  return { id, replica: 'backup', replica_document_id: id + 1000, outcome, title: `Document ${id}`, message: null, next_step: null };
}

export function summary(change: Partial<RunSummary> = {}): RunSummary {
  return {
    runId: 7,
    trigger: 'manual',
    startedAt: '2026-11-21T11:00:00Z',
    finishedAt: '2026-11-21T11:01:00Z',
    timedOut: false,
    synced: 2,
    failed: 0,
    replicas: [],
    ...change,
  };
}

type Scripted = Pick<
  Controller,
  'tick' | 'requestSync' | 'pollTasks' | 'schemaParity' | 'fetchChanged' | 'pushDoc' | 'verify' | 'cycleEnd' | 'alert' | 'metrics' | 'reconcile'
>;

/**
 * A controller that does what a test tells it to and remembers what it was asked. Its methods are `scripted`: a test replaces those that it is about; one that a
 * test didn't expect to be called rejects.
 */
export class FakeController {
  readonly calls: { method: string; values: unknown[] }[] = [];
  readonly events = new EventEmitter();
  readonly flows = new Set<{ start(tickets: Ticket[]): void }>();
  deployed = 0;
  state: Controller['state'] = 'running';
  progress: Progress = { running: false, runId: null, phase: 'idle', docsDone: 0, docsTotal: 0 };
  /** Whether the database still answers. */
  readable = true;
  handles = 0;
  opened: OpenOptions[] = [];
  /** What opening does before it succeeds; a test makes it fail or wait. */
  opening: () => Promise<void> = () => Promise.resolve();
  readonly scripted: Partial<Scripted>;

  constructor(scripted: Partial<Scripted> = {}) {
    this.scripted = scripted;
  }

  emit(event: ControllerEvent): void {
    this.events.emit('event', event);
  }

  called(method: string): unknown[][] {
    return this.calls.filter((call) => call.method === method).map((call) => call.values);
  }

  readonly acquire = async (options: OpenOptions): Promise<Handle> => {
    this.opened.push(options);
    await this.opening();
    this.handles += 1;
    let released = false;
    return {
      controller: this.face,
      release: () => {
        if (released) throw new Error('A handle was released twice.');
        released = true;
        this.handles -= 1;
        return Promise.resolve();
      },
    };
  };

  /** As the nodes see it. What they never touch throws when they do. */
  private readonly face: Controller = new Proxy({} as Controller, {
    get: (_target, name: string) => {
      const own = this.own as Record<string, unknown>;
      if (name in own) return own[name];
      if (name === 'state') return this.state;
      return (...values: unknown[]) => {
        this.calls.push({ method: name, values });
        const script = (this.scripted as Record<string, ((...values: unknown[]) => unknown) | undefined>)[name];
        return script === undefined ? Promise.reject(new Error(`The test did not expect ${name}().`)) : script(...values);
      };
    },
  });

  private readonly own = {
    databasePath: '/nowhere/db.sqlite3',
    store: {
      lease: {
        current: () => {
          if (!this.readable) throw new Error('disk I/O error');
          return { epoch: 1, holder: null, expiresAt: null };
        },
      },
      replicas: { get: (id: number) => ({ id, name: 'backup' }) },
    },
    attachFlow: (flow: { start(tickets: Ticket[]): void }) => {
      this.flows.add(flow);
      return () => void this.flows.delete(flow);
    },
    progress: (): Progress => this.progress,
    flowDeployed: () => {
      this.deployed += 1;
    },
    on: (listener: (event: ControllerEvent) => void) => {
      this.events.on('event', listener);
      return () => void this.events.removeListener('event', listener);
    },
  };
}

/** Lets the nodes of a test find this controller. */
export function useController(fake: FakeController | null): void {
  setAcquireController(fake === null ? null : fake.acquire);
}

export const started = (tickets: Ticket[]): CycleStart => ({ kind: 'started', runId: tickets[0]?.runId ?? 0, tickets });

/** Rejects when the node tells its stages to end. */
export function untilAborted(options: StageOptions | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const { signal } = options ?? {};
    const refuse = (): void => reject(new Error('aborted'));
    if (signal?.aborted === true) refuse();
    else signal?.addEventListener('abort', refuse, { once: true });
  });
}
