import type { Settings } from '../state';

const DAY_MS = 86_400_000;

/** The settings that a run uses, as they were when it began. Durations in milliseconds. */
export interface EngineSettings {
  batchSize: number;
  /** Unfinished consume tasks that we leave on a replica. */
  consumeWindow: number;
  uploadConcurrency: number;
  patchConcurrency: number;
  taskTimeoutMs: number;
  retryErrorsPerCycle: number;
  retryBaseMs: number;
  retryCapMs: number;
  quarantineAfter: number;
  verifyWindowMs: number;
  /** 0: stored files are never read. */
  verifyBytesWindowMs: number;
  verifyBytesPerCycle: number;
  cursorOverlapMs: number;
  adoptTwins: boolean;
  syncOwners: boolean;
  notePrefix: boolean;
  taxonomyOwners: boolean;
  colors: boolean;
  matching: boolean;
  inboxFlag: boolean;
}

export function engineSettings(settings: Settings): EngineSettings {
  return {
    batchSize: settings.number('batch_size'),
    consumeWindow: settings.number('consume_window'),
    uploadConcurrency: settings.number('upload_concurrency'),
    patchConcurrency: settings.number('patch_concurrency'),
    taskTimeoutMs: settings.number('task_poll_timeout_seconds') * 1000,
    retryErrorsPerCycle: settings.number('retry_errors_per_cycle'),
    retryBaseMs: settings.number('retry_base_seconds') * 1000,
    retryCapMs: settings.number('retry_cap_seconds') * 1000,
    quarantineAfter: settings.number('quarantine_after'),
    verifyWindowMs: settings.number('verify_days') * DAY_MS,
    verifyBytesWindowMs: settings.number('verify_bytes_days') * DAY_MS,
    verifyBytesPerCycle: settings.number('verify_bytes_per_cycle_mb') * 1_000_000,
    cursorOverlapMs: settings.number('cursor_overlap_seconds') * 1000,
    adoptTwins: settings.text('adopt_twins') === 'adopt',
    notePrefix: settings.get('note_prefix') === true,
    syncOwners: settings.get('sync_owners') === true,
    taxonomyOwners: settings.get('sync_taxonomy_owners') === true,
    colors: settings.get('sync_tag_colors') === true,
    matching: settings.get('sync_matching') === true,
    inboxFlag: settings.get('sync_inbox_flag') === true,
  };
}
