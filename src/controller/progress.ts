import type { Store } from '../state';
import type { Board } from './board';
import type { Progress } from './types';

const ORDER = ['starting', 'poll-tasks', 'schema-parity', 'fetch-changed', 'push-doc', 'verify'];

/** How far the run on this board is: its phase is that of the lane that is furthest behind. */
export function progressOf(board: Board | null, registry: Store['registry']): Progress {
  if (board === null) return { running: false, runId: null, phase: 'idle', docsDone: 0, docsTotal: 0 };
  const seats = [...board.seats.values()];
  const open = seats.filter((s) => !s.closed);
  const slowest = open.sort((a, b) => ORDER.indexOf(a.phase) - ORDER.indexOf(b.phase))[0];
  const done = seats.reduce((sum, s) => sum + s.done, 0);
  const waiting = open.reduce((sum, s) => sum + registry.workCount(s.replicaId) + registry.inFlight(s.replicaId).length, 0);
  return { running: true, runId: board.row.id, phase: slowest?.phase ?? 'closing', docsDone: done, docsTotal: done + waiting };
}
