import { openWorld, START, type World } from '../support/world';
import type { Site } from '../support/site';
import { castOf, type Cast } from './cast';
import { Chance } from './chance';
import type { Kind } from './kinds';

/** A document as its owner left it; what the engine must not change. */
export function faceOfForeign(site: Site, id: number): string {
  const row = site.instance.store.documents.get(id);
  if (row === undefined) return 'gone';
  const { original, archive: _archive, ...rest } = row;
  return JSON.stringify({ ...rest, sha256: original.sha256 });
}

/** A demand of the oracle that a seed doesn't meet. */
export class Unmet extends Error {
  constructor(
    readonly check: Check,
    message: string,
  ) {
    super(message);
  }
}

/**
 * What is demanded: nothing `lost`, `doubled`, `different` or `stuck`; nobody's documents touched (`foreign`); the master only read (`master-written`);
 * the registry's `words` true; the `spool` empty; a further cycle `quiet`; nobody asked before the time that its Retry-After named (`manners`); no error that nobody handles (`unhandled`); the same seed the same `trace`; and
 * for pairs of runs `differential`. `simulator`: the simulation itself is at fault. `hung` and `died` are said of a worker by who waits for it.
 */
export type Check =
  | 'lost'
  | 'doubled'
  | 'different'
  | 'stuck'
  | 'foreign'
  | 'master-written'
  | 'words'
  | 'manners'
  | 'spool'
  | 'quiet'
  | 'unhandled'
  | 'trace'
  | 'differential'
  | 'simulator'
  | 'hung'
  | 'died';

/** What people did to one replica behind the engine's back; the oracle's only knowledge beside the servers' tables. */
export interface Meddling {
  /** Documents that somebody uploaded there: their row as it was left by its owner. */
  foreign: Map<number, string>;
  /** Copies that a person changed, moved to the trash or removed. */
  touched: Set<number>;
  /** What was there when the registry was begun anew: nobody knows of what it is a copy. */
  orphans: Set<number>;
  /** It was set back to a backup of its own. */
  setBack: boolean;
  /** Somebody removed copies, emptied it or set it back: what is left may look like another instance. */
  shaken: boolean;
}

/** One seed's world, dice and book of what happened. */
export class Story {
  readonly world: World;
  readonly cast: Cast;
  readonly faults: Partial<Record<Kind, number>> = {};
  readonly meddling = new Map<Site, Meddling>();
  /** Of the master's documents: every SHA-256 that a file of theirs ever had. */
  readonly files = new Map<number, Set<string>>();
  crashes = 0;
  /** Replicas whose worker stands still. */
  readonly stalled = new Set<Site>();
  /** The master was set back to a backup since the registry was begun. */
  masterSetBack = false;
  /** Our own registry was set back: what was uploaded since is known to nobody. */
  registrySetBack = false;

  constructor(readonly seed: number) {
    this.cast = castOf(new Chance(seed, 'cast'));
    this.world = openWorld({ ...this.cast.world, seed });
    for (const site of this.world.replicas)
      this.meddling.set(site, { foreign: new Map(), touched: new Set(), orphans: new Set(), setBack: false, shaken: false });
    this.note(`master ${this.world.master.version}, replicas ${this.world.replicas.map(({ version }) => version).join(' ')}`);
  }

  /** The controller's own last words, for people who replay a failure. */
  log: string[] = [];

  keepLog(): void {
    try {
      const rows = this.world.store.logs
        .query({ limit: 400 })
        .reverse()
        .filter(({ message }) => !/^(?:Run \d|Looked at all)/u.test(message));
      this.log = rows.map(({ createdAt, level, message }) => `log ${createdAt} ${level} ${message}`);
    } catch {
      this.log = ['the registry is closed'];
    }
  }

  dice(part: string): Chance {
    return new Chance(this.seed, part);
  }

  /** A line of the trace, with the seconds since the world began. */
  note(line: string): void {
    this.world.trace.push(`${this.world.time.now()} ${line}`);
  }

  /** A fault that changed what the engine got. */
  struck(kind: Kind, about = ''): void {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
    this.note(`** ${kind} ${about}`);
  }

  meddlingWith(site: Site): Meddling {
    const found = this.meddling.get(site);
    if (found === undefined) throw new Error(`${site.name} is no replica`);
    return found;
  }

  /** Documents of people's own on a replica that aren't as they were left. Those with bytes of the master's may have become copies. */
  foreignTouched(site: Site, ours: ReadonlySet<string>): string[] {
    return [...this.meddlingWith(site).foreign].flatMap(([id, face]) => {
      const now = faceOfForeign(site, id);
      if (now === face) return [];
      const { sha256 } = JSON.parse(face) as { sha256: string };
      return ours.has(sha256) ? [] : [`somebody's own document ${id} was ${face}, and is ${now}`];
    });
  }

  /** Documents that the master has no more count for nothing from now on. */
  forgetGone(): void {
    for (const id of this.files.keys()) if (this.world.master.instance.store.documents.get(id)?.deletedAt !== null) this.files.delete(id);
  }

  /** Called after everything that may give a master's document another file. */
  rememberFiles(): void {
    for (const row of this.world.master.instance.store.documents.values()) {
      const id = row.root ?? row.id;
      const seen = this.files.get(id) ?? new Set();
      this.files.set(id, seen.add(row.original.sha256));
    }
  }
}

/** Trace lines as people read them: seconds since the world began in front. */
export function readable(trace: readonly string[]): string[] {
  return trace.map((line) => {
    const [, at = '', rest = ''] = /^([\d.]+) (.*)$/su.exec(line.replace(/&fields=id,[\w,%.-]*/u, '')) ?? [];
    return at === '' ? line : `${((Number(at) - START) / 1000).toFixed(3).padStart(10)}  ${rest}`;
  });
}
