import assert from 'node:assert/strict';
import { DEFINITIONS, openDatabase, SettingError } from '../../../src/state';
import { folder, store } from './support';
import { join } from 'node:path';

/** From the requirements, word for word. */
const PRD = {
  sync_interval_seconds: 900,
  log_retention_days: 90,
  sync_cycle_timeout_seconds: 1800,
  task_poll_timeout_seconds: 600,
  replica_suspend_threshold: 5,
  max_concurrent_requests: 4,
  alert_target_type: '',
  alert_target_url: '',
  alert_error_threshold: 5,
  alert_cooldown_seconds: 3600,
  master_url: '',
};

const OURS = {
  lane_idle_seconds: 60,
  batch_size: 50,
  consume_window: 6,
  upload_concurrency: 2,
  patch_concurrency: 1,
  master_concurrency: 2,
  retry_errors_per_cycle: 50,
  retry_base_seconds: 60,
  retry_cap_seconds: 14400,
  quarantine_after: 10,
  verify_days: 7,
  verify_bytes_days: 90,
  verify_bytes_per_cycle_mb: 500,
  sweep_ids_seconds: 3600,
  sweep_documents_seconds: 21600,
  sweep_content_seconds: 604800,
  delete_confirmations: 3,
  delete_limit: 50,
  preflight_interval_seconds: 3600,
  cursor_overlap_seconds: 300,
  delete_policy: 'keep',
  drift_policy: 'revert',
  adopt_twins: 'adopt',
  sync_owners: true,
  sync_taxonomy_owners: true,
  sync_tag_colors: true,
  sync_matching: false,
  sync_inbox_flag: false,
  note_prefix: false,
  schedule_cron: '',
  quiet_hours: '',
  paused: false,
  allow_untested_versions: false,
  spool_max_bytes: 10 * 1024 ** 3,
  backup_enabled: true,
};

describe('Settings', () => {
  const path = folder();

  it('are these, with these defaults, and tell no secret', () => {
    assert.deepEqual(store().settings.all(), { ...PRD, ...OURS, master_token_set: false, alert_target_token_set: false });
  });

  it('have one definition each, whose default is one of its own values', () => {
    assert.equal(new Set(DEFINITIONS.map(({ key }) => key)).size, DEFINITIONS.length);
    const s = store().settings;
    for (const { key, default: value } of DEFINITIONS) {
      if (value === null) continue;
      s.set(key, value);
      assert.equal(s.get(key), value);
      assert.equal(s.isSet(key), true);
      s.set(key, null);
      assert.equal(s.isSet(key), false);
    }
  });

  it('keep their type through the database, and take what forms send', () => {
    const s = store().settings;
    s.set('batch_size', '25');
    s.set('paused', 'true');
    s.set('delete_policy', 'trash');
    s.set('quiet_hours', '22:00-06:00 , 12:00-13:00');
    s.set('schedule_cron', '*/15 6-22 * * *');
    s.set('master_url', ' http://100.64.0.2:8000/ ');
    assert.deepEqual(
      ['batch_size', 'paused', 'delete_policy', 'quiet_hours', 'schedule_cron', 'master_url'].map((key) => s.get(key)),
      [25, true, 'trash', '22:00-06:00,12:00-13:00', '*/15 6-22 * * *', 'http://100.64.0.2:8000'],
    );
    assert.deepEqual([s.number('batch_size'), s.text('batch_size')], [25, '25']);
  });

  const bad: [string, string | number | boolean, RegExp][] = [
    ['batch_size', 0, /batch_size must be between 1 and 900/],
    ['batch_size', 901, /between 1 and 900/],
    ['batch_size', 2.5, /must be a whole number/],
    ['batch_size', 'many', /must be a whole number/],
    ['batch_size', '', /must be a whole number/],
    ['batch_size', Number.NaN, /must be a whole number/],
    ['batch_size', true, /must be a whole number/],
    ['paused', 'yes', /paused must be true or false/],
    ['delete_policy', 'erase', /must be one of keep, trash, mirror/],
    ['alert_target_type', 'mail', /must be one of \(empty\), gotify, webhook/],
    ['master_url', 'paperless', /master_url isn't an address/],
    ['master_url', 'ftp://h', /must begin with http/],
    ['master_url', 'http://me:pass@h', /must not hold a user or password/],
    ['master_url', 'http://h/?x=1', /take away what begins at "\?"/],
    ['quiet_hours', '22-6', /must be spans of hours such as 22:00-06:00/],
    ['quiet_hours', '24:00-06:00', /must be spans/],
    ['quiet_hours', '12:00-13:00,06:00-06:00', /06:00-06:00 has no length.*paused/],
    ['schedule_cron', 'every hour', /must be a cron expression/],
    ['schedule_cron', '0 0 30 2 *', /never comes/],
    ['master_token', 'two\nlines', /must be one line of plain characters/],
    ['master_token', 'schlüssel', /must be one line of plain characters/],
    ['no_such', 1, /There is no setting no_such/],
  ];
  for (const [key, value, sentence] of bad) {
    it(`refuse ${key} = ${JSON.stringify(value)} with a sentence, and keep what was`, () => {
      const s = store().settings;
      const before = s.all();
      assert.throws(
        () => s.set(key, value),
        (error: unknown) => error instanceof SettingError && error.key === key && sentence.test(error.message),
      );
      assert.deepEqual(s.all(), before);
    });
  }

  it('are refused by name when there is no such key, or no number, or it is a secret', () => {
    const s = store().settings;
    assert.throws(() => s.get('no_such'), SettingError);
    assert.throws(() => s.isSet('no_such'), SettingError);
    assert.throws(() => s.number('delete_policy'), /isn't a number/);
    assert.throws(() => s.get('master_token'), /is a secret/);
    assert.throws(() => s.text('master_token'), /is a secret/);
  });

  it('keep secrets sealed in the file and open in the hand', () => {
    const file = join(path(), 'secrets.sqlite3');
    const s = store({ path: file });
    s.settings.set('master_token', ' 5f3c0e9a1b2d \n');
    assert.equal(s.settings.secret('master_token'), '5f3c0e9a1b2d');
    assert.equal(s.settings.secret('alert_target_token'), null);
    assert.deepEqual([s.settings.all().master_token_set, s.settings.all().alert_target_token_set], [true, false]);
    assert.equal(JSON.stringify(s.settings.all()).includes('5f3c0e9a1b2d'), false);
    s.close();
    const db = openDatabase(file, true);
    const stored = String(db.prepare("SELECT value FROM settings WHERE key = 'master_token'").pluck().get());
    assert.match(stored, /^gAAAAA/);
    db.close();
    const again = store({ path: file });
    assert.equal(again.settings.secret('master_token'), '5f3c0e9a1b2d');
    again.settings.set('master_token', '');
    assert.equal(again.settings.secret('master_token'), null);
    again.close();
  });

  it('stand apart from facts', () => {
    const s = store().settings;
    assert.equal(s.fact('schedule'), null);
    s.setFact('schedule', '{"a":1}');
    s.setFact('schedule', '{"a":2}');
    assert.equal(s.fact('schedule'), '{"a":2}');
    s.setFact('schedule', null);
    assert.equal(s.fact('schedule'), null);
  });
});
