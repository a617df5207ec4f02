import assert from 'node:assert/strict';
import type { Io } from '../../../src/cli/command';
import { Progress } from '../../../src/cli/progress';

describe('progress of a sync', () => {
  let said: string;
  let progress: Progress;
  beforeEach(() => {
    said = '';
    progress = new Progress({ tty: false, err: (text: string) => void (said += text) } as Io);
  });

  function finished(runId: number, synced: number, message: string | null = null): void {
    const replicas = [{ name: 'cellar', outcome: message === null ? 'finished' : 'failed', message }];
    progress.event({ type: 'run-finished', summary: { runId, synced, failed: 0, timedOut: false, replicas } });
  }

  it('says why a replica failed', () => {
    finished(1, 0, 'Nobody answers at http://cellar. Start it.');
    assert.equal(said, 'Cycle 1: 0 synced, 0 failed; cellar: Nobody answers at http://cellar. Start it.\n');
  });

  it('says once that it waits, and goes on when something happens', () => {
    for (let cycle = 1; cycle <= 50; cycle += 1) finished(cycle, 0);
    finished(51, 2);
    finished(52, 2);
    assert.deepEqual(said.split('\n'), [
      'Cycle 1: 0 synced, 0 failed',
      'Cycles go on, quietly, until something changes; pngx status says what is waited for.',
      'Cycle 51: 2 synced, 0 failed',
      'Cycle 52: 2 synced, 0 failed',
      '',
    ]);
  });
});
