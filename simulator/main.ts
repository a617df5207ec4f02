/** Starts one simulated paperless-ngx on the loopback address; see `--help`. */
import { parseArgs } from 'node:util';
import { withControl } from './control';
import { machineEnvironment } from './environment';
import { listen } from './http/server';
import { Instance } from './instance';
import type { Library } from './library/types';
import { isSimulatedVersion, simulatedVersions } from './profile';
import { DiskStore } from './state/disk-files';

const help = `Usage: npm run simulator -- [options]

  --version V            ${simulatedVersions.join(' or ')} (3.0.5)
  --port P               0 picks a free one (8801)
  --library N            how many documents it holds; 0 is empty (0)
  --seed S               makes another library of the same size (1)
  --token T              the superuser's token (made from the seed)
  --workers N            files consumed at once (1)
  --delay MS             how long one file takes (200)
  --duplicates-refused   3.x refuses a file that it has
  --nasty                with everything that a copy may get wrong
  --people               the users and groups that a replica of the library has, not its documents
  --control              also answers under /_simulator/: counters, workers

Prints one line of JSON when it listens, and stops on SIGTERM or SIGINT.
`;

class Usage extends Error {}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Usage(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}

function options() {
  const { values } = parseArgs({
    options: {
      version: { type: 'string', default: '3.0.5' },
      port: { type: 'string', default: '8801' },
      library: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      token: { type: 'string' },
      workers: { type: 'string', default: '1' },
      delay: { type: 'string', default: '200' },
      'duplicates-refused': { type: 'boolean', default: false },
      nasty: { type: 'boolean', default: false },
      people: { type: 'boolean', default: false },
      control: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}

async function start(): Promise<void> {
  const given = options();
  if (given.help) {
    process.stdout.write(help);
    return;
  }
  if (!isSimulatedVersion(given.version)) throw new Usage(`--version takes ${simulatedVersions.join(' or ')}, not "${given.version}".`);
  const seed = wholeNumber('seed', given.seed);
  const documents = wholeNumber('library', given.library);
  const environment = machineEnvironment(seed);
  const files = new DiskStore();
  const token = given.token ?? `simulator-token-${seed}`;
  const instance = new Instance({
    version: given.version,
    environment,
    token,
    files,
    workers: Math.max(1, wholeNumber('workers', given.workers)),
    delay: wholeNumber('delay', given.delay),
    duplicatesRefused: given['duplicates-refused'],
  });
  if (documents > 0)
    instance.seed(await library(documents, seed, { nasty: given.nasty, people: given.people, major: given.version.startsWith('2.') ? 2 : 3 }));
  const running = await listen(given.control ? withControl(instance) : (request) => instance.handle(request), wholeNumber('port', given.port));
  const stop = () => {
    void running.close().then(() => {
      files.clear();
      process.exit(0);
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ url: running.url, version: given.version, token, documents: instance.store.documents.size })}\n`);
}

async function library(documents: number, seed: number, given: { nasty: boolean; people: boolean; major: 2 | 3 }): Promise<Library> {
  const { generateLibrary } = await import('./library/index.js');
  const { peopleOf } = await import('./library/nasty/people.js');
  const made = generateLibrary({ documents, seed, nasty: given.nasty, major: given.major });
  return given.people ? peopleOf(made) : made;
}

start().catch((error: unknown) => {
  const message =
    error instanceof Usage || (error instanceof TypeError && 'code' in error)
      ? `${error.message}\nSee --help.`
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`${message}\n`);
  process.exit(2);
});
