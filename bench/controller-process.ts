/** The controller alone in a process: nothing of the bench's own is in its memory but this file. */
import { acquireController, type Controller, type Handle } from '../src/controller';
import { serve } from './process';

export interface ControllerSetup {
  databasePath: string;
  secretKey: string;
  master: { url: string; token: string };
  replicas: readonly { name: string; url: string; token: string }[];
  settings: Readonly<Record<string, number | boolean | string>>;
}

export interface Settled {
  settled: boolean;
  reason: string | null;
  cycles: number;
  /** Rows of all replicas: synced as far as the replica can hold it and read back since; and the others. */
  synced: number;
  left: number;
}

let handle: Handle | undefined;
let ids: number[] = [];

function the(): Controller {
  if (handle === undefined) throw new Error('open comes first');
  return handle.controller;
}

serve({
  async open({ databasePath, secretKey, master, replicas, settings }: ControllerSetup) {
    handle = await acquireController({ databasePath, secretKey, logToStdout: false, seed: { masterUrl: master.url, masterToken: master.token } });
    for (const [key, value] of Object.entries(settings)) the().store.settings.set(key, value);
    ids = [];
    for (const replica of replicas) ids.push((await the().addReplica(replica, 'bench')).id);
  },
  async settle({ timeoutMs }: { timeoutMs: number }): Promise<Settled> {
    const { settled, reason, runs } = await the().runUntilSettled({ timeoutMs, trigger: 'cli' });
    const counts = ids.map((id) => the().counts(id));
    const total = counts.reduce((sum, count) => sum + count.total, 0);
    // Bytes that a 2.x replica holds already, for another document, have no copy of their own to read back.
    const without = ids.flatMap((id) => the().store.registry.rows(id, { status: 'limited', limit: 1000 })).filter((row) => row.replicaDocId === null);
    const synced = counts.reduce((sum, { verifiedCurrent }) => sum + verifiedCurrent, 0) + without.length;
    return { settled, reason, cycles: runs.length, synced, left: total - synced };
  },
  cycle: () => the().runCycle({ trigger: 'cli' }),
  close: () => handle?.release(),
});
