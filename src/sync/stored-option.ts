import type { Store } from '../state';

/** What a replica's options say, else the setting. */
export function storedOption({ replicas, settings }: Store, replicaId: number, key: 'delete_policy' | 'drift_policy'): string {
  const own = JSON.parse(replicas.get(replicaId)?.options ?? '{}') as Partial<Record<typeof key, string>>;
  return own[key] ?? settings.text(key);
}
