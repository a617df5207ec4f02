import type { PlannedLane } from '../sync/plan/planned';
import type { Store, Trigger } from '../state';
import type { Environment } from '../sync';
import type { Identity } from './identity';
import type { Instances } from './instances';
import type { LogEntry } from './log';
import type { MasterLink } from './master-link';
import type { Metrics } from './metrics';
import type { Preflight } from './preflight';
import type { RunRecords } from './run-records';
import type { ControllerEvent, Ticket } from './types';

/** What runs are made of, from their start to their end. */
export interface RunParts {
  store: Store;
  env: Environment;
  instances: Instances;
  identity: Identity;
  preflight: Preflight;
  master: MasterLink;
  records: RunRecords;
  metrics: Metrics;
  log: (entry: LogEntry) => void;
  emit: (event: ControllerEvent) => void;
  /** Work that a stop waits for. */
  track: (work: Promise<unknown>) => void;
  /** Who carries a run's tickets: the flow, or the stages driven in order. */
  carry: (tickets: Ticket[]) => void;
}

/** What a run was asked for: by whom, and of one replica or of all. */
export interface Ask {
  trigger: Trigger;
  replicaId: number | null;
  /** Limits the run to what a plan names. */
  planned?: PlannedLane;
}
