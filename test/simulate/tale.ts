import { existsSync } from 'node:fs';
import { ConfigError, PlanError } from '../../src/controller/types';
import { isPaperlessError } from '../../src/paperless';
import type { SyncRow } from '../../src/state';
import type { Site } from '../support/site';
import type { Chance } from './chance';
import { Driver } from './driver';
import { encore } from './encore';
import { Glimpses } from './glimpses';
import { masterDeed, uploading, type Deed } from './master-deeds';
import { judge, type Finding } from './oracle/replica';
import { replicaDeed } from './replica-deeds';
import { setBack, snapshotOf, wipe, type Snapshot } from './snapshot';
import { faceOfForeign, Unmet, type Story } from './story';
import { Troubles } from './troubles';
import { Vigil } from './vigil';
import { deadTasks } from './workers';

/**
 * Cycles after the last fault within which everything has to be as it should be: one that settles what was in flight, three sweeps that confirm a deletion,
 * two looks at links, two for a repair and the proof of it, two for a replaced file, one for what a resync or a plan set going, and as many again for what
 * waits for another of these.
 */
export const CALM_CYCLES = 24;
/** No work of a world takes longer than this on its clock; what does is stuck. */
const LONGEST_MS = 6 * 3_600_000;
const SECOND = 1000;

/** Lives a seed's story to its end and judges it; throws Unmet. */
export async function tell(story: Story): Promise<void> {
  const tale = new Tale(story);
  try {
    await tale.trouble();
    await tale.calm();
  } finally {
    tale.end();
  }
}

class Tale {
  readonly #dice: Chance;
  readonly #driver: Driver;
  readonly #troubles: Troubles;
  readonly #glimpses: Glimpses;
  readonly #vigil: Vigil;
  readonly #backups = new Map<Site, { snapshot: Snapshot; foreign: Map<number, string> }>();

  /** What was accepted of the master, and how often. */
  readonly #accepted = new Map<string, number>();

  constructor(private readonly story: Story) {
    this.#dice = story.dice('tale');
    this.#driver = new Driver(story);
    this.#troubles = new Troubles(
      story,
      (deed) => this.#do(deed),
      () => this.#driver.deploy(),
    );
    this.#glimpses = new Glimpses(story);
    this.#vigil = new Vigil(story);
    const { pageOf } = story.cast;
    if (pageOf !== null) {
      story.world.onPath = (_site, path) => (/modified__lte/u.test(path) ? path : path.replace(/page_size=1000\b/u, `page_size=${pageOf}`));
    }
  }

  end(): void {
    this.#driver.stop();
    this.#troubles.end();
  }

  /** Everybody does what they like, and everything breaks. */
  async trouble(): Promise<void> {
    const { story } = this;
    const { world, cast } = story;
    const interval = (cast.settings.sync_interval_seconds as number) * SECOND;
    story.rememberFiles();
    this.#glimpses.look();
    this.#driver.ticketTrouble = cast.driver === 'flow' ? this.#dice.pick([0, 0.02, 0.06]) : 0;
    this.#driver.start();
    // Every other story begins with a first sync that goes well.
    if (this.#dice.is(0.5)) await world.later(interval + 120 * SECOND);
    this.#troubles.begin();
    for (let round = 0; round < cast.rounds; round += 1) {
      story.note(`-- round ${round + 1}`);
      if (round > 0) this.#troubles.doom();
      if (this.#dice.is(round + 1 === cast.rounds ? 0.3 : 0.18)) await this.#stall();
      const deeds = this.#dice.int(5);
      for (let n = 0; n < deeds; n += 1) await this.#deed();
      for (let slice = this.#dice.between(1, 4); slice > 0; slice -= 1) {
        await this.#pass(this.#dice.pick([5 * SECOND, interval / 2, interval, 2 * interval]));
        if (this.#dice.is(0.6)) await this.#deed();
      }
      await this.#event();
      await this.#checkpoint();
    }
  }

  /** Somebody does something, on the master mostly. */
  async #deed(): Promise<void> {
    const { world } = this.story;
    const dice = this.#dice;
    const deed = dice.is(0.75) ? masterDeed(world.master, dice) : replicaDeed(this.story, dice.pick(world.replicas), dice);
    if (deed !== null) await (/^patch \d/u.test(deed.what) && dice.is(0.15) ? this.#doLate(deed) : this.#do(deed));
    if (dice.is(0.1)) this.#stampAlike();
  }

  /** As a change whose transaction took its stamp long before it was committed: lists show it, and the order of changes doesn't. */
  async #doLate(deed: Deed): Promise<void> {
    const { documents } = this.story.world.master.instance.store;
    const before = new Map(documents.all().map(({ id, modified }) => [id, modified]));
    await this.#do(deed);
    const stamped = documents.all().filter((row) => row.deletedAt === null && row.modified > (before.get(row.id) ?? Infinity));
    for (const row of stamped) row.modified = before.get(row.id) ?? row.modified;
    if (stamped.length > 0) this.story.struck('stamped-late', stamped.map(({ id }) => id).join());
  }

  /** The worker of a replica does nothing for a while: what is uploaded there waits, longer than anybody's patience. */
  async #stall(): Promise<void> {
    const { story } = this;
    const site = this.#dice.pick(story.world.replicas);
    const { queue } = site.instance.consumer;
    if (story.stalled.has(site)) return;
    queue.pause();
    story.stalled.add(site);
    story.note(`-- the worker of ${site.name} stands still`);
    story.world.time.after(this.#dice.pick([60, 1800, 7200]) * SECOND, () => {
      story.note(`-- the worker of ${site.name} goes on, with ${queue.length} waiting`);
      queue.resume();
      story.stalled.delete(site);
    });
    // Something to upload there.
    await this.#do(uploading(story.world.master, this.#dice));
  }

  async #do(deed: Deed): Promise<void> {
    this.#glimpses.look();
    const refused = await deed.act().then(
      () => '',
      () => ' (refused)',
    );
    this.story.note(`> ${deed.what}${refused}`);
    this.story.rememberFiles();
    this.#glimpses.look();
  }

  /** As a bulk edit stamps documents: all with one and the same time. */
  #stampAlike(): void {
    const { store } = this.story.world.master.instance;
    const rows = this.#dice.some(
      store.documents.all().filter((row) => row.deletedAt === null && row.root === null),
      0.6,
    );
    if (rows.length < 2) return;
    const stamp = store.stamp();
    for (const row of rows) row.modified = stamp;
    this.story.struck('equal-modified', rows.map(({ id }) => id).join());
  }

  /** Time goes by; a process that died meanwhile is started again. */
  async #pass(ms: number): Promise<void> {
    const { world } = this.story;
    const end = world.time.now() + ms;
    while (world.time.now() < end) {
      await world.later(Math.min(30 * SECOND, end - world.time.now()));
      this.story.rememberFiles();
      if (!world.alive) await this.#revive();
    }
  }

  async #revive(): Promise<void> {
    const { world } = this.story;
    if (world.frozen) return this.#takeOver();
    this.#driver.stop();
    await world.later(this.#dice.int(20 * SECOND));
    world.restart();
    this.story.note('-- started again after a crash');
    const damage = world.store.quickCheck();
    if (damage.length > 0) throw new Unmet('words', `the registry is damaged after a crash: ${damage.join()}`);
    this.#driver.start();
    this.#troubles.rearm();
  }

  /** Somebody gives up a process that stands still, and starts another; the first wakes up all the same. */
  async #takeOver(): Promise<void> {
    const { world } = this.story;
    this.#driver.leave();
    await world.later(this.#dice.int(20 * SECOND));
    world.takeOver();
    this.story.note('-- another process takes over');
    this.#driver.start();
    this.#troubles.rearm();
    world.time.after(this.#dice.pick([2, 20, 120, 900, 3600]) * SECOND, () => {
      this.story.note('-- the first process goes on');
      world.wake();
    });
  }

  /** What doesn't happen every day. */
  async #event(): Promise<void> {
    const { story } = this;
    const { world, cast } = story;
    const dice = this.#dice;
    if (!world.alive) await this.#revive();
    const site = cast.mortal && dice.is(0.4) ? world.master : dice.pick([world.master, ...world.replicas]);
    if (dice.is(0.5) && site.instance.consumer.queue.length === 0 && (site !== world.master || cast.mortal)) {
      const foreign = site === world.master ? new Map<number, string>() : new Map(story.meddlingWith(site).foreign);
      this.#backups.set(site, { snapshot: snapshotOf(site.instance), foreign });
    }
    for (const one of world.replicas)
      if (Math.abs(cast.world.clocks?.replicas?.[world.replicas.indexOf(one)] ?? 0) > 3_000_000) story.struck('clock-an-hour-off', one.name);
    if (Math.abs(cast.world.clocks?.master ?? 0) > 3_000_000) story.struck('clock-an-hour-off', 'master');
    if (Math.abs(cast.world.clocks?.engine ?? 0) > 3_000_000) story.struck('clock-an-hour-off', 'the controller');
    await dice.weighted<() => Promise<void> | void>([
      [9, () => undefined],
      [1, () => this.#wipe()],
      [2, () => this.#setReplicaBack()],
      [cast.mortal ? 3 : 0, () => this.#setMasterBack()],
      [2.5, () => this.#restart()],
      [this.#latestBackup() === null ? 0 : 9, () => this.#setRegistryBack()],
    ])();
  }

  #wipe(): void {
    const { story } = this;
    const site = this.#dice.pick(story.world.replicas);
    if (site.instance.consumer.queue.length > 0 || site.instance.store.documents.size === 0) return;
    wipe(site.instance, this.#dice.is(0.5));
    const meddling = story.meddlingWith(site);
    meddling.foreign.clear();
    meddling.shaken = true;
    story.struck('replica-wiped', site.name);
  }

  #setReplicaBack(): void {
    const { story } = this;
    const site = this.#dice.pick(story.world.replicas);
    const backup = this.#backups.get(site);
    if (backup === undefined || site.instance.consumer.queue.length > 0) return;
    setBack(site.instance, backup.snapshot);
    const meddling = story.meddlingWith(site);
    meddling.shaken = true;
    meddling.setBack = true;
    // What people kept there is again as it was then.
    meddling.foreign.clear();
    for (const id of backup.foreign.keys()) meddling.foreign.set(id, faceOfForeign(site, id));
    for (const row of site.instance.store.documents.values()) meddling.touched.add(row.id);
    story.struck('replica-set-back', site.name);
  }

  #setMasterBack(): void {
    const { story } = this;
    const { master } = story.world;
    const backup = this.#backups.get(master);
    if (!story.cast.mortal || backup === undefined || master.instance.consumer.queue.length > 0) return;
    this.#glimpses.look();
    setBack(master.instance, backup.snapshot);
    story.masterSetBack = true;
    story.rememberFiles();
    this.#glimpses.look();
    story.struck('master-set-back');
  }

  async #restart(): Promise<void> {
    const { story } = this;
    if (!story.cast.mortal) return;
    this.#driver.stop();
    await this.#troubles.quietly(() => this.#within(story.world.startAgain(), 'an orderly restart'));
    story.struck('orderly-restart');
    this.#driver.start();
    this.#troubles.rearm();
  }

  /** Our own database is put back to its last backup, as after a lost disk. */
  async #setRegistryBack(): Promise<void> {
    const { story } = this;
    const backup = this.#latestBackup();
    if (backup === null) return;
    this.#driver.stop();
    await this.#troubles.quietly(() => this.#within(story.world.startOn(backup), 'an orderly restart'));
    story.struck('registry-set-back');
    story.registrySetBack = true;
    for (const site of story.world.replicas) story.meddlingWith(site).shaken = true;
    this.#driver.start();
    this.#troubles.rearm();
  }

  #latestBackup(): string | null {
    const { world, cast } = this.story;
    if (!cast.mortal || cast.settings.backup_enabled !== true) return null;
    const path = `${world.databasePath}.bak`;
    return existsSync(path) ? path : null;
  }

  /** While everything is still in motion: what the registry calls good must have been so. */
  async #checkpoint(): Promise<void> {
    if (!this.story.world.alive) await this.#revive();
    await this.#troubles.quietly(() => this.#glimpses.check());
  }

  /** The faults stop. Within so many cycles everything is to be as it should be, and stay so. */
  async calm(): Promise<void> {
    const { story } = this;
    const { world, cast } = story;
    story.note('-- calm');
    this.#troubles.end();
    this.#driver.calm();
    this.#driver.byTheClock = false;
    if (!world.alive) await this.#revive();
    this.#troubles.end();
    await this.#within(world.stopWoken(), 'an orderly end');
    for (const { instance } of world.replicas) instance.consumer.queue.resume();
    for (let n = 0; n < 1000 && world.replicas.some(({ instance }) => instance.consumer.queue.length > 0); n += 1) await world.later(10 * SECOND);
    await this.#idle();
    for (const site of world.replicas) for (const task of deadTasks(site.instance.store)) task.acknowledged = true;
    const sweeps = [
      'sync_interval_seconds',
      'sweep_ids_seconds',
      'sweep_documents_seconds',
      'sweep_content_seconds',
      'preflight_interval_seconds',
      'retry_cap_seconds',
    ];
    const due = Math.max(...sweeps.map((key) => cast.settings[key] as number)) + 60;
    let findings: Finding[] = [];
    for (let cycle = 1; cycle <= CALM_CYCLES; cycle += 1) {
      await this.#attend(cycle);
      // Everything is due: sweeps by the clock, and now and then by the command that demands them.
      await world.later(due * SECOND);
      world.engine.demandAll();
      await this.#cycle();
      findings = this.#findings();
      if (findings.length === 0 && cycle >= 3) break;
    }
    const [first] = findings;
    if (first !== undefined) throw new Unmet(first.check, findings.map(({ check, about }) => `${check}: ${about}`).join('\n'));
    await this.#quietCycle();
    await this.#encore();
    this.#vigil.check();
  }

  #encore(): Promise<void> {
    const { world, cast } = this.story;
    const interval = (cast.settings.sync_interval_seconds as number) * SECOND;
    return encore(this.story, {
      cycle: async () => {
        await world.later(interval);
        await this.#cycle();
      },
      mortalCycle: async () => {
        await world.later(interval);
        void this.#driver.tick();
        await this.#pass(interval);
        this.#troubles.end();
        await this.#idle();
      },
      findings: () => this.#findings(),
    });
  }

  #findings(): Finding[] {
    this.story.rememberFiles();
    return this.story.world.replicas.flatMap((site) => judge(this.story, site, this.#rows(site)));
  }

  #rows(site: Site): SyncRow[] {
    const { world } = this.story;
    return world.store.registry.rows(world.idOf(site), { limit: 1000 });
  }

  /** Nothing is left to do, so nothing is written; and nothing was ever written to the master. */
  async #quietCycle(): Promise<void> {
    const { world, cast } = this.story;
    for (const site of world.replicas) site.forgetRequests();
    await world.later((cast.settings.sync_interval_seconds as number) * SECOND);
    world.engine.demandAll();
    await this.#cycle();
    for (const site of world.replicas) {
      const [write] = site.writes;
      if (write !== undefined) throw new Unmet('quiet', `${site.name}: a cycle with nothing to do sent ${write.method} ${write.path}`);
    }
    const findings = this.#findings();
    if (findings[0] !== undefined) throw new Unmet('quiet', `after a quiet cycle: ${findings.map(({ about }) => about).join('\n')}`);
    const written = world.master.writes[0];
    if (written !== undefined) throw new Unmet('master-written', `${written.method} ${written.path} was sent to the master`);
    if (world.spool.held !== 0) throw new Unmet('spool', `${world.spool.held} bytes are left in the spool`);
  }

  /** One cycle from its start to its end. */
  async #cycle(): Promise<void> {
    const { world } = this.story;
    const before = this.#driver.runs.length;
    await this.#within(this.#driver.tick(), 'a tick');
    await this.#idle();
    if (this.#driver.runs.length === before) await world.later(60 * SECOND);
    await this.#idle();
  }

  async #idle(): Promise<void> {
    const { world } = this.story;
    const end = world.time.now() + LONGEST_MS;
    while (world.engine.progress().running) {
      await world.later(5 * SECOND);
      // Lanes whose messages were lost are closed when somebody comes by.
      if (!this.#driver.byTheClock) await this.#within(this.#driver.tick(), 'a tick');
      if (world.time.now() > end) throw new Unmet('stuck', `a run goes on for ever: ${JSON.stringify(world.engine.progress())}`);
    }
  }

  async #within<T>(work: Promise<T>, what: string): Promise<T> {
    const { world } = this.story;
    const over = Symbol('over');
    const result = await world.run(Promise.race([work, world.time.wait(LONGEST_MS).then(() => over)]));
    if (result === over) throw new Unmet('stuck', `${what} never ends`);
    return result as T;
  }

  /** What a person does who reads what the controller says, and follows it. */
  async #attend(cycle: number): Promise<void> {
    const { story } = this;
    const { world } = story;
    // A list that lacked rows was the last that it saw: who looks finds all in order, and lets it look again.
    const misled = cycle === 1 && (story.faults['list-empty'] ?? story.faults['list-lacks-rows'] ?? 0) > 0;
    const said = misled && !story.masterSetBack ? '' : this.#saidOfMaster();
    const accept = /pngx preflight --accept ([\w-]+)/u.exec(said)?.[1];
    if (accept !== undefined || /start with a new database/u.test(said)) {
      if (!story.masterSetBack) throw new Unmet('words', `the master is said to be another, and is not: ${said}`);
      // Who is told the same again and again reads what else is said.
      const more =
        (this.#accepted.get(accept ?? '') ?? 0) > 3 &&
        world.store.logs.query({ level: 'error', limit: 50 }).some(({ message }) => /start with a new database/u.test(message));
      if (accept === undefined || more) await this.#beginAnew();
      else {
        this.#accept(null, accept);
      }
    }
    for (const site of world.replicas) {
      const id = world.idOf(site);
      const row = world.store.replicas.get(id);
      const finding = /pngx preflight --accept ([\w-]+)/u.exec(row?.lastError ?? '')?.[1];
      const mistaken = misled && !story.meddlingWith(site).shaken;
      if (mistaken) story.note(`-- ${site.name} is looked at, and in order`);
      else if (finding !== undefined) {
        if (!story.meddlingWith(site).shaken) throw new Unmet('words', `${site.name} is said to be another, and is not: ${row?.lastError ?? ''}`);
        this.#accept(id, finding);
      } else if (row?.lastError != null && /resync it/u.test(row.lastError)) {
        if (!story.meddlingWith(site).shaken) throw new Unmet('words', `${site.name} is said to be another, and is not: ${row.lastError}`);
        story.note(`> resync ${site.name}`);
        await this.#plan('resync', id);
      }
      if (row?.suspendedAt != null) world.store.replicas.unsuspend(id);
      await this.#retry(site, id);
    }
  }

  #accept(replicaId: number | null, code: string): void {
    if (replicaId === null) this.#accepted.set(code, (this.#accepted.get(code) ?? 0) + 1);
    this.story.note(`> accept ${code}${replicaId === null ? '' : ` of replica ${replicaId}`}`);
    try {
      this.story.world.engine.acceptFinding({ replicaId, code }, 'a person');
    } catch (error) {
      // It was accepted before, and the next look says whether that was enough.
      if (!(error instanceof ConfigError)) throw error;
    }
  }

  /** What is wrong with the master now, and what to do about it; '' where it answers. */
  #saidOfMaster(): string {
    const { engine, store } = this.story.world;
    const { ok, message } = engine.master();
    if (ok || message === null) return '';
    return store.logs.query({ level: 'error', limit: 50 }).find((row) => row.message.includes(message))?.message ?? message;
  }

  /** Quarantined ones by hand, and deletions beyond a cycle's limit by plan. */
  async #retry(site: Site, id: number): Promise<void> {
    const { world, cast } = this.story;
    const rows = this.#rows(site);
    if (rows.some(({ status }) => status === 'quarantined')) world.store.registry.retry(id, 'all');
    // Whoever changed copies again and again has left off.
    const undone = ['undone-at-once', 'changed-back', 'gone-again', 'damaged-again'];
    const again = rows.filter(({ status, reasons }) => status === 'held' && undone.includes(reasons[0] ?? ''));
    if (again.length > 0)
      world.store.registry.retry(
        id,
        again.map((row) => row.id),
      );
    const graves = rows.filter(({ status, replicaDocId }) => status === 'tombstone' && replicaDocId !== null);
    if (cast.settings.delete_policy === 'trash' && graves.length > 5) await this.#plan('deletes', id);
  }

  async #plan(scope: 'resync' | 'deletes', replicaId: number): Promise<void> {
    const { world } = this.story;
    await this.#idle();
    try {
      const plan = await this.#within(world.engine.plan(scope, { replicaId }), `a plan of ${scope}`);
      await this.#within(world.engine.applyPlan(plan.id, 'a person'), `applying a plan of ${scope}`);
    } catch (error) {
      if (error instanceof PlanError) return;
      this.story.note(`plan ${scope}: ${String(error)}`);
      if (isPaperlessError(error) && /start with a new database/u.test(error.nextStep) && this.story.masterSetBack) await this.#beginAnew();
    }
  }

  /** The master has another past: a new registry, and each replica's documents are found again by their bytes. */
  async #beginAnew(): Promise<void> {
    const { story } = this;
    const { world } = story;
    story.note('> a new database, and reconcile');
    this.#driver.stop();
    await this.#within(world.startOn(null), 'a start on a new database');
    world.store.settings.set('paused', true);
    for (const site of world.replicas) {
      const meddling = story.meddlingWith(site);
      for (const row of site.instance.store.documents.values()) meddling.orphans.add(row.id);
      await this.#within(world.engine.reconcile(world.idOf(site), { apply: true, who: 'a person' }), 'a reconcile');
    }
    world.store.settings.set('paused', null);
    story.masterSetBack = false;
    // What was known of it is forgotten: documents of its other past count for nothing any more.
    story.forgetGone();
    this.#driver.start();
  }
}
