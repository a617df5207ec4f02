import type { Handle } from '../../controller';
import { wholeNumber, type Command, type Io, type Values } from '../command';
import { ofHandle, overSocket, ownController, runningController, type Connection } from '../connection';
import { CommandError, EXIT, usageError } from '../exit';
import { followUntilSettled, type Settled } from '../follow';
import { printJson, wantsJson } from '../output';
import { Progress } from '../progress';
import type { SocketClient } from '../socket-client';
import { describe, isSettled, readStatus, summarise, type SyncSummary } from '../summary';

/** Longest that a timer can be set for: some 24 days. */
const NO_LIMIT_MS = 2_147_483_647;

interface Wish {
  once: boolean;
  full: boolean;
  timeoutMs: number;
  signal: AbortSignal;
  progress: Progress;
}

function wishOf(io: Io, values: Values): Wish {
  if (values.once === true && values['until-settled'] === true)
    throw usageError('--once and --until-settled exclude each other.', 'Give one of them.');
  if (values.once !== true && values['until-settled'] !== true)
    throw usageError('How long should it sync?', 'Give --until-settled, or --once for one cycle.');
  const seconds = wholeNumber(values, 'timeout', 1);
  return {
    once: values.once === true,
    full: values.full === true,
    timeoutMs: seconds === undefined ? NO_LIMIT_MS : Math.min(seconds * 1000, NO_LIMIT_MS),
    signal: io.interruptible(),
    progress: new Progress(io),
  };
}

/** What a sync needs before it starts: a master that answers, and somebody to sync to. Nothing was written anywhere yet. */
async function checkReady({ controller }: Handle): Promise<void> {
  const { settings, replicas } = controller.store;
  const url = settings.text('master_url');
  const token = settings.secret('master_token');
  if (url === '' || token === null) {
    throw new CommandError(
      EXIT.configuration,
      'master-missing',
      `There is no ${url === '' ? 'master' : 'token for the master'} yet.`,
      'Set MASTER_URL and MASTER_TOKEN, or run pngx master set --url URL --token TOKEN.',
    );
  }
  if (!replicas.list().some((replica) => replica.enabled)) {
    throw new CommandError(
      EXIT.configuration,
      'no-replica',
      'There is no enabled replica.',
      'Add one: pngx replica add --name NAME --url URL --token TOKEN.',
    );
  }
  const tried = await controller.test({ url, token });
  if (!tried.ok) throw new CommandError(EXIT.instance, 'master-failed', `The master ${url}: ${tried.error ?? 'it failed.'}`, tried.nextStep ?? '');
}

/** The same stages as the flow's, one after another, by this process. */
async function runHere(handle: Handle, wish: Wish, connection: Connection): Promise<Settled> {
  const { controller } = handle;
  await checkReady(handle);
  const off = controller.on((event) => wish.progress.event(event));
  const expiry = new AbortController();
  const timer = setTimeout(() => expiry.abort(), wish.timeoutMs);
  try {
    if (!wish.once) {
      const result = await controller.runUntilSettled({ timeoutMs: wish.timeoutMs, trigger: 'cli', full: wish.full, signal: wish.signal });
      return { settled: result.settled, runs: result.runs.length, reason: result.reason };
    }
    if (wish.full) controller.demandAll();
    const run = await controller.runCycle({ trigger: 'cli', signal: AbortSignal.any([wish.signal, expiry.signal]) });
    if ('skipped' in run) return { settled: false, runs: 0, reason: run.skipped };
    return { settled: isSettled(await readStatus(connection), run.synced + run.failed === 0), runs: 1, reason: null };
  } finally {
    clearTimeout(timer);
    off();
  }
}

async function syncWith(io: Io, wish: Wish, running: SocketClient | null): Promise<SyncSummary> {
  const started = performance.now();
  const seconds = (): number => (performance.now() - started) / 1000;
  if (running !== null) {
    const connection = overSocket(running);
    if (!(await running.hello()).flow) {
      const { pid } = await running.hello();
      await connection.close();
      throw new CommandError(
        EXIT.database,
        'database-in-use',
        `Process ${pid} works on this database, and no flow drives it.`,
        'Wait until it ends (it may be another pngx sync), or deploy the flow there.',
      );
    }
    try {
      const result = await followUntilSettled(running, wish);
      wish.progress.clear();
      return await summarise(connection, { ...result, seconds: seconds() });
    } finally {
      await connection.close();
    }
  }
  const handle = await ownController(io, true);
  const connection = ofHandle(handle, io);
  try {
    const result = await runHere(handle, wish, connection);
    wish.progress.clear();
    return await summarise(connection, { ...result, seconds: seconds() });
  } finally {
    await connection.close();
  }
}

/** Which of the documented codes says best how it ended. */
export function exitOf(summary: SyncSummary, ended: { interrupted: boolean; timedOut: boolean }): number {
  if (ended.interrupted) return EXIT.interrupted;
  if (summary.ok) return EXIT.ok;
  if (!summary.settled && ended.timedOut) return EXIT.timeout;
  const enabled = summary.replicas.filter((r) => r.enabled);
  if (enabled.length > 0 && enabled.every((r) => r.status === 'unreachable' || r.status === 'suspended')) return EXIT.instance;
  return EXIT.unsynced;
}

export const sync: Command = {
  name: 'sync',
  summary: 'Sync until nothing is left to do, or one cycle.',
  details:
    'A running controller is asked to do it, with its flow; with none running, this process does it, without a flow. A document that a replica cannot take as it is does ' +
    'not keep it running: the exit code is then 1.',
  options: {
    'until-settled': { type: 'boolean', about: 'Cycle after cycle until every document is synced and verified, or waits for its retry.' },
    once: { type: 'boolean', about: 'One cycle.' },
    full: { type: 'boolean', about: 'Look at everything: sweep the whole master for what its times do not show, and verify every document.' },
    timeout: { type: 'string', value: 'SECONDS', about: 'End after so long; what is left is kept for the next time.' },
  },
  async run(io, values) {
    const wish = wishOf(io, values);
    const summary = await syncWith(io, wish, await runningController(io));
    if (wantsJson(values)) printJson(io, summary);
    else io.out(describe(summary));
    return exitOf(summary, { interrupted: wish.signal.aborted, timedOut: summary.seconds * 1000 >= wish.timeoutMs });
  },
};
