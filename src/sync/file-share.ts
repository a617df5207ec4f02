import { PaperlessError } from '../paperless';
import { SpoolFullError, type SpooledFile } from './environment';
import type { RunContext } from './run-context';

export interface SharedFile {
  file: SpooledFile;
  mimeType: string;
}

interface Entry {
  loading: Promise<SharedFile>;
  users: number;
  /** Bytes in the spool; null until it is loaded. */
  size: number | null;
  /** Lanes that will come for it; it stays until they have, or have ended. */
  awaited: Set<number>;
}

/** A master's file is downloaded once for all replicas that need it and let go when the last is done. */
export class FileShare {
  private readonly entries = new Map<string, Entry>();
  /** One large transfer at a time: the server holds every file that it sends in memory. */
  private queue: Promise<unknown> = Promise.resolve();
  /** Called at the next release: a download waits for room. */
  private roomWanted: (() => void) | null = null;

  constructor(private readonly run: RunContext) {}

  /**
   * The bytes of one version (null: the newest). `others` are the lanes that still need the same file.
   * `expected` is what the master says its SHA-256 is, where it says so.
   */
  async acquire(
    masterDocId: number,
    versionId: number | null,
    lane: number,
    others: readonly number[],
    expected: string | null,
  ): Promise<{ shared: SharedFile; release(): Promise<void> }> {
    const key = `${masterDocId}:${versionId ?? 'newest'}`;
    let entry = this.entries.get(key);
    if (entry === undefined) {
      entry = { loading: this.load(masterDocId, versionId, expected), users: 0, size: null, awaited: new Set(others) };
      this.entries.set(key, entry);
    }
    entry.awaited.delete(lane);
    entry.users += 1;
    const held = entry;
    const release = async (): Promise<void> => {
      held.users -= 1;
      await this.letGo(key, held);
      this.roomWanted?.();
    };
    try {
      const shared = await held.loading;
      held.size = shared.file.size;
      return { shared, release };
    } catch (error) {
      held.users -= 1;
      // Somebody may be at a new try under the same key already.
      if (this.entries.get(key) === held) this.entries.delete(key);
      throw error;
    }
  }

  /** A lane ended: nothing waits for it any more. */
  async laneEnded(lane: number): Promise<void> {
    for (const [key, entry] of this.entries) {
      entry.awaited.delete(lane);
      await this.letGo(key, entry);
    }
  }

  /** At the end of the run, whatever happened. */
  async clear(): Promise<void> {
    for (const [key, entry] of this.entries) {
      entry.awaited.clear();
      await this.letGo(key, entry);
    }
  }

  private async letGo(key: string, entry: Entry): Promise<void> {
    if (entry.users > 0 || entry.awaited.size > 0) return;
    if (this.entries.get(key) === entry) this.entries.delete(key);
    const loaded = await entry.loading.catch(() => null);
    await loaded?.file.remove();
  }

  private load(masterDocId: number, versionId: number | null, expected: string | null): Promise<SharedFile> {
    const loading = this.queue.then(() => this.download(masterDocId, versionId, expected));
    this.queue = loading.catch(() => undefined);
    return loading;
  }

  private async download(masterDocId: number, versionId: number | null, expected: string | null): Promise<SharedFile> {
    const { store } = this.run;
    const { file, mimeType } = await this.receive(masterDocId, versionId);
    try {
      await this.check(masterDocId, file, expected);
      store.fenced(this.run.epoch, () =>
        store.registry.learnFile({ masterDocId, versionId: versionId ?? 0, sha256: file.sha256, md5: file.md5, size: file.size }),
      );
    } catch (error) {
      await file.remove();
      throw error;
    }
    return { file, mimeType };
  }

  private async receive(masterDocId: number, versionId: number | null): Promise<SharedFile> {
    const { env, master, signal } = this.run;
    for (;;) {
      const download = await master.download(masterDocId, versionId, { signal });
      try {
        const file = await env.spool.receive(download.chunks, { expectedSize: download.length, signal });
        return { file, mimeType: download.mimeType };
      } catch (error) {
        // A spool that refuses never read the body, and an unread one keeps its connection.
        await download.discard();
        if (!(error instanceof SpoolFullError) || !(await this.makeRoom(download.length ?? 1))) throw error;
      }
    }
  }

  /**
   * Lets go of files that only wait for slower lanes, the latest first: those lanes come for the earliest next, and fetch the others again. Where all are in
   * use, waits for one that isn't any more. False: nothing of this run's is in the way.
   */
  private async makeRoom(bytes: number): Promise<boolean> {
    let freed = 0;
    for (const [key, entry] of [...this.entries].reverse()) {
      if (freed >= bytes) break;
      if (entry.users > 0 || entry.size === null) continue;
      freed += entry.size;
      entry.awaited.clear();
      await this.letGo(key, entry);
    }
    if (freed > 0) return true;
    if (![...this.entries.values()].some((entry) => entry.users > 0 && entry.size !== null)) return false;
    await new Promise<void>((resolve) => (this.roomWanted = resolve));
    this.roomWanted = null;
    return true;
  }

  /** What arrived must be what the master says that it has: half a PDF is consumed without a complaint. */
  private async check(masterDocId: number, file: SpooledFile, expected: string | null): Promise<void> {
    const { master, signal } = this.run;
    const said = expected ?? (await master.metadata(masterDocId, { signal }))?.originalChecksum ?? null;
    if (said === null) throw gone(masterDocId);
    const got = said.length === 32 ? file.md5 : file.sha256;
    if (said === got) return;
    throw new PaperlessError({
      class: 'retry',
      code: 'download-differs',
      message: `The file of document ${masterDocId} arrived with another checksum than the master gives for it (${got.slice(0, 12)}… instead of ${said.slice(0, 12)}…).`,
      nextStep: "It is fetched again. If that keeps happening, the master's own file is damaged: run paperless's sanity checker there.",
    });
  }
}

function gone(masterDocId: number): PaperlessError {
  return new PaperlessError({
    class: 'document',
    code: 'gone-on-master',
    message: `Document ${masterDocId} is no longer on the master.`,
    nextStep: 'Nothing to do: the next sweep records its deletion.',
  });
}
