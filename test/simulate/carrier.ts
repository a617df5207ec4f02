import { TicketError, type BatchItem, type RunSummary, type Ticket } from '../../src/controller/types';
import type { Engine } from '../../src/controller/controller';
import type { Chance } from './chance';
import type { Story } from './story';

type Stage = 'poll-tasks' | 'schema-parity' | 'fetch-changed' | 'push-doc' | 'verify' | 'cycle-end';

/** What somebody's own nodes make of a batch. */
export type Between = (items: BatchItem[], replica: string) => unknown[];

interface Message {
  stage: Stage;
  ticket: Ticket;
  payload: unknown;
}

/** The flow without Node-RED: takes each lane's message from stage to stage as the shipped flow wires them, and may lose, double or delay it. */
export class Carrier {
  /** Share of messages that something happens to. */
  trouble = 0;
  readonly #abort = new AbortController();
  #cut = false;

  constructor(
    private readonly story: Story,
    private readonly engine: Engine,
    private readonly chance: Chance,
    private readonly between: Between,
    private readonly ended: (summary: RunSummary) => void,
  ) {}

  start(tickets: readonly Ticket[]): void {
    for (const ticket of tickets) this.#send({ stage: 'poll-tasks', ticket, payload: null });
  }

  /** A deploy: the nodes of this flow are gone, what they were doing is aborted, and messages between them are lost. */
  cut(): void {
    this.#cut = true;
    this.#abort.abort();
  }

  #send(message: Message): void {
    // Nodes hand JSON on: what works here works there.
    const copy = JSON.parse(JSON.stringify(message)) as Message;
    const { story, chance } = this;
    if (chance.is(this.trouble)) {
      const about = `${message.ticket.replica} ${message.stage}`;
      switch (chance.int(3)) {
        case 0:
          story.struck('ticket-lost', about);
          return;
        case 1:
          story.struck('ticket-doubled', about);
          story.world.time.after(chance.int(2000), () => this.#arrive(JSON.parse(JSON.stringify(copy)) as Message));
          break;
        default:
          story.struck('ticket-delayed', about);
          story.world.time.after(chance.int(90_000), () => this.#arrive(copy));
          return;
      }
    }
    story.world.time.after(0, () => this.#arrive(copy));
  }

  #arrive(message: Message): void {
    this.story.world.reach(this.engine, () => this.#begin(message));
  }

  #begin(message: Message): void {
    if (this.#cut || this.engine.state === 'stopped') return;
    void this.#work(message).catch(async (error: unknown) => {
      // As the shipped flow's Catch node does: the lane ends with what went wrong.
      this.story.note(`${message.ticket.replica} ${message.stage}: ${error instanceof Error ? error.message : String(error)}`);
      if (error instanceof TicketError) return;
      await this.#end(message.ticket, error);
    });
  }

  async #work({ stage, ticket, payload }: Message): Promise<void> {
    const { engine } = this;
    const options = { signal: this.#abort.signal };
    const on = (next: Stage, to: Ticket = ticket, what: unknown = null): void => {
      if (!this.#cut) this.#send({ stage: next, ticket: to, payload: what });
    };
    switch (stage) {
      case 'poll-tasks':
        await engine.pollTasks(ticket, options);
        on('schema-parity');
        return;
      case 'schema-parity':
        await engine.schemaParity(ticket, options);
        on('fetch-changed');
        return;
      case 'fetch-changed': {
        const { batch, drained } = await engine.fetchChanged(ticket, options);
        if (batch !== null) on('push-doc', batch.ticket, this.between(batch.items, ticket.replica));
        if (drained) on('verify', { ...ticket, batchId: null });
        return;
      }
      case 'push-doc':
        await engine.pushDoc(
          ticket,
          payload as unknown[],
          { room: () => on('fetch-changed', { ...ticket, batchId: null }), settled: () => undefined },
          options,
        );
        return;
      case 'verify':
        await engine.verify(ticket, options);
        on('cycle-end');
        return;
      case 'cycle-end':
        return this.#end(ticket);
    }
  }

  async #end(ticket: Ticket, error?: unknown): Promise<void> {
    try {
      const summary = await this.engine.cycleEnd(ticket, error);
      if (summary !== null) this.ended(summary);
    } catch (unforeseen) {
      this.story.note(`cycle-end: ${unforeseen instanceof Error ? unforeseen.message : String(unforeseen)}`);
    }
  }
}
