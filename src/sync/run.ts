import { ContentShare } from './content-share';
import { FileShare } from './file-share';
import { ingest, type IngestReport } from './ingest';
import { RunContext, type RunInit } from './run-context';
import { isDue, sweep } from './sweep';
import { refuseMasterThatWentBack } from './went-back';

/** What the lanes of one run share: the master is read once for all of them. */
export class Run extends RunContext {
  readonly contents: ContentShare;
  readonly files: FileShare;
  /** By replica with a lane: whether it takes a document's older versions too. */
  readonly holdsVersions = new Map<number, boolean>();
  private collectionsRead: Promise<boolean> | undefined;
  private ingested: Promise<IngestReport> | undefined;

  constructor(init: RunInit) {
    super(init);
    if (init.asRead === true) {
      this.collectionsRead = Promise.resolve(false);
      this.ingested = Promise.resolve({ added: 0, changed: 0, requests: 0 });
    }
    this.contents = new ContentShare(init.master, this.call);
    this.files = new FileShare(this);
  }

  /** Reads the master's collections, once a run. True when they differ from what was recorded before. */
  readCollections(): Promise<boolean> {
    // Users and groups change rarely: read at first, with every walk over the documents, and when one of those names somebody unknown.
    this.collectionsRead ??= this.onMaster(async () => {
      // Before anything of it is recorded or written.
      await refuseMasterThatWentBack(this);
      return this.refreshCollections(isDue(this, 'documents') || this.store.settings.fact('principals-read') === null);
    });
    return this.collectionsRead;
  }

  /** Brings the registry up to the master, once a run; further lanes wait for the first. */
  ingest(): Promise<IngestReport> {
    this.ingested ??= this.onMaster(async () => {
      await this.readCollections();
      const report = await ingest(this);
      const swept = await sweep(this);
      if (swept.done.length > 0) {
        this.log(
          'info',
          `Looked at all of the master (${swept.done.join(', ')}): ${swept.changed} changes that its times didn't show, ${swept.gone} documents gone.`,
        );
      }
      return { ...report, changed: report.changed + swept.changed };
    });
    return this.ingested;
  }
}
