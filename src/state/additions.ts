import type { EventRow, Intent, MasterFileRow } from './rows';

/** What happened, by an id that only grows; kept so that a listener can resume. */
export interface Events {
  /** `data` becomes JSON; no secrets, no documents' text. */
  add(entry: { kind: string; data?: unknown; runId?: number | null; replicaId?: number | null }): EventRow;
  /** Oldest first. */
  after(id: number, limit: number): EventRow[];
  /** The id that was given last, 0 before the first. */
  lastId(): number;
  /** Removes what is older; how many. */
  prune(olderThan: string): number;
}

declare module './store' {
  interface Store {
    readonly events: Events;
  }

  interface Settings {
    /** Whether somebody set it; the first boot seeds only what nobody did. */
    isSet(key: string): boolean;
  }

  interface Registry {
    /** The document is gone on the master (a sweep proved it); its rows move on their own. False when it is unknown or gone already. `record` takes it back. */
    markGone(masterDocId: number, at: string): boolean;
    /** All that is known of a document, by version id. */
    files(masterDocId: number): MasterFileRow[];
    /** Every `ok` and `limited` row with a document back to the queue: what documents refer to changed under them. How many. */
    requeueAll(replicaId: number): number;
    /** Any intent that was ever committed for this replica: a copy that turns up late with its nonce is ours. */
    intentByNonce(replicaId: number, nonce: string): { masterDocId: number; intent: Intent } | null;
    /** The replica's document is gone. */
    forgetReplicaDoc(replicaId: number, replicaDocId: number): void;
  }
}
