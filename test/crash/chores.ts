import type { Random } from '../../simulator/library/random.js';
import type { Appliance } from './appliance';

/**
 * What a person at the controller does at times, beside the cycles: each answers when it is done, which a kill may prevent. No resync: it forgets what names the
 * fields had, so that one in the middle of a swap of names leaves documents limited, killed or not.
 */
const CHORES: readonly ((appliance: Appliance, replicaId: number) => Promise<unknown>)[] = [
  async (appliance, replicaId) => {
    const plan = await appliance.ask('POST', '/api/sync/plan', { replica_id: replicaId, scope: 'deletes' });
    const { id } = (plan?.body ?? {}) as { id?: number };
    return id === undefined ? null : appliance.ask('POST', `/api/sync/plan/${id}/apply`);
  },
  (appliance, replicaId) => appliance.ask('POST', `/api/replicas/${replicaId}/reconcile`, { apply: true }),
];

/** Now and then one of them, for a replica by its number from 1; else nothing. */
export async function chore(appliance: Appliance, random: Random, replicas: number): Promise<void> {
  const [draw, what, replicaId] = [random.chance(12), random.pick(CHORES), random.int(1, replicas)];
  if (draw) await what(appliance, replicaId);
}
