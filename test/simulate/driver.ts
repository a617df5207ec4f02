import type { BatchItem, RunSummary } from '../../src/controller/types';
import type { Engine } from '../../src/controller/controller';
import { Carrier } from './carrier';
import type { Story } from './story';

/** What starts the engine's cycles as the clock goes on: ticks and a carrier of tickets, or whole cycles. */
export class Driver {
  carrier: Carrier | null = null;
  /** Share of messages that something happens to. */
  ticketTrouble = 0;
  /** Summaries of runs, the latest last. */
  readonly runs: RunSummary[] = [];
  /** Whether the clock starts cycles; else they come when `tick` is called. */
  byTheClock = true;
  readonly #dice;
  #engine: Engine | null = null;
  #detach: () => void = () => undefined;
  #stopped = true;
  #lastStart = -Infinity;
  /** Whose cycle goes on: one that ends comes before the next, as a command would have it. */
  #cycling: Engine | null = null;

  constructor(private readonly story: Story) {
    this.#dice = story.dice('carrier');
  }

  /** Takes over the engine that now lives. */
  start(): void {
    const { engine } = this.story.world;
    this.#engine = engine;
    this.#stopped = false;
    this.#lastStart = -Infinity;
    this.deploy();
    this.#tickLater(engine);
  }

  stop(): void {
    this.#stopped = true;
    this.carrier?.cut();
    this.carrier = null;
    this.#detach();
    this.#engine = null;
  }

  /** The process stands still, and its flow with it: both go on when it wakes. */
  leave(): void {
    this.#stopped = true;
    this.carrier = null;
    this.#detach = () => undefined;
    this.#engine = null;
  }

  /** The flow anew: what was on its way in the old one is gone. */
  deploy(): void {
    if (this.#engine === null || this.story.cast.driver !== 'flow') return;
    this.carrier?.cut();
    this.#detach();
    const engine = this.#engine;
    const carrier = new Carrier(
      this.story,
      engine,
      this.#dice,
      (items, replica) => this.#between(items, replica),
      (summary) => this.#ended(summary),
    );
    carrier.trouble = this.ticketTrouble;
    this.carrier = carrier;
    this.#detach = engine.attachFlow({ start: (tickets) => carrier.start(tickets) });
    try {
      engine.flowDeployed();
    } catch (error) {
      // The node says so, and the next deploy comes.
      this.story.note(`deploy: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** No more trouble with messages. */
  calm(): void {
    this.ticketTrouble = 0;
    if (this.carrier !== null) this.carrier.trouble = 0;
  }

  /** One tick, now. */
  async tick(): Promise<void> {
    const engine = this.#engine;
    const { world } = this.story;
    if (engine === null || this.#stopped || world.frozen) return;
    try {
      if (this.story.cast.driver === 'flow') {
        const { carrier } = this;
        const started = await engine.tick();
        // A deploy may have come meanwhile: its flow begins with what was started.
        if (started.kind === 'started') (this.#engine === engine ? this.carrier : carrier)?.start(started.tickets);
        return;
      }
      const interval = (this.story.cast.settings.sync_interval_seconds as number) * 1000;
      if (this.#cycling === engine || world.time.now() - this.#lastStart < interval) return;
      this.#lastStart = world.time.now();
      this.#cycling = engine;
      const summary = await engine.runCycle({ trigger: 'scheduler' }).finally(() => (this.#cycling = null));
      if ('skipped' in summary) this.story.note(`cycle skipped: ${summary.skipped}`);
      else this.#ended(summary);
    } catch (error) {
      this.story.note(`tick: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #tickLater(engine: Engine): void {
    this.story.world.time.after(this.story.cast.tickMs, () => {
      if (this.#stopped || this.#engine !== engine) return;
      if (this.byTheClock) void this.tick();
      this.#tickLater(engine);
    });
  }

  #ended(summary: RunSummary): void {
    this.runs.push(summary);
    const lanes = summary.replicas.map(
      (r) => `${r.name} ${r.outcome} ${r.synced}/${r.failed}/${r.verified}${r.message === null ? '' : ` (${r.message})`}`,
    );
    this.story.note(`-- cycle ${summary.runId} ended: ${lanes.join('; ')}`);
  }

  #between(items: BatchItem[], replica: string): unknown[] {
    const { cast } = this.story;
    if (!cast.ownNodes) return items;
    return items.flatMap((item) => {
      if (leftOut(replica, item.id)) return [];
      item.document.title = retitled(replica, item.document.title);
      return [item];
    });
  }
}

/** What somebody's own nodes do, where there are any: the first replica gets other titles, the second not every document. */
export function retitled(replica: string, title: string): string {
  return replica === 'replica-1' ? `F ${title}`.slice(0, 120) : title;
}

export function leftOut(replica: string, masterDocId: number): boolean {
  return replica === 'replica-2' && masterDocId % 3 === 0;
}
