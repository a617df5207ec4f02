import { Instances } from '../controller/instances';
import { machineEnvironment } from '../controller/environment';
import { ConfigError } from '../controller/types';
import type { Store } from '../state';
import { demandSuperuser } from '../sync';
import { compareInstances, type Comparison } from '../sync/compare';
import { notFound } from './problem';

export type { CollectionCount, Comparison, FieldCount, Listed } from '../sync/compare';

export interface CompareOptions {
  allBytes: boolean;
  signal?: AbortSignal;
  progress?: (done: number, total: number) => void;
}

const PAGE = 1000;

/** Compares a replica with the master by reading both. Takes addresses, settings and the map from the database, writes nothing anywhere. */
export async function compareReplica(store: Store, replicaId: number, options: CompareOptions): Promise<Comparison> {
  const { settings } = store;
  const [url, token] = [settings.text('master_url'), settings.secret('master_token')];
  if (url === '' || token === null) {
    throw new ConfigError('no-master', 'The database has no master yet.', 'Set one: pngx master set --url URL --token TOKEN.');
  }
  const row = store.replicas.get(replicaId);
  if (row === null) throw notFound('unknown-replica', `There is no replica ${replicaId}.`, 'pngx replica list shows the replicas and their ids.');
  const instances = new Instances(machineEnvironment(noSpool), () => ({
    maxRequests: 2,
    allowUntested: settings.get('allow_untested_versions') === true,
  }));
  const master = instances.reader({ name: 'master', url, token });
  const replica = instances.reader({ name: row.name, url: row.url, token: store.replicas.token(row.id) });
  const call = options.signal === undefined ? {} : { signal: options.signal };
  try {
    const identities = {
      master: demandSuperuser('the master', await master.identify(call)),
      replica: demandSuperuser(row.name, await replica.identify(call)),
    };
    const on = (key: string): boolean => settings.get(key) === true;
    return await compareInstances({
      master,
      replica,
      identities,
      map: mapOf(store, replicaId),
      rules: {
        owners: on('sync_owners'),
        notePrefix: on('note_prefix'),
        taxonomyOwners: on('sync_taxonomy_owners'),
        colors: on('sync_tag_colors'),
        matching: on('sync_matching'),
        inboxFlag: on('sync_inbox_flag'),
        keepDeleted: settings.text('delete_policy') === 'keep',
      },
      ...options,
    });
  } finally {
    await Promise.all([master.close(), replica.close()]);
  }
}

function* mapOf(store: Store, replicaId: number): Generator<readonly [number, number]> {
  let after = 0;
  for (;;) {
    const page = store.registry.pairsAfter(replicaId, after, PAGE);
    for (const pair of page) yield [pair.masterDocId, pair.replicaDocId];
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.masterDocId;
  }
}

/** Files are hashed while they are read, and kept nowhere. */
const noSpool = { receive: () => Promise.reject(new Error('A comparison keeps no file.')) };
