import { z } from 'zod';
import type { Io } from './command';

const progressEvent = z.looseObject({
  type: z.literal('progress'),
  progress: z.looseObject({ phase: z.string(), docsDone: z.number(), docsTotal: z.number() }),
});

const runFinished = z.looseObject({
  type: z.literal('run-finished'),
  summary: z.looseObject({ runId: z.number(), synced: z.number(), failed: z.number(), timedOut: z.boolean() }),
});

/** How a sync goes on, on standard error: one line that changes for a person, a line per cycle for a log. */
export class Progress {
  private shown = false;

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
      const { runId, synced, failed, timedOut } = run.data.summary;
      this.io.err(`Cycle ${runId}: ${synced} synced, ${failed} failed${timedOut ? ', ended at its time limit' : ''}\n`);
    }
  }

  clear(): void {
    if (this.shown) this.io.err('\r\u001b[K');
    this.shown = false;
  }
}
