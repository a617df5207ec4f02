import type { Running, Status } from './controller.js';

/** What is true of the cycle now, in a line; then a line a replica. */
export function progressLines(status: Status, running: Running): string[] {
  const cycle = running.running ? `cycle: ${running.phase || 'starting'} ${running.docs_done}/${running.docs_total}` : 'no cycle runs';
  const replicas = status.replicas.map((r) => {
    const total = r.total ?? r.ok + r.pending + r.error + r.held + r.limited + r.quarantined;
    const part = total === 0 ? 0 : Math.floor((r.verified / total) * 20);
    const trouble = [
      r.error && `${r.error} errors`,
      r.held && `${r.held} held`,
      r.limited && `${r.limited} limited`,
      r.differs && `${r.differs} differ`,
    ].filter(Boolean);
    const lag = r.lag_seconds === null ? '' : `  lag ${Math.round(r.lag_seconds)} s`;
    const bar = `${'#'.repeat(part)}${'.'.repeat(20 - part)}`;
    return `${r.name.padEnd(16)} [${bar}] ok ${r.ok}/${total}  verified ${r.verified}${lag}  ${r.status}${trouble.length > 0 ? `  (${trouble.join(', ')})` : ''}`;
  });
  return [cycle, ...replicas];
}

/** Where progress is written: stderr, or what a test gives. */
export interface Terminal {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Shows changing lines on a terminal in place; elsewhere prints them when they changed, at most every three seconds. */
export class Display {
  private shown = 0;
  private last = '';
  private lastAt = 0;

  constructor(private readonly out: Terminal) {}

  /** A line that stays. */
  say(line: string): void {
    this.clear();
    this.out.write(`${line}\n`);
  }

  show(lines: string[], now = false): void {
    // In a log a line is news only when a count moved, not each second that passes.
    const text = this.out.isTTY ? lines.join('\n') : lines.join('\n').replace(/ {2}lag \d+ s/gu, '');
    if (text === this.last || (!now && !this.out.isTTY && Date.now() - this.lastAt < 3000)) return;
    [this.last, this.lastAt] = [text, Date.now()];
    this.clear();
    const width = this.out.columns ?? 160;
    this.out.write(`${(this.out.isTTY ? lines.map((line) => line.slice(0, width - 1)) : lines).join('\n')}\n`);
    this.shown = lines.length;
  }

  private clear(): void {
    if (this.out.isTTY && this.shown > 0) this.out.write(`\u001b[${this.shown}A\u001b[J`);
    this.shown = 0;
    this.last = this.out.isTTY ? '' : this.last;
  }
}
