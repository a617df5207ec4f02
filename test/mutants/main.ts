/** npm run simulate:mutants: see --help. */
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { broken, hunt, hunted, type Fate } from './hunt';
import { checkout, StaleEditError } from './mutation';
import { allMutations } from './operators';
import { page, type Caught } from './page';
import { canary, planted, type Mutant } from './planted';
import { failingTest } from './scenarios';
import { explanationOf, outdated } from './survivors';

const usage = `Plants bugs in the engine, one at a time, and sees whether the simulation finds them. The checkout isn't touched.

  npm run simulate:mutants                     every planted bug, up to 500 seeds each; writes docs/mutants.md
  npm run simulate:mutants -- --only NAME      these alone (several by commas); writes nothing
  npm run simulate:mutants -- --sample 5       five of them, drawn by the day; writes nothing
  npm run simulate:mutants -- --random 10 --from 31
                                               the random changes 31 to 40 of src/sync instead: seeds first, then the written tests

  --seeds N    seeds for each (500, random changes 100)     --first N    the first seed (1)
  --jobs N     bugs at once (half of the cores)             --no-tests   random changes: seeds alone

Exit code 0: each was caught; 1: one survived; 2: a wrong argument, or a planted bug that no longer fits its source; 3: the canary survived, so
nothing else that is said here means anything.
`;

interface Options {
  seeds: number;
  first: number;
  jobs: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      sample: { type: 'string' },
      random: { type: 'string' },
      from: { type: 'string' },
      seeds: { type: 'string' },
      first: { type: 'string', default: '1' },
      jobs: { type: 'string', default: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
      'no-tests': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(usage);
  const options: Options = {
    seeds: whole('seeds', values.seeds ?? (values.random === undefined ? '500' : '100')),
    first: whole('first', values.first),
    jobs: whole('jobs', values.jobs),
  };
  if (await blind(options)) {
    process.stderr.write('The canary survived: the simulation sees nothing, so no other answer of it means anything.\n');
    return 3;
  }
  if (values.random !== undefined) {
    const from = values.from === undefined ? 1 + 10 * today() : whole('from', values.from);
    return random(whole('random', values.random), from, !values['no-tests'], options);
  }
  const all = values.only === undefined && values.sample === undefined;
  const caught = await plantAll(chosen(values.only, values.sample), options);
  if (!all) return caught.survivors === 0 ? 0 : 1;
  const file = join(checkout, 'docs', 'mutants.md');
  writeFileSync(file, page(caught.by));
  say(`${file} is written.\n`);
  return caught.survivors === 0 ? 0 : 1;
}

async function blind({ first }: Options): Promise<boolean> {
  return (await hunt(hunted(canary), { from: first, seeds: 5 })).kind !== 'caught';
}

async function plantAll(mutants: readonly Mutant[], options: Options): Promise<{ by: Map<string, Caught>; survivors: number }> {
  const by = new Map<string, Caught>();
  const ready = [canary, ...mutants].map((mutant) => ({ mutant, edits: hunted(mutant) }));
  await inParallel(ready, options.jobs, async ({ mutant, edits }) => {
    const fate = await hunt(edits, { from: options.first, seeds: options.seeds });
    if (fate.kind === 'caught') by.set(mutant.name, fate);
    say(`${fate.kind === 'caught' ? 'caught  ' : 'SURVIVED'} ${mutant.name.padEnd(32)} ${told(fate)}\n`);
  });
  const survivors = ready.filter(({ mutant }) => !by.has(mutant.name));
  tellBroken();
  say(
    `${by.size} of ${ready.length} caught${survivors.length === 0 ? '' : `; survivors: ${survivors.map(({ mutant }) => mutant.name).join(', ')}`}.\n`,
  );
  return { by, survivors: survivors.length };
}

async function random(count: number, from: number, tests: boolean, options: Options): Promise<number> {
  const all = allMutations();
  const sample = Array.from({ length: Math.min(count, all.length) }, (_, n) => ((from - 1 + n) % all.length) + 1);
  say(`${all.length} changes are possible; numbers ${from} to ${from + sample.length - 1}.\n`);
  const without = tests ? await failingTest([]) : null;
  if (without !== null) {
    process.stderr.write(`The written tests fail without any change, ${without}: mend that first.\n`);
    return 1;
  }
  for (const { file, text, what } of outdated(all))
    say(`No longer there, though explained in test/mutants/survivors.ts: ${file}: ${text} (${what})\n`);
  let survivors = 0;
  await inParallel(sample, options.jobs, async (number) => {
    const mutation = all[number - 1];
    if (mutation === undefined) return;
    const where = `${number} ${mutation.file}:${mutation.line} ${mutation.what}`;
    const why = explanationOf(mutation);
    if (why !== null) return void say(`known    ${where}: ${why}\n`);
    const fate = await hunt({ edits: [mutation] }, { from: options.first, seeds: options.seeds });
    if (fate.kind === 'caught') return void say(`caught   ${where}: ${told(fate)}\n`);
    const test = tests ? await failingTest([mutation]) : null;
    if (test !== null) return void say(`caught   ${where}: ${test}\n`);
    survivors += 1;
    say(`SURVIVED ${where}: ${told(fate)}\n         ${mutation.text}\n`);
  });
  tellBroken();
  say(`${sample.length - survivors} of ${sample.length} caught or explained.\n`);
  return survivors === 0 ? 0 : 1;
}

function told(fate: Fate): string {
  switch (fate.kind) {
    case 'caught':
      return `by "${fate.check}" at seed ${fate.seed} (${fate.after} run): ${fate.message.replace(/\s+/gu, ' ').slice(0, 200)}`;
    case 'survived':
      return `${fate.after} seeds`;
    case 'not loaded':
      return 'no seed loads that source at all';
  }
}

function tellBroken(): void {
  const seeds = [...broken].sort((a, b) => a - b);
  if (seeds.length > 0) say(`These seeds fail without any bug planted, and so caught nothing: ${seeds.join(', ')}.\n`);
}

function chosen(only: string | undefined, sample: string | undefined): readonly Mutant[] {
  if (only !== undefined) {
    return only.split(',').map((name) => {
      const found = planted.find((mutant) => mutant.name === name);
      if (found === undefined)
        throw new UsageError(`There is no planted bug "${name}". There is ${planted.map((mutant) => mutant.name).join(', ')}.`);
      return found;
    });
  }
  if (sample === undefined) return planted;
  const count = whole('sample', sample);
  return Array.from({ length: Math.min(count, planted.length) }, (_, n) => planted[(today() * count + n) % planted.length]).filter(
    (mutant) => mutant !== undefined,
  );
}

async function inParallel<T>(list: readonly T[], jobs: number, work: (one: T) => Promise<void>): Promise<void> {
  const waiting = [...list];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

/** Days since 1970: another sample each day, the same one all day. */
function today(): number {
  return Math.floor(Date.now() / 86_400_000);
}

class UsageError extends Error {}

function whole(name: string, given: string): number {
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${name} takes a whole number from 1.`);
  return value;
}

function say(text: string): 0 {
  process.stdout.write(text);
  return 0;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof UsageError || error instanceof StaleEditError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(known ? `${error.message}\n` : `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 2;
  },
);
