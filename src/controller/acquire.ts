import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { parseInstanceUrl } from '../paperless/base-url';
import { lockDatabase, openStore, type Store } from '../state';
import { Engine } from './controller';
import { machineEnvironment } from './environment';
import type { Handle } from './handle';
import { openSpool } from './spool';
import type { OpenOptions } from './types';

interface Held {
  opening: Promise<Engine>;
  users: number;
}

/** By database path, for the whole process: every node and command of one process shares a controller. */
const held = new Map<string, Held>();
/** A controller that is still closing; the next one of that database waits for it. */
const closing = new Map<string, Promise<void>>();

/**
 * Opens the controller of a database, or joins the one this process already runs.
 * Rejects, before anything is written, with SecretKeyError, DatabaseUnwritableError, DatabaseInUseError or ConfigError: each says what to do.
 */
export async function acquireController(options: OpenOptions): Promise<Handle> {
  const path = resolve(options.databasePath);
  let entry = held.get(path);
  if (entry === undefined) {
    const before = closing.get(path);
    entry = { opening: (before ?? Promise.resolve()).then(() => open(path, options)), users: 0 };
    held.set(path, entry);
  }
  const mine = entry;
  mine.users += 1;
  try {
    const controller = await mine.opening;
    let released = false;
    return {
      controller,
      release: async () => {
        if (released) return;
        released = true;
        mine.users -= 1;
        if (mine.users > 0) return;
        held.delete(path);
        const stopped = controller.stop().finally(() => {
          if (closing.get(path) === stopped) closing.delete(path);
        });
        closing.set(path, stopped);
        await stopped;
      },
    };
  } catch (error) {
    mine.users -= 1;
    if (held.get(path) === mine) held.delete(path);
    throw error;
  }
}

async function open(path: string, options: OpenOptions): Promise<Engine> {
  const lock = lockDatabase(path);
  try {
    const store = openStore({ path, now: () => Date.now(), randomBytes: (n) => randomBytes(n), secretKey: options.secretKey });
    try {
      seed(store, options.seed ?? {});
      const spool = await openSpool(`${path}.spool`, () => store.settings.number('spool_max_bytes'));
      return new Engine({
        databasePath: path,
        store,
        env: machineEnvironment(spool),
        logLine: options.logToStdout === false ? null : (line) => process.stdout.write(line),
        onStopped: () => lock.release(),
      });
    } catch (error) {
      store.close();
      throw error;
    }
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** First boot only: what somebody set stays. */
function seed(store: Store, from: { masterUrl?: string; masterToken?: string }): void {
  store.transaction(() => {
    if (from.masterUrl !== undefined && !store.settings.isSet('master_url')) store.settings.set('master_url', parseInstanceUrl(from.masterUrl).url);
    if (from.masterToken !== undefined && !store.settings.isSet('master_token')) store.settings.set('master_token', from.masterToken);
  });
}
