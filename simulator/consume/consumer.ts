/** The worker side of an instance: uploads and late effects wait in one queue and become tasks that the API shows. */
import { bump } from '../state/documents';
import type { DocumentRow, TaskOutcome, TaskRow } from '../state/rows';
import type { Store } from '../state/store';
import { consume, preflight, type ConsumeSettings, type Upload } from './consume';
import { Queue } from './queue';

export interface ConsumerOptions extends ConsumeSettings {
  workers: number;
  /** Milliseconds that one file keeps a worker busy. */
  delay: number;
}

export class Consumer {
  readonly queue: Queue;

  constructor(
    readonly store: Store,
    readonly options: ConsumerOptions,
  ) {
    this.queue = new Queue(store.environment.scheduler, options.workers);
  }

  /** Queues a file; the task row exists before this returns. */
  submit(upload: Upload, overrides: Record<string, unknown>): TaskRow {
    const version = upload.versionOf !== undefined;
    const task = this.#task('consume_file', version || upload.fromWebInterface ? 'web_ui' : 'api_upload', version ? null : upload.owner);
    task.filename = upload.filename;
    task.mimeType = upload.mimeType;
    task.overrides = overrides;
    let refused: TaskOutcome | undefined;
    this.queue.add({
      duration: this.options.delay,
      started: () => {
        this.#start(task);
        refused = preflight(this.store, upload, this.options);
      },
      finish: async () => {
        try {
          task.outcome = refused ?? (await consume(this.store, upload, this.options));
        } catch (error) {
          task.outcome = { kind: 'error', type: 'Exception', message: error instanceof Error ? error.message : String(error) };
        }
        if (task.outcome.kind !== 'document') upload.file.drop();
        task.status = task.outcome.kind === 'document' || task.outcome.kind === 'reason' ? 'success' : 'failure';
        task.done = this.store.stamp();
      },
    });
    return task;
  }

  /** Work that a request leaves for later: `act`, then the documents' `modified` moves. */
  later(documents: () => number[], act: () => void = () => undefined): void {
    this.#afterwards('bulk_update', 'system', () => {
      act();
      for (const id of documents()) {
        const row = this.store.documents.get(id);
        if (row && row.deletedAt === null) bump(this.store, row);
      }
    });
  }

  /** Reads a document's own file again, not its versions': the parser's text comes back over a corrected one, and `modified` stays. */
  reprocess(row: DocumentRow): void {
    this.#afterwards('reprocess_document', 'manual', () => {
      row.content = row.parsedText;
    });
  }

  /** On 3.x such work is shown as a task, on 2.x not. */
  #afterwards(type: TaskRow['type'], source: TaskRow['source'], act: () => void): void {
    const task = this.store.profile.major === 3 ? this.#task(type, source, null) : undefined;
    this.queue.add({
      duration: 0,
      started: () => task && this.#start(task),
      finish: () => {
        act();
        if (!task) return;
        task.outcome = { kind: 'done' };
        task.status = 'success';
        task.done = this.store.stamp();
      },
    });
  }

  /** Work that is neither shown as a task nor moves `modified`. */
  silently(act: () => void | Promise<void>): void {
    this.queue.add({ duration: 0, finish: act });
  }

  #task(type: TaskRow['type'], source: TaskRow['source'], owner: number | null): TaskRow {
    return this.store.tasks.insert({
      taskId: this.store.uuid(),
      type,
      source,
      filename: null,
      mimeType: null,
      overrides: {},
      status: 'pending',
      created: this.store.stamp(),
      started: null,
      done: null,
      outcome: null,
      acknowledged: false,
      owner,
    });
  }

  #start(task: TaskRow): void {
    task.status = 'started';
    task.started = this.store.stamp();
  }
}
