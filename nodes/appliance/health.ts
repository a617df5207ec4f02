import type { Controller } from '../../src/controller';
import { openControllers, openFailures } from '../shared/controllers';

/** Where the flows are in their life; set by the runtime's events. */
type Phase = 'starting' | 'running' | 'draining';

let phase: Phase = 'starting';

export function setPhase(next: Phase): void {
  phase = next;
}

export function isDraining(): boolean {
  return phase === 'draining';
}

export interface Health {
  /** 200 or 503. */
  code: number;
  body: { status: string; db?: 'ok' | 'error'; reason?: string };
}

/** A read that touches the file, not just the handle. */
function databaseAnswers(controller: Controller): boolean {
  try {
    controller.store.lease.current();
    return true;
  } catch {
    return false;
  }
}

/** What a probe is told. Says nothing of documents, paths or replicas: it is open to everyone. */
export function health(): Health {
  if (phase === 'draining') return { code: 503, body: { status: 'draining' } };
  const [reason] = openFailures();
  if (reason !== undefined) return { code: 503, body: { status: 'error', db: 'error', reason } };
  const controllers = openControllers();
  if (phase === 'starting' || controllers.length === 0) return { code: 503, body: { status: 'starting' } };
  const other = controllers.find((controller) => controller.state !== 'running');
  if (other !== undefined) return { code: 503, body: { status: other.state } };
  if (!controllers.every(databaseAnswers)) return { code: 503, body: { status: 'error', db: 'error', reason: 'database-unreadable' } };
  return { code: 200, body: { status: 'ok', db: 'ok' } };
}
