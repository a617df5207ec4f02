import { availableParallelism } from 'node:os';
import { runDifferential } from './differential';
import { runSeeds } from './pool';
import { Report } from './report';
import { runSeed } from './run-seed';

const usage = `Lives random stories of a master, its replicas and the controller between them, and judges what came of each.

  npm run simulate -- --seeds N --from M   so many stories, from this number on (1000, from 1)
  npm run simulate -- --seed S             one of them again, with all that happened in it

  --differential   instead: a past seen change by change, with restarts, and all at once; all must end alike
  --jobs N      worker processes (as many as there are cores: ${availableParallelism()})
  --json        one JSON object at the end instead of the report
`;

class Usage extends Error {}

interface Options {
  seeds: number;
  from: number;
  seed: number | null;
  jobs: number;
  json: boolean;
  differential: boolean;
  help: boolean;
}

function parse(args: readonly string[]): Options {
  const given: Options = { seeds: 1000, from: 1, seed: null, jobs: availableParallelism(), json: false, differential: false, help: false };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [name = '', inline] = arg.split(/=(.*)/su);
    const whole = (least: number): number => {
      const text = inline ?? rest.shift() ?? '';
      const value = Number(text);
      if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value) || value < least)
        throw new Usage(`${name} takes a whole number from ${least}, not "${text}".`);
      return value;
    };
    if (name === '--seeds') given.seeds = whole(1);
    else if (name === '--from') given.from = whole(0);
    else if (name === '--seed') given.seed = whole(0);
    else if (name === '--jobs') given.jobs = whole(1);
    else if (name === '--differential') given.differential = true;
    else if (name === '--json') given.json = true;
    else if (name === '--help' || name === '-h') given.help = true;
    else throw new Usage(`There is no option "${arg}".`);
  }
  return given;
}

/** One seed with everything that happened in it. */
async function replay(seed: number, differential: boolean): Promise<boolean> {
  const verdict = await (differential ? runDifferential(seed) : runSeed(seed, { trace: true }));
  process.stdout.write(`${(verdict.trace ?? []).join('\n')}\n\n`);
  process.stdout.write(
    verdict.ok
      ? `seed ${seed}: ok (${verdict.ms} ms, ${verdict.crashes} crashes)\n`
      : `seed ${seed}: FAILED (${verdict.check ?? ''})\n${verdict.message}\n`,
  );
  return verdict.ok;
}

/** One in so many is lived twice, and both must be the same to the byte. */
const AGAIN = 50;

function* seedsOf({ seeds, from }: Options): Generator<number> {
  for (let seed = from; seed < from + seeds; seed += 1) yield seed;
}

async function many(options: Options): Promise<boolean> {
  const report = new Report();
  const hashes = new Map<number, string>();
  const live = !options.json && process.stdout.isTTY;
  for await (const verdict of runSeeds(seedsOf(options), { jobs: options.jobs, differential: options.differential })) {
    report.add(verdict);
    if ((verdict.seed - options.from) % AGAIN === 0 && verdict.traceHash !== '') hashes.set(verdict.seed, verdict.traceHash);
    if (!verdict.ok && !options.json) process.stdout.write(`${live ? '\r\u001b[K' : ''}${report.line(verdict)}\n`);
    if (live) process.stdout.write(`\r\u001b[K${report.done} of ${options.seeds}, ${report.failures.length} failed`);
  }
  if (live) process.stdout.write('\r\u001b[K');
  for await (const verdict of runSeeds(hashes.keys(), { jobs: options.jobs, differential: options.differential }))
    report.compare(verdict, hashes.get(verdict.seed) ?? '');
  process.stdout.write(options.json ? `${JSON.stringify(report.summary())}\n` : report.text());
  return report.failures.length === 0;
}

async function main(): Promise<void> {
  const options = parse(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  process.exitCode = (options.seed === null ? await many(options) : await replay(options.seed, options.differential)) ? 0 : 1;
}

main().catch((error: unknown) => {
  if (!(error instanceof Usage)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
});
