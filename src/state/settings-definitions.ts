/** One setting: what it may be and what it is when nobody said. Numbers are whole; the unit is in the key's name. */
export type Definition = { readonly key: string; readonly about: string } & (
  | { readonly type: 'integer'; readonly default: number; readonly min: number; readonly max: number }
  | { readonly type: 'boolean'; readonly default: boolean }
  | { readonly type: 'choice'; readonly default: string; readonly choices: readonly string[] }
  | { readonly type: 'url' | 'cron' | 'hours'; readonly default: '' }
  | { readonly type: 'secret'; readonly default: null }
);

const DAY = 86_400;
const GIB = 1_073_741_824;

const integer = (key: string, value: number, min: number, max: number, about: string): Definition => ({
  key,
  about,
  type: 'integer',
  default: value,
  min,
  max,
});
const flag = (key: string, value: boolean, about: string): Definition => ({ key, about, type: 'boolean', default: value });
const choice = (key: string, choices: readonly [string, ...string[]], about: string): Definition => ({
  key,
  about,
  type: 'choice',
  default: choices[0],
  choices,
});

/** The PRD's keys with its defaults, then ours. */
export const DEFINITIONS: readonly Definition[] = [
  { key: 'master_url', about: 'Address of the master.', type: 'url', default: '' },
  { key: 'master_token', about: "API token of a superuser of the master's.", type: 'secret', default: null },
  integer('sync_interval_seconds', 900, 1, 30 * DAY, 'Time between two cycles.'),
  integer('log_retention_days', 90, 1, 3650, 'How long log entries are kept.'),
  integer('sync_cycle_timeout_seconds', 1800, 1, 7 * DAY, 'How long one cycle may take.'),
  integer('task_poll_timeout_seconds', 600, 1, 7 * DAY, 'How long the outcome of an upload is waited for.'),
  integer('replica_suspend_threshold', 5, 1, 1000, 'Failed cycles in a row after which a replica is suspended.'),
  integer('max_concurrent_requests', 4, 1, 64, 'Requests at once, for each instance.'),
  choice('alert_target_type', ['', 'gotify', 'webhook'], 'Where alerts go.'),
  { key: 'alert_target_url', about: 'Address of the Gotify server or the webhook.', type: 'url', default: '' },
  { key: 'alert_target_token', about: "Gotify's token, or the value of the webhook's Authorization header.", type: 'secret', default: null },
  integer('alert_error_threshold', 5, 1, 1_000_000, 'Failed documents in one run that raise an alert.'),
  integer('alert_cooldown_seconds', 3600, 0, 30 * DAY, 'Least time between two alerts of one replica and cause.'),

  integer('lane_idle_seconds', 60, 1, DAY, 'A lane with nothing at work for so long is closed as interrupted.'),
  integer('batch_size', 50, 1, 900, 'Documents in one batch.'),
  integer('consume_window', 6, 1, 1000, 'Unfinished tasks on a replica, at most.'),
  integer('upload_concurrency', 2, 1, 64, 'Uploads at once to a replica.'),
  integer('patch_concurrency', 1, 1, 64, 'Changes at once to a replica; more only where it runs on PostgreSQL.'),
  integer('master_concurrency', 2, 1, 64, 'Reads at once from the master.'),
  integer('retry_errors_per_cycle', 50, 0, 100_000, 'Failed documents that are offered again in one cycle, for each replica.'),
  integer('retry_base_seconds', 60, 1, DAY, "Wait before a failed document's second attempt; doubles from there."),
  integer('retry_cap_seconds', 14_400, 1, 30 * DAY, 'Longest wait before another attempt.'),
  integer('quarantine_after', 10, 1, 10_000, 'Failed attempts after which a document waits for a person.'),
  integer('verify_days', 7, 1, 3650, 'Within so many days every copy is looked at again.'),
  integer('verify_bytes_days', 90, 0, 3650, "Within so many days every copy's stored files are downloaded and hashed; 0: never."),
  integer('verify_bytes_per_cycle_mb', 500, 1, 1_000_000, 'Megabytes of stored files that one cycle downloads from a replica to hash them, at most.'),
  integer('sweep_ids_seconds', 3600, 60, 30 * DAY, "Time between two looks at the master's ids and trash, for deletions and restores."),
  integer(
    'sweep_documents_seconds',
    21_600,
    60,
    90 * DAY,
    "Time between two walks over all of the master's documents, for changes that its times don't show.",
  ),
  integer(
    'sweep_content_seconds',
    7 * DAY,
    60,
    365 * DAY,
    "Time between two walks over all of the master's texts, for documents that were processed anew.",
  ),
  integer('delete_confirmations', 3, 1, 100, 'Sweeps in a row that must miss a document before it counts as deleted.'),
  integer('delete_limit', 50, 0, 1_000_000, 'Copies that one run may trash; more, or over 2 %, waits for a person.'),
  integer('preflight_interval_seconds', 3600, 1, 30 * DAY, 'Time between two preflight checks of an instance.'),
  integer('cursor_overlap_seconds', 300, 0, 30 * DAY, 'How far behind the cursor changes are read again.'),
  choice(
    'delete_policy',
    ['keep', 'trash', 'mirror'],
    'What becomes of a copy whose document is gone on the master: it stays, goes to the trash, or (mirror) also out of it once the document is deleted for good.',
  ),
  choice('drift_policy', ['revert', 'keep', 'ask'], 'What becomes of a copy that was changed on its replica.'),
  choice('adopt_twins', ['adopt', 'hold'], 'What becomes of a document with identical bytes that is on the replica already.'),
  flag('sync_owners', true, 'Owners and permissions of documents, by name.'),
  flag('sync_taxonomy_owners', true, 'Owners of tags, correspondents, types and storage paths.'),
  flag('sync_tag_colors', true, 'Colours of tags.'),
  flag('sync_matching', false, 'Matching rules; they would alter copies.'),
  flag('sync_inbox_flag', false, 'The inbox flag of tags; it would alter copies.'),
  flag('note_prefix', false, 'Author and time in front of a note, as [alice, 2026-03-01 09:30 UTC].'),
  {
    key: 'schedule_cron',
    about: "When cycles start, as a cron expression in the machine's zone, in place of the interval.",
    type: 'cron',
    default: '',
  },
  { key: 'quiet_hours', about: "When no cycle starts by itself, in the machine's zone, such as 22:00-06:00.", type: 'hours', default: '' },
  flag('paused', false, 'No cycle starts by itself.'),
  flag('allow_untested_versions', false, 'Speak to paperless-ngx 2.16 to 2.19, which is untested.'),
  integer('spool_max_bytes', 10 * GIB, 1_048_576, Number.MAX_SAFE_INTEGER, 'Disk space for files on their way.'),
  flag('backup_enabled', true, 'Back up the database after a run that changed something.'),
];

export const DEFINITION: ReadonlyMap<string, Definition> = new Map(DEFINITIONS.map((definition) => [definition.key, definition]));

export const SECRET_KEYS: readonly string[] = DEFINITIONS.filter(({ type }) => type === 'secret').map(({ key }) => key);
