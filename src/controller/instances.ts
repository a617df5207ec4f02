import { type ExchangeObserver } from '../paperless/metrics';
import { createReader, createWriter } from '../paperless/http-client';
import { stack } from '../paperless/stack';
import { type InstanceAddress, type PaperlessReader, type PaperlessWriter, type Transport, type WireIdentity } from '../paperless';
import { demandSuperuser, type Environment } from '../sync';

export interface InstanceOptions {
  maxRequests: number;
  allowUntested: boolean;
  observer?: ExchangeObserver;
}

/** Clients by address, kept over cycles so that their connections and what they know of the server are. */
export class Instances {
  private readonly known = new Map<string, { address: InstanceAddress; client: PaperlessWriter; identity: WireIdentity | null }>();

  constructor(
    private readonly env: Environment,
    private readonly options: (name: string) => InstanceOptions,
  ) {}

  /** The master. The type has no way to write. */
  reader(address: InstanceAddress): PaperlessReader {
    return createReader(address, this.transport(address), { allowUntested: this.options(address.name).allowUntested });
  }

  /** A replica's client, identified: version known, superuser checked. Asks the server once per address and process, or when `again`. */
  async replica(
    key: string,
    address: InstanceAddress,
    call: { signal?: AbortSignal },
    again = false,
  ): Promise<{ client: PaperlessWriter; identity: WireIdentity }> {
    let entry = this.known.get(key);
    if (entry !== undefined && (entry.address.url !== address.url || entry.address.token !== address.token || entry.address.name !== address.name)) {
      await this.forget(key);
      entry = undefined;
    }
    if (entry === undefined) {
      const client = createWriter(address, this.transport(address), { allowUntested: this.options(address.name).allowUntested });
      entry = { address, client, identity: null };
      this.known.set(key, entry);
    }
    if (entry.identity === null || again) entry.identity = demandSuperuser(address.name, await entry.client.identify(call));
    return { client: entry.client, identity: entry.identity };
  }

  /** A client for one look, to be closed by the caller: a person waits for the answer, so nothing is tried again. */
  probe(address: InstanceAddress): PaperlessReader {
    return createReader(address, this.transport(address, []), { allowUntested: this.options(address.name).allowUntested });
  }

  /** After a failure as a whole: who answers there is asked again. */
  doubt(key: string): void {
    const entry = this.known.get(key);
    if (entry !== undefined) entry.identity = null;
  }

  async forget(key: string): Promise<void> {
    const entry = this.known.get(key);
    this.known.delete(key);
    await entry?.client.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.known.keys()].map((key) => this.forget(key)));
  }

  private transport(address: InstanceAddress, delaysMs?: readonly number[]): Transport {
    const { maxRequests, observer } = this.options(address.name);
    return stack(this.env.transport(address), {
      now: () => this.env.now(),
      sleep: (ms, signal) => this.env.sleep(ms, signal),
      random: () => this.env.random.float(),
      maxRequests,
      ...(observer === undefined ? {} : { observer }),
      ...(delaysMs === undefined ? {} : { delaysMs }),
    });
  }
}
