import type { CallOptions, PaperlessReader } from '../paperless';
import type { Store } from '../state';
import { demandSuperuser, isoTime, type Environment } from '../sync';
import type { Instances } from './instances';
import { ConfigError } from './types';

export interface MasterState {
  version: string | null;
  ok: boolean;
  /** Sentence of the last failure; null while it is well. */
  message: string | null;
  lastContactAt: string | null;
}

/** The way to the master: one client as long as its address stays, and what was last heard of it. */
export class MasterLink {
  private client: { url: string; token: string; reader: PaperlessReader; identified: boolean } | null = null;
  private last: MasterState = { version: null, ok: false, message: null, lastContactAt: null };

  constructor(
    private readonly store: Store,
    private readonly env: Environment,
    private readonly instances: Instances,
  ) {}

  get state(): MasterState & { url: string | null } {
    const url = this.store.settings.text('master_url');
    return { url: url === '' ? null : url, ...this.last };
  }

  /** The master's client, identified and known to be a superuser's. Throws ConfigError when none is set, PaperlessError for what it answered. */
  async ready(call: CallOptions): Promise<PaperlessReader> {
    const url = this.store.settings.text('master_url');
    const token = this.store.settings.secret('master_token');
    if (url === '' || token === null) {
      throw new ConfigError(
        'no-master',
        'No master is set.',
        'Set MASTER_URL and MASTER_TOKEN for the first start, or set the master in the settings.',
      );
    }
    if (this.client !== null && (this.client.url !== url || this.client.token !== token)) await this.close();
    this.client ??= { url, token, reader: this.instances.reader({ name: 'master', url, token }), identified: false };
    if (!this.client.identified) {
      const identity = demandSuperuser('the master', await this.client.reader.identify(call));
      this.client.identified = true;
      this.last = { ...this.last, version: identity.version };
      this.answered();
    }
    return this.client.reader;
  }

  answered(): void {
    this.last = { ...this.last, ok: true, message: null, lastContactAt: isoTime(this.env.now()) };
  }

  /** Who answers there is asked again before the next run. */
  failed(message: string): void {
    this.last = { ...this.last, ok: false, message };
    if (this.client !== null) this.client.identified = false;
  }

  async close(): Promise<void> {
    const client = this.client;
    this.client = null;
    await client?.reader.close();
  }
}
