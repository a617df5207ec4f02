import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inParallel } from '../../demo/compare/http.js';
import { Random } from '../../simulator/library/random.js';
import { Home, type Appliance } from './appliance';
import { wrongWithLeft } from './left';
import { describeOrder, lineOf, type Order, type Point } from './points';

/** A start, or something that a person does to a running appliance, that is cut off at each of its points. */
export interface Story {
  name: string;
  env?: Record<string, string>;
  /** Makes the data folder as the story finds it. */
  prepare: (home: Home) => void;
  /** After the start; what it passes while it starts doesn't count then. Gives up quietly when the appliance dies on the way. */
  act?: (appliance: Appliance) => Promise<void>;
  /** What the folder holds in the end, in a form that can be compared. */
  look: (home: Home) => unknown;
  /** Other outcomes that are as good, by what `look` tells: a deploy that died may have happened or not. */
  before?: boolean;
}

/** Appliances at once; they have nothing in common. */
const WIDTH = 3;

export interface StoryResult {
  points: number;
  killed: Point[];
  /** What went wrong, in words; empty when nothing did. */
  problems: string[];
}

/** The orders that hit each of these points, each time that it is passed. */
function ordersFor(passed: readonly Point[], from: number): (Order & Point)[] {
  const seen = new Map<string, number>();
  return passed.flatMap((point, index) => {
    const n = (seen.get(lineOf(point)) ?? 0) + 1;
    seen.set(lineOf(point), n);
    if (index < from) return [];
    const torn: (Order & Point)[] =
      point.kind === 'file' && point.when === 'before' && point.site.startsWith('writeFile') ? [{ ...point, when: 'inside', n }] : [];
    return [{ ...point, n }, ...torn];
  });
}

/**
 * Lets the story run to its end once, for what it passes and what it leaves. Then again and again from the beginning, killed at one of its points each time:
 * the next start must be ready, complain of nothing, and leave what the story leaves.
 * @param sample how many of the points; all when it has fewer
 */
export async function cutOff(story: Story, sample: number, seed: number): Promise<StoryResult> {
  const base = mkdtempSync(join(tmpdir(), 'pngx-starts-'));
  const result: StoryResult = { points: 0, killed: [], problems: [] };
  try {
    const whole = await tell(story, new Home(join(base, 'whole')), null);
    result.problems.push(...whole.problems);
    const untouched = story.before === true ? await tell({ ...story, act: () => Promise.resolve() }, new Home(join(base, 'before')), null) : whole;
    const orders = ordersFor(whole.passed, whole.begun);
    result.points = orders.length;
    if (orders.length === 0) result.problems.push(`${story.name}: it passes no point.`);
    const chosen = [...new Random(seed, story.name).some(orders, sample).entries()];
    await inParallel(chosen, WIDTH, async ([index, order]) => {
      const home = new Home(join(base, `cut-${index}`));
      const cut = await tell(story, home, order);
      const where = `${story.name}, killed at ${describeOrder(order)}`;
      if (cut.killedAt === null) result.problems.push(`${where}: it never came there, or ended by itself.`);
      else result.killed.push(cut.killedAt);
      const wrong = [...wrongWithLeft(home.database).wrong, ...(await again(story, home, [whole.seen, untouched.seen]))];
      result.problems.push(...wrong.map((problem) => `${where}: ${problem}`));
      home.remove();
    });
    return result;
  } finally {
    rmSync(base, { recursive: true, force: true });
  }
}

interface Told {
  passed: Point[];
  /** How many of them before the story's own part began. */
  begun: number;
  killedAt: Point | null;
  seen: string;
  problems: string[];
}

async function tell(story: Story, home: Home, order: Order | null): Promise<Told> {
  story.prepare(home);
  const appliance = home.start(order, story.env);
  try {
    await appliance.ready();
    const begun = story.act === undefined ? 0 : home.passedSoFar();
    if (!appliance.over) await story.act?.(appliance);
    if (order !== null) await appliance.endsWithin(5000);
    appliance.kill();
    await appliance.ended;
    const { passed, killedAt } = home.trace();
    const problems = order === null ? appliance.complaints() : [];
    return { passed, begun, killedAt, problems, seen: order === null ? JSON.stringify(story.look(home)) : '' };
  } finally {
    appliance.kill();
  }
}

/** The start after it. */
async function again(story: Story, home: Home, good: readonly string[]): Promise<string[]> {
  const appliance = home.start(null, story.env);
  const ms = await appliance.ready();
  appliance.kill();
  const how = await appliance.ended;
  home.trace();
  if (ms === null) return [`the next start ended with ${how}: ${appliance.complaints().join('\n')}`];
  const seen = JSON.stringify(story.look(home));
  const wrong = good.includes(seen)
    ? []
    : [`what it left is not what an undisturbed one leaves: ${seen.slice(0, 1500)}\n  instead of ${good[0]?.slice(0, 1500) ?? ''}`];
  return [...wrong, ...appliance.complaints().map((complaint) => `the next start complains: ${complaint}`)];
}
