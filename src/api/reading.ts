import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { ConfigError } from '../controller/types';
import { openStore, type Store } from '../state';
import type { OperationsController } from './operation';

/** A database opened for looking, where no controller runs: operations that read work on it, others are refused. */
export interface Reading {
  readonly controller: OperationsController;
  close(): void;
}

function refusal(): ConfigError {
  return new ConfigError('reading-only', 'The database is only open for reading.', 'Start the controller, and ask it.');
}

function refuse(): Promise<never> {
  return Promise.reject(refusal());
}

function standIn(store: Store): OperationsController {
  return {
    databasePath: store.path,
    state: 'stopped',
    store,
    flowAttached: false,
    progress: () => ({ running: false, runId: null, phase: 'stopped', docsDone: 0, docsTotal: 0 }),
    counts: (replicaId) => store.registry.counts(replicaId),
    master() {
      const url = store.settings.text('master_url');
      return { url: url === '' ? null : url, version: null, ok: false, message: 'no controller runs', lastContactAt: null, unconfirmedGone: 0 };
    },
    requestSync: refuse,
    test: refuse,
    addReplica: refuse,
    setMaster: refuse,
    demandAll() {
      throw refusal();
    },
    plan: refuse,
    applyPlan: refuse,
    reconcile: refuse,
    preflight: refuse,
    acceptFinding() {
      throw refusal();
    },
  };
}

/** null when there is no database there yet. Throws what `openStore` throws. */
export function openReading(options: { databasePath: string; secretKey: string }): Reading | null {
  if (!existsSync(options.databasePath)) return null;
  const store = openStore({
    path: options.databasePath,
    secretKey: options.secretKey,
    readonly: true,
    now: () => Date.now(),
    randomBytes: (n) => randomBytes(n),
  });
  return { controller: standIn(store), close: () => store.close() };
}
