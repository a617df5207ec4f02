import { type Fault, type Passage, type SetFault } from '../support/faults';
import type { Chance } from './chance';
import { living, masterDeed, removal, renaming, trashing, type Deed } from './master-deeds';
import { faultOf, isDownload, isUpload, lacking, TROUBLES, type Asked, type Trouble } from './network';
import type { Kind } from './kinds';
import type { Site } from '../support/site';
import { hookStatements, sqliteError } from './sqlite';
import type { Story } from './story';
import { WORKER_TROUBLES } from './workers';

/** How the process comes to its end, or to stand still. */
type End = 'process-paused' | `crash-${'before-request' | 'after-request' | 'at-sleep' | 'at-random-bytes' | 'at-spool' | 'at-commit'}`;
/** About so many of each come in a story, so that most ends that are set do come. */
const OFTEN: Record<End, number> = {
  'crash-before-request': 40,
  'crash-after-request': 40,
  'crash-at-sleep': 10,
  'crash-at-random-bytes': 2,
  'crash-at-spool': 2,
  'crash-at-commit': 60,
  'process-paused': 40,
};
const WRITES = 10;
const UPLOADS = 3;
/** What is worst for a PATCH, and has its own chance. */
const PATCHED: readonly Kind[] = ['lost-reply-patch', '500-half-done', '500-done'];
const SQLITE = ['sqlite-busy', 'sqlite-full', 'sqlite-ioerr'] as const;

/** Documents that an instance's lists leave out; `everywhere`: not only where all are counted, but also where single ones are asked for. */
interface Gap {
  kind: 'list-empty' | 'list-lacks-rows';
  hides: (id: number) => boolean;
  everywhere: boolean;
}

/** Everything that goes wrong between the engine and the world, until `end`. */
export class Troubles {
  readonly #set: SetFault[] = [];
  readonly #dice: Chance;
  readonly #kinds: readonly Trouble[];
  readonly #sqlite: boolean;
  readonly #spool: boolean;
  /** The test itself looks into the registry: nothing strikes. */
  #quiet = true;
  #statements = Infinity;
  #doomed: { kind: End; left: number; only: (request: Passage['request']) => boolean } | null = null;
  /** What an instance's lists leave out at the moment. */
  readonly #gaps = new Map<Site, Gap>();

  constructor(
    private readonly story: Story,
    private readonly did: (deed: Deed) => Promise<void>,
    private readonly deploy: () => void,
  ) {
    this.#dice = story.dice('troubles');
    this.#kinds = this.#dice.shuffled(TROUBLES).slice(0, this.#dice.between(3, 12));
    this.#sqlite = this.#dice.is(0.4);
    this.#spool = this.#dice.is(0.35);
  }

  begin(): void {
    const { story } = this;
    const { world, cast } = story;
    this.#crashAround();
    // What is rarer than others gets its own chance, before the rest.
    const lost = TROUBLES.filter(({ kind }) => kind === 'lost-reply-post');
    this.#on(0.1, isUpload, (passage) => this.#oneOf(lost, passage));
    // An upload that waits, and of which mostly nobody heard that it does.
    this.#on(
      1,
      (asked) => isUpload(asked) && story.stalled.has(asked.site),
      (passage) => {
        this.#struck('worker-stalled', passage);
        return this.#dice.is(0.4) ? this.#oneOf(lost, passage) : passage.serve();
      },
    );
    this.#on(0.36, isUpload, (passage) => this.#oneOf(WORKER_TROUBLES, passage));
    this.#on(0.18, isDownload, (passage) => this.#whileDownloading(passage));
    this.#on(
      0.03,
      ({ request }) => /^documents\.(?:patch|upload|list|modified)/u.test(request.operation),
      (passage) => this.#meanwhile(passage),
    );
    this.#on(
      0.3,
      ({ site, request }) => site === world.master && /[?&]page=/u.test(request.path),
      (passage) => this.#whilePaging(passage),
    );
    this.#on(
      0.2,
      ({ request }) => request.operation === 'documents.patch',
      (passage) =>
        this.#oneOf(
          TROUBLES.filter(({ kind }) => PATCHED.includes(kind)),
          passage,
        ),
    );
    this.#on(
      1,
      (asked) => this.#leavesOut(asked),
      (passage) => this.#whileListing(passage),
    );
    if (cast.driver === 'flow')
      this.#on(
        0.003,
        () => true,
        (passage) => {
          this.#struck('stage-aborted', passage);
          this.deploy();
          return passage.serve();
        },
      );
    this.#on(
      cast.trouble,
      () => true,
      (passage) => this.#oneOf(this.#kinds, passage),
    );
    world.onCall = (call) => {
      if (this.#quiet) return;
      if (call === 'sleep') this.#doom('crash-at-sleep');
      else if (call === 'random') this.#doom('crash-at-random-bytes');
      else {
        this.#doom('crash-at-spool');
        const full = this.#spool && this.#dice.is(0.3);
        world.spool.cap = full ? 0 : Infinity;
        if (full) story.struck('spool-full');
      }
    };
    hookStatements({
      before: ({ database, writes }) => {
        if (this.#quiet || !this.#sqlite || !world.alive || database !== world.databasePath) return;
        this.#statements -= 1;
        if (this.#statements > 0) return;
        const kind = this.#dice.pick(writes ? SQLITE : (['sqlite-busy', 'sqlite-ioerr'] as const));
        this.#statements = this.#dice.is(0.3) ? 1 : this.#dice.between(20, 900);
        story.struck(kind);
        throw sqliteError(kind);
      },
      committed: (database) => {
        if (!this.#quiet && world.alive && database === world.databasePath) this.#doom('crash-at-commit');
      },
    });
    this.rearm();
  }

  /** For the engine that lives now. */
  rearm(): void {
    this.#quiet = false;
    this.#statements = this.#dice.between(50, 900);
    this.doom();
  }

  /** How the engine that lives now comes to its end, if it does. */
  doom(): void {
    if (!this.story.cast.mortal || this.#dice.is(0.15)) {
      this.#doomed = null;
      return;
    }
    const kind = this.#dice.weighted<End>([
      [5, 'crash-before-request'],
      [5, 'crash-after-request'],
      [6, 'crash-at-sleep'],
      [8, 'crash-at-random-bytes'],
      [6, 'crash-at-spool'],
      [6, 'crash-at-commit'],
      [6, 'process-paused'],
    ]);
    // What has no answer yet matters most where something is made.
    const [most, only] = this.#dice.pick([
      [OFTEN[kind], () => true],
      [WRITES, ({ method }: Passage['request']) => method !== 'GET'],
      [UPLOADS, (request: Passage['request']) => /^documents\.upload/u.test(request.operation)],
    ] as const);
    const request = kind === 'process-paused' || kind === 'crash-before-request' || kind === 'crash-after-request';
    this.#doomed = { kind, left: this.#dice.between(1, request ? most : OFTEN[kind]), only };
  }

  end(): void {
    this.#quiet = true;
    hookStatements(null);
    for (const set of this.#set) set.lift();
    this.story.world.onCall = () => undefined;
    this.story.world.spool.cap = Infinity;
  }

  /** What the test itself does isn't the engine's, and nothing happens to it. */
  async quietly<T>(work: () => T | Promise<T>): Promise<T> {
    const before = this.#quiet;
    this.#quiet = true;
    try {
      return await work();
    } finally {
      this.#quiet = before;
    }
  }

  #on(share: number, fits: (passage: Pick<Passage, 'site' | 'request'>) => boolean, fault: Fault): void {
    for (const site of [this.story.world.master, ...this.story.world.replicas]) {
      const when = (request: Passage['request']): boolean => !this.#quiet && fits({ site, request }) && this.#dice.is(share);
      this.#set.push(this.story.world.set(fault, { on: site.name, times: Infinity, when }));
    }
  }

  #oneOf(troubles: readonly Trouble[], passage: Passage): ReturnType<Fault> {
    const fitting = troubles.filter((trouble) => trouble.fits(passage));
    if (fitting.length === 0) return passage.serve();
    const trouble = this.#dice.weighted(fitting.map((one) => [one.weight, one] as const));
    return faultOf(trouble, this.#dice, () => this.#struck(trouble.kind, passage))(passage);
  }

  #struck(kind: Kind, { site, request }: Pick<Passage, 'site' | 'request'>): void {
    // Given up meanwhile: the engine no longer hears of it.
    if (request.signal?.aborted !== true) this.story.struck(kind, `${site.name} ${request.operation}`);
  }

  /**
   * A list on the master lacks rows for one sweep at most: what is missing in as many sweeps as a person wants for a deletion is deleted, and rightly. Where one
   * is enough, single documents are told truly. A replica leaves out copies for a moment.
   */
  #leavesOut({ site, request }: Asked): boolean {
    const { world, cast } = this.story;
    const dice = this.#dice;
    const walk = request.operation === 'documents.ids';
    if (!walk && request.operation !== 'documents.by-ids') return false;
    if (site !== world.master) {
      if (walk || !dice.is(0.01)) return false;
      this.#gaps.set(site, this.#gap(false));
      return true;
    }
    const gap = this.#gaps.get(site);
    if (!walk) return gap?.everywhere === true;
    if (/[?&]page=(?!1\b)/u.test(request.path)) return gap !== undefined;
    // What was left out last time is told this time.
    this.#gaps.delete(site);
    if (gap !== undefined || !dice.is(0.1)) return false;
    this.#gaps.set(site, this.#gap((cast.settings.delete_confirmations as number) > 1 && dice.is(0.5)));
    return true;
  }

  #gap(everywhere: boolean): Gap {
    const dice = this.#dice;
    if (dice.is(0.5)) return { kind: 'list-empty', hides: () => true, everywhere };
    const [every, which] = [dice.between(2, 4), dice.int(4)];
    return { kind: 'list-lacks-rows', hides: (id) => id % every === which % every, everywhere };
  }

  async #whileListing(passage: Passage): ReturnType<Fault> {
    const gap = this.#gaps.get(passage.site);
    const answer = await passage.serve();
    const lacks = gap === undefined ? null : await lacking(answer, gap.hides);
    if (gap === undefined || lacks === null) return answer;
    this.#struck(gap.kind, passage);
    return lacks;
  }

  async #whileDownloading(passage: Passage): ReturnType<Fault> {
    const { site, request } = passage;
    const id = Number(/\/documents\/(\d+)\//u.exec(request.path)?.[1]);
    if (site !== this.story.world.master || !Number.isInteger(id))
      return this.#oneOf(
        TROUBLES.filter(({ kind }) => kind === 'flipped-byte'),
        passage,
      );
    const which = this.#dice.pick([0, 0, 1, 2, 2]);
    const row = living(site).find((one) => one.id === id);
    if (which === 0 || row === undefined)
      return this.#oneOf(
        TROUBLES.filter(({ kind }) => kind === 'flipped-byte'),
        passage,
      );
    if (which === 1 || id <= 2 || living(site).length <= 3) {
      const title = `Edited while it was read ${this.#dice.int(100)}`;
      const file = site.major === 3 && this.#dice.is(0.4);
      await this.did({
        what: `while ${id} is downloaded: ${file ? 'a new version' : 'another title'}`,
        act: () => (file ? site.person.submitVersion(id, 'meanwhile.txt', `Meanwhile ${this.#dice.int(1000)}\n`) : site.person.patch(id, { title })),
      });
      this.#struck('edited-while-downloading', passage);
    } else {
      const forGood = this.#dice.is(0.5);
      await this.did({
        what: `while ${id} is downloaded: ${forGood ? 'erased' : 'trashed'}`,
        act: async () => {
          await site.person.trash(id);
          if (forGood) await site.person.ask('POST', '/api/trash/', { action: 'empty', documents: [id] });
        },
      });
      this.#struck('deleted-while-downloading', passage);
    }
    return passage.serve();
  }

  async #meanwhile(passage: Passage): ReturnType<Fault> {
    const { master } = this.story.world;
    const renamed = this.#dice.is(0.5);
    const deed = renamed ? renaming(master, this.#dice) : removal(master, this.#dice);
    if (deed !== null) {
      await this.did(deed);
      this.#struck(renamed ? 'taxonomy-renamed-meanwhile' : 'taxonomy-deleted-meanwhile', passage);
    }
    return passage.serve();
  }

  /** Rows move after this page was read, and before the next one is. */
  async #whilePaging(passage: Passage): ReturnType<Fault> {
    const answer = await passage.serve();
    if (!(answer.body instanceof Uint8Array) || !/"next":"/u.test(Buffer.from(answer.body).toString('utf8'))) return answer;
    const deed = this.#dice.is(0.4) ? trashing(this.story.world.master, this.#dice) : masterDeed(this.story.world.master, this.#dice);
    if (deed !== null) {
      await this.did(deed);
      this.#struck('rows-moving-while-paging', passage);
    }
    return answer;
  }

  #crashAround(): void {
    const before: Fault = ({ serve, crash }) => (this.#die('crash-before-request', crash) ? new Promise(() => undefined) : serve());
    const after: Fault = async ({ serve, crash }) => {
      const answer = await serve();
      return this.#die('crash-after-request', crash) ? new Promise(() => undefined) : answer;
    };
    const paused: Fault = async ({ serve, life }) => {
      const { world } = this.story;
      const sent = this.#dice.is(0.5) ? await serve() : null;
      this.#die('process-paused', () => world.freeze());
      // Not sent yet: it is when the process wakes.
      return sent ?? new Promise((resolve, reject) => life.reach(() => void serve().then(resolve, reject)));
    };
    for (const [kind, fault] of [
      ['crash-before-request', before],
      ['crash-after-request', after],
      ['process-paused', paused],
    ] as const) {
      // First of all, so that no other fault takes the request away.
      this.#set.push(this.story.world.set(fault, { times: Infinity, when: (request) => !this.#quiet && this.#counted(kind, request) }));
    }
  }

  #counted(kind: End, request?: Passage['request']): boolean {
    if (this.#doomed?.kind !== kind || (request !== undefined && !this.#doomed.only(request))) return false;
    this.#doomed.left -= 1;
    return this.#doomed.left <= 0;
  }

  #doom(kind: End): void {
    if (this.#counted(kind)) this.#die(kind, () => this.story.world.crash());
  }

  /** False: the time for that is over. */
  #die(kind: End, end: () => void): boolean {
    if (this.#quiet || this.#doomed === null || !this.story.world.alive) return false;
    this.#doomed = null;
    this.#quiet = true;
    this.story.struck(kind);
    if (kind !== 'process-paused') this.story.crashes += 1;
    end();
    return true;
  }
}
