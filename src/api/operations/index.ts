import type { Operation } from '../operation';
import { listDocuments, listErrors, listPairs, retryDocuments } from './documents';
import { decideDrift, listDrift } from './drift';
import { listLogs } from './logs';
import { applyPlan, listPlans, makePlan, readPlan, reconcileReplica, resyncReplica } from './plans';
import { acceptFinding, runPreflight } from './preflight';
import { addReplica, listReplicas, removeReplica, testReplica, unsuspendReplica } from './replicas';
import { listRuns } from './runs';
import { readSettings, updateSettings } from './settings';
import { readStatus } from './status';
import { readRunning, syncNow } from './sync';

/** Every operation there is: HTTP routes, socket calls and the API's description are made from this list. */
export const operations: readonly Operation[] = [
  readStatus,
  syncNow,
  readRunning,
  listPlans,
  makePlan,
  readPlan,
  applyPlan,
  listReplicas,
  addReplica,
  removeReplica,
  testReplica,
  unsuspendReplica,
  reconcileReplica,
  resyncReplica,
  runPreflight,
  acceptFinding,
  listDocuments,
  listErrors,
  listPairs,
  retryDocuments,
  listDrift,
  decideDrift,
  listRuns,
  listLogs,
  readSettings,
  updateSettings,
];
