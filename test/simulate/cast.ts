import type { Library } from '../../simulator/library/types';
import type { SimulatedVersion } from '../../simulator/profile';
import type { WorldOptions } from '../support/world';
import type { Chance } from './chance';
import { emptyLibrary, randomLibrary } from './library';

const VERSIONS: readonly SimulatedVersion[] = ['3.0.5', '2.20.15'];
const HOUR = 3_600_000;

/** Who plays in a seed's story, and by which rules. */
export interface Cast {
  world: WorldOptions;
  library: Library;
  settings: Record<string, string | number | boolean>;
  /** `flow`: ticks and tickets that a carrier takes from stage to stage. `cycles`: whole cycles without a flow. */
  driver: 'flow' | 'cycles';
  tickMs: number;
  /** Share of the engine's requests that something happens to. */
  trouble: number;
  rounds: number;
  /** Whether the process dies in this story, and is started again. */
  mortal: boolean;
  /** Whether somebody's own nodes stand in the flow. */
  ownNodes: boolean;
  /** Pages of so many rows instead of a thousand: what takes a large library to see happens in a small one. */
  pageOf: number | null;
}

export function castOf(chance: Chance): Cast {
  const master = chance.pick(VERSIONS);
  const major = master === '3.0.5' ? 3 : 2;
  const replicas = Array.from(
    {
      length: chance.weighted([
        [4, 1],
        [5, 2],
        [2, 3],
        [1, 4],
      ]),
    },
    () => chance.pick(VERSIONS),
  );
  const skewed = (): number => (chance.is(0.25) ? chance.pick([-HOUR, HOUR]) + chance.int(60_000) : chance.int(2000) - 1000);
  const mortal = chance.is(0.6);
  const settings: Cast['settings'] = {
    delete_policy: chance.pick(['keep', 'trash']),
    drift_policy: chance.weighted([
      [3, 'revert'],
      [1, 'keep'],
    ]),
    adopt_twins: chance.weighted([
      [4, 'adopt'],
      [1, 'hold'],
    ]),
    master_concurrency: chance.between(1, 4),
    max_concurrent_requests: chance.between(1, 6),
    consume_window: chance.between(1, 8),
    upload_concurrency: chance.between(1, 4),
    patch_concurrency: chance.between(1, 3),
    batch_size: chance.pick([1, 2, 3, 50]),
    task_poll_timeout_seconds: chance.pick([30, 120, 600]),
    sync_interval_seconds: chance.pick([60, 300, 900]),
    sync_cycle_timeout_seconds: chance.pick([60, 300, 1800]),
    sweep_ids_seconds: chance.pick([60, 600, 3600]),
    sweep_documents_seconds: chance.pick([60, 1800, 21_600]),
    sweep_content_seconds: chance.pick([60, 3600, 86_400]),
    delete_confirmations: chance.between(1, 3),
    verify_days: chance.between(1, 7),
    verify_bytes_days: chance.pick([0, 1, 90]),
    preflight_interval_seconds: chance.pick([60, 3600]),
    cursor_overlap_seconds: chance.pick([1, 60, 300]),
    retry_base_seconds: chance.pick([1, 5, 60]),
    retry_cap_seconds: chance.pick([60, 600]),
    quarantine_after: chance.pick([3, 10]),
    replica_suspend_threshold: chance.pick([5, 1000]),
    lane_idle_seconds: chance.pick([20, 60]),
    // A backup is written to a real disk, in real time.
    backup_enabled: mortal && chance.is(0.6),
  };
  const library = randomLibrary(chance, major);
  const driver = chance.pick(['flow', 'cycles'] as const);
  return {
    library,
    settings,
    driver,
    tickMs: chance.pick([30_000, 60_000]),
    trouble: chance.pick([0.02, 0.05, 0.1, 0.2]),
    rounds: chance.between(3, 7),
    mortal,
    ownNodes: driver === 'flow' && chance.is(0.15),
    pageOf: chance.is(0.3) ? chance.between(1, 4) : null,
    world: {
      master,
      replicas,
      library,
      replicaLibrary: emptyLibrary(),
      settings,
      // The slowest have not done with an upload when it is given up.
      consumeMs: chance.weighted([
        [3, 50],
        [3, 400],
        [3, 2500],
        [1, 40_000],
      ]),
      workers: chance.between(1, 2),
      duplicatesRefused: chance.is(0.15),
      database: mortal ? 'file' : 'memory',
      clocks: { engine: skewed(), master: skewed(), replicas: replicas.map(skewed) },
    },
  };
}
