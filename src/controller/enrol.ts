import { PaperlessError, type InstanceAddress, type PaperlessReader } from '../paperless';
import { parseInstanceUrl } from '../paperless/base-url';
import type { Store } from '../state';
import { demandSuperuser, explain, isoTime, type Environment } from '../sync';
import type { Instances } from './instances';
import type { LogEntry } from './log';
import type { MasterLink } from './master-link';
import { refuseSameInstance } from './same-instance';
import { ConfigError, type Controller } from './types';

export interface EnrolInit {
  store: Store;
  env: Environment;
  instances: Instances;
  master: MasterLink;
  log: (entry: LogEntry) => void;
}

type Tested = Awaited<ReturnType<Controller['test']>>;

/** Taking instances in: each is tried before anything of it is written. */
export class Enrol {
  constructor(private readonly parts: EnrolInit) {}

  async test(address: { url: string; token: string }): Promise<Tested> {
    const { env, instances } = this.parts;
    const began = env.now();
    let reader: PaperlessReader | undefined;
    try {
      reader = instances.probe({ name: 'the instance', ...address });
      const identity = demandSuperuser('the instance', await reader.identify());
      const latencyMs = env.now() - began;
      const { documents } = await reader.statistics();
      return { ok: true, error: null, nextStep: null, latencyMs, docCount: documents, version: identity.version };
    } catch (error) {
      const told = explain(error);
      return { ok: false, error: told.message, nextStep: told.nextStep, latencyMs: env.now() - began, docCount: null, version: null };
    } finally {
      await reader?.close();
    }
  }

  async addReplica(
    replica: { name: string; url: string; token: string; syncIntervalSeconds?: number | null; enabled?: boolean },
    who: string,
  ): Promise<{ id: number }> {
    const { store, env, log } = this.parts;
    const { url } = parseInstanceUrl(replica.url);
    const tested = await this.test({ url, token: replica.token });
    if (!tested.ok) throw new ConfigError('replica-test-failed', `${replica.name} can't be used: ${tested.error ?? ''}`, tested.nextStep ?? '');
    await this.refuseMaster({ name: replica.name, url, token: replica.token });
    const row = store.transaction(() => {
      const added = store.replicas.add({ ...replica, url });
      store.replicas.contact(added.id, {
        ...(tested.version === null ? {} : { version: tested.version }),
        ...(tested.docCount === null ? {} : { documentCount: tested.docCount }),
        at: isoTime(env.now()),
      });
      store.registry.enqueueMissing(added.id);
      store.audit.add({ who, action: 'replica.add', after: { id: added.id, name: added.name, url: added.url } });
      return added;
    });
    log({
      level: 'info',
      replicaId: row.id,
      message: `Replica ${row.name} (paperless ${tested.version ?? '?'}, ${tested.docCount ?? 0} documents) added.`,
    });
    return { id: row.id };
  }

  async setMaster(address: { url: string; token: string }, who: string): Promise<void> {
    const { store } = this.parts;
    const { url } = parseInstanceUrl(address.url);
    const tested = await this.test({ url, token: address.token });
    if (!tested.ok) throw new ConfigError('master-test-failed', `The master can't be used: ${tested.error ?? ''}`, tested.nextStep ?? '');
    await this.refuseReplicas({ name: 'the master', url, token: address.token });
    const before = store.settings.text('master_url');
    store.transaction(() => {
      store.settings.set('master_url', url);
      store.settings.set('master_token', address.token);
      store.audit.add({ who, action: 'master.set', before: { url: before }, after: { url } });
    });
  }

  /** A new master must not be one of the replicas. One that doesn't answer now can't be compared and is refused later, by its own cycle's failure. */
  private async refuseReplicas(address: InstanceAddress): Promise<void> {
    const { store, instances } = this.parts;
    const master = instances.probe(address);
    try {
      await master.identify();
      for (const { id, name, url } of store.replicas.list()) {
        try {
          await this.refuseSame(master, { name, url, token: store.replicas.token(id) });
        } catch (error) {
          if (!(error instanceof PaperlessError)) throw error;
        }
      }
    } finally {
      await master.close();
    }
  }

  private async refuseMaster(address: InstanceAddress): Promise<void> {
    const { store, master } = this.parts;
    if (store.settings.text('master_url') !== '') await this.refuseSame(await master.ready({}), address);
  }

  /** Throws ConfigError when the replica at `address` is the given master. */
  private async refuseSame(master: PaperlessReader, address: InstanceAddress): Promise<void> {
    const reader = this.parts.instances.probe(address);
    try {
      await reader.identify();
      await refuseSameInstance(master, reader);
    } catch (error) {
      if (error instanceof PaperlessError && error.code === 'same-instance') throw new ConfigError(error.code, error.message, error.nextStep);
      throw error;
    } finally {
      await reader.close();
    }
  }
}
