/** npm run crash; see --help. */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { replayOf, runCrash } from './run';

const usage = `Kills the real process (pngx start: Node-RED with the shipped flow) again and again, while people change the master, and starts it anew on the
same database. After each kill the database must be whole; now and then all must settle, and the replicas are compared with the master.

  npm run crash -- [--kills 200] [--seed S] [--jobs 4] [--documents 40] [--points]

  --kills      how often, over all loops
  --seed       makes the choices: where to die, what people do. Drawn and printed when not given. The process itself isn't the same twice
  --jobs       loops at once, each with its own servers and database
  --documents  on the master at the start
  --points     print every point too, and how many died there

Exit code 0 when nothing was lost, doubled or different, 1 when something was, 2 when it couldn't be run.
`;

class UsageError extends Error {}

function whole(name: string, text: string, least: number): number {
  if (!/^\d+$/u.test(text) || Number(text) < least) throw new UsageError(`--${name} takes a whole number from ${least}, not "${text}".`);
  return Number(text);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(randomInt(1, 1_000_000)) },
      jobs: { type: 'string', default: String(Math.min(4, availableParallelism())) },
      documents: { type: 'string', default: '40' },
      points: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const options = {
    kills: whole('kills', values.kills, 1),
    seed: whole('seed', values.seed, 0),
    jobs: whole('jobs', values.jobs, 1),
    documents: whole('documents', values.documents, 1),
  };
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  tell(`Seed ${options.seed}.`);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => stop.abort());
  const { problems, report, points } = await runCrash({ ...options, jobs: Math.min(options.jobs, options.kills), tell, signal: stop.signal });
  tell(`\n${report}`);
  if (values.points) tell(`\n${points}`);
  if (problems.length === 0) return 0;
  tell(`\nNot well:\n${problems.map((problem) => `- ${problem}`).join('\n')}\n\nThe same choices again: ${replayOf(options)}`);
  return 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const wrongUse = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    process.stderr.write(
      error instanceof Error
        ? `${wrongUse ? error.message : (error.stack ?? error.message)}\n${wrongUse ? 'See --help.\n' : ''}`
        : `${String(error)}\n`,
    );
    process.exitCode = 2;
  },
);
