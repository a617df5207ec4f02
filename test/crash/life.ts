import { kindsOf } from '../../demo/changes.js';
import { Hand, type Deed } from '../../demo/changes/hand.js';
import { ClientError } from '../../demo/client.js';
import { Random } from '../../simulator/library/random.js';
import { CountingClient, type Server } from './servers';

/** What people do most: the rest of the kinds once each. */
const OFTEN: Readonly<Record<string, number>> = {
  'upload a document': 16,
  'upload a bare file': 6,
  'add a version': 8,
  'edit a title': 4,
  'edit tags': 4,
  'add a note': 3,
  'trash a document': 6,
  'trash in bulk': 3,
};

/** People at the master's web interface, while the controller dies and comes back. Which deeds is drawn from the seed; when they happen isn't. */
export class Life {
  readonly client: CountingClient;
  /** Deeds that the master took, in words. */
  readonly done: string[] = [];
  private readonly hand: Hand;
  private readonly random: Random;
  private readonly deeds: [string, Deed][];
  private current: Promise<void> = Promise.resolve();
  private going = false;
  private wake: () => void = () => undefined;

  constructor(
    master: Server,
    seed: number,
    private readonly tell: (line: string) => void,
  ) {
    this.client = new CountingClient(master);
    this.random = new Random(seed, 'life');
    this.hand = new Hand(this.client, this.random, seed, master.major);
    this.deeds = Object.entries(kindsOf(master.major)).flatMap((entry) => Array.from({ length: OFTEN[entry[0]] ?? 1 }, () => entry));
  }

  /** Goes on doing deeds until `pause`. */
  go(): void {
    this.going = true;
    this.current = this.loop();
  }

  /** Resolves when the deed at hand is done; none follows. */
  async pause(): Promise<void> {
    this.going = false;
    this.wake();
    await this.current;
  }

  private async loop(): Promise<void> {
    while (this.going) {
      await this.deed();
      const ms = this.random.int(100, 1200);
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, ms);
      });
    }
  }

  private async deed(): Promise<void> {
    const [kind, deed] = this.random.pick(this.deeds);
    try {
      const what = await deed(this.hand);
      if (what === null) return;
      this.done.push(kind);
      this.tell(`${kind}: ${what}`);
    } catch (error) {
      // Refused: the library has moved on since the person looked, or holds nothing of the kind.
      if (!(error instanceof ClientError)) throw error;
      this.tell(`(refused) ${kind}: ${error.message}`);
    }
  }
}
