import { z } from 'zod';
import type { Io } from './command';

const progressEvent = z.looseObject({
  type: z.literal('progress'),
  progress: z.looseObject({ phase: z.string(), docsDone: z.number(), docsTotal: z.number() }),
});

const runFinished = z.looseObject({
  type: z.literal('run-finished'),
  summary: z.looseObject({
    runId: z.number(),
    synced: z.number(),
    failed: z.number(),
    timedOut: z.boolean(),
    replicas: z.array(z.looseObject({ name: z.string(), outcome: z.string(), message: z.string().nullable() })),
  }),
});

/** How a sync goes on, on standard error: one line that changes for a person, a line per cycle for a log. */
export class Progress {
  private shown = false;
  /** What the last line said, but for the cycle's number. */
  private last = '';
  private repeated = 0;

  constructor(
    private readonly io: Io,
    private readonly quiet = false,
  ) {}

  event(event: object): void {
    if (this.quiet) return;
    const progress = progressEvent.safeParse(event);
    if (progress.success && this.io.tty) {
      const { phase, docsDone, docsTotal } = progress.data.progress;
      this.io.err(`\r\u001b[K${phase}: ${docsDone} of ${docsTotal}`);
      this.shown = true;
    }
    const run = runFinished.safeParse(event);
    if (run.success) {
      this.clear();
      const { runId, synced, failed, timedOut, replicas } = run.data.summary;
      const failures = replicas.flatMap(({ name, outcome, message }) => (outcome === 'failed' ? `; ${name}: ${message ?? 'failed'}` : []));
      const said = `${synced} synced, ${failed} failed${timedOut ? ', ended at its time limit' : ''}${failures.join('')}`;
      this.repeated = said === this.last && synced === 0 ? this.repeated + 1 : 0;
      this.last = said;
      if (this.repeated === 0) this.io.err(`Cycle ${runId}: ${said}\n`);
      // Waiting for a replica's queue can take hundreds of cycles that have nothing to tell.
      else if (this.repeated === 1) this.io.err('Cycles go on, quietly, until something changes; pngx status says what is waited for.\n');
    }
  }

  clear(): void {
    if (this.shown) this.io.err('\r\u001b[K');
    this.shown = false;
  }
}
