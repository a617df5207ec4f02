import type { Controller, ControllerEvent } from '../../../src/controller';

export type FakeController = Controller & { emit(event: ControllerEvent): void; listeners: Set<(event: ControllerEvent) => void> };

/** A controller of which a test says what it uses; anything else that is touched throws by being undefined. */
export function fakeController(parts: Partial<Controller> = {}): FakeController {
  const listeners = new Set<(event: ControllerEvent) => void>();
  const fake = {
    databasePath: '/nowhere/db.sqlite3',
    state: 'running',
    flowAttached: false,
    progress: () => ({ running: false, runId: null, phase: 'idle', docsDone: 0, docsTotal: 0 }),
    on(listener: (event: ControllerEvent) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit(event: ControllerEvent) {
      for (const listener of listeners) listener(event);
    },
    listeners,
    ...parts,
  };
  return fake as unknown as FakeController;
}
