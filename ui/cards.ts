import type { ReplicaStatus, Status, StatusOfReplica } from './api';
import { h, link } from './dom';
import { ago, count, duration, moment, percent, plural } from './format';

type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

const badges: Record<ReplicaStatus, { tone: Tone; text: string }> = {
  synced: { tone: 'good', text: 'synced' },
  syncing: { tone: 'busy', text: 'syncing' },
  error: { tone: 'warn', text: 'errors' },
  unreachable: { tone: 'bad', text: 'unreachable' },
  suspended: { tone: 'bad', text: 'suspended' },
};

/** Colour is never alone: each tone has a sign of its own. */
const signs: Record<Tone, string> = { good: '✓', busy: '↻', warn: '!', bad: '✕', quiet: '–' };

function badge(tone: Tone, text: string): HTMLElement {
  return h('span', { class: `badge ${tone}` }, h('span', { class: 'sign', 'aria-hidden': 'true' }, signs[tone]), text);
}

/** A time that ages by itself: the element's owner rewrites it from `datetime`. */
function since(iso: string): HTMLElement {
  return h('time', { datetime: iso, title: moment(iso) }, ago(iso, Date.now()));
}

/** The same without "ago", for a lag. */
function aging(iso: string): HTMLElement {
  return h('time', { datetime: iso, title: moment(iso), 'data-bare': true }, duration((Date.now() - Date.parse(iso)) / 1000));
}

function fact(name: string, ...value: (Node | string)[]): HTMLElement {
  return h('div', { class: 'fact' }, h('dt', {}, name), h('dd', {}, ...value));
}

function message(tone: Tone, ...text: (Node | string)[]): HTMLElement {
  return h('p', { class: `message ${tone}` }, h('span', { class: 'sign', 'aria-hidden': 'true' }, signs[tone]), h('span', {}, ...text));
}

/** `besides` is a further part that is as far as it can get: shown, but not counted as done. */
function bar(name: string, part: number, whole: number, tone: Tone, besides?: { part: number; name: string }): HTMLElement {
  const share = percent(part, whole);
  const more = besides !== undefined && besides.part > 0 ? besides : null;
  const text = whole === 0 ? 'nothing yet' : `${count(part)} of ${count(whole)}${more === null ? '' : ` + ${count(more.part)} ${more.name}`}`;
  return h(
    'div',
    { class: 'progress' },
    h(
      'div',
      { class: 'progress-text' },
      h('span', {}, name),
      h('span', { class: 'number' }, text, h('span', { class: 'share' }, whole === 0 ? '' : ` ${share} %`)),
    ),
    track(name, share, text, fill(tone, share), ...(more === null ? [] : [fill('warn', percent(more.part, whole))])),
  );
}

/** A bar's ground with its parts, and its number for those who don't see it. */
export function track(name: string, share: number, text: string, ...parts: HTMLElement[]): HTMLElement {
  const attributes = {
    role: 'progressbar',
    'aria-label': name,
    'aria-valuemin': 0,
    'aria-valuemax': 100,
    'aria-valuenow': share,
    'aria-valuetext': text,
  };
  return h('div', { class: 'track', ...attributes }, ...parts);
}

export function fill(tone: string, share: number): HTMLElement {
  const part = h('span', { class: `fill ${tone}` });
  part.style.inlineSize = `${share}%`;
  return part;
}

export function masterCard({ master }: Status): HTMLElement {
  const known = master.url !== null;
  const state = !known ? badge('quiet', 'not set') : master.ok ? badge('good', 'connected') : badge('bad', 'not connected');
  return h(
    'section',
    { class: 'card master', 'aria-labelledby': 'master' },
    h('header', {}, h('h2', { id: 'master' }, 'Master'), state),
    h(
      'dl',
      { class: 'facts' },
      fact('Address', master.url === null ? 'none' : link(master.url)),
      fact('Version', master.version ?? 'unknown'),
      fact('Documents', count(master.documents)),
      fact('Last contact', master.last_contact === null ? 'never' : since(master.last_contact)),
    ),
    known ? null : message('quiet', 'No master is set. Set MASTER_URL and MASTER_TOKEN before the first start, or PUT /api/settings.'),
    known && master.message !== null ? message(master.ok ? 'quiet' : 'bad', master.message) : null,
  );
}

type Cycle = StatusOfReplica['last_cycles'][number];

function cycleTone(cycle: Cycle): Tone {
  if (cycle.finished_at === null) return 'busy';
  if (cycle.outcome === 'finished') return cycle.failed > 0 ? 'warn' : 'good';
  return cycle.outcome === 'failed' ? 'bad' : 'warn';
}

function cycleText(cycle: Cycle): string {
  const outcome = cycle.finished_at === null ? 'goes on' : (cycle.outcome ?? 'ended');
  return `Run ${cycle.run_id}, ${moment(cycle.started_at)}: ${outcome}, ${count(cycle.synced)} synced, ${count(cycle.failed)} failed, ${count(cycle.verified)} verified`;
}

/** Oldest left, newest right, as time goes. */
function strip(cycles: readonly Cycle[]): HTMLElement {
  if (cycles.length === 0) return h('p', { class: 'none' }, 'No cycle yet.');
  const marks = [...cycles].reverse().map((cycle) => {
    const tone = cycleTone(cycle);
    return h(
      'li',
      { class: `cycle ${tone}`, title: cycleText(cycle) },
      h('span', { 'aria-hidden': 'true' }, signs[tone]),
      h('span', { class: 'unseen' }, cycleText(cycle)),
    );
  });
  return h('ol', { class: 'strip', 'aria-label': `Last ${plural(cycles.length, 'cycle')}, oldest first`, tabindex: 0 }, ...marks);
}

function tally(name: string, value: number, tone: Tone): HTMLElement {
  return h('div', { class: `tally ${value === 0 ? 'zero' : tone}` }, h('dt', {}, name), h('dd', {}, count(value)));
}

function lag(replica: StatusOfReplica): (Node | string)[] {
  const time = replica.last_sync_ts === null ? 'never synced' : aging(replica.last_sync_ts);
  const items = replica.lag_items === 0 ? 'nothing waits' : `${plural(replica.lag_items, 'document')} ${replica.lag_items === 1 ? 'waits' : 'wait'}`;
  return [time, ` · ${items}`];
}

export function replicaCard(replica: StatusOfReplica): HTMLElement {
  const id = `replica-${replica.id}`;
  const { tone, text } = replica.enabled ? badges[replica.status] : { tone: 'quiet' as const, text: 'disabled' };
  const suspended = replica.suspended_at !== null;
  const oldest = replica.oldest_waiting;
  return h(
    'section',
    { class: 'card', 'aria-labelledby': id, 'data-tone': tone },
    h('header', {}, h('h2', { id }, replica.name), badge(tone, text)),
    h('p', { class: 'where' }, link(replica.url), ` · paperless-ngx ${replica.version ?? 'of unknown version'}`),
    bar('Replicated', replica.ok, replica.total, 'busy', { part: replica.limited, name: 'limited' }),
    bar('Verified', replica.verified, replica.total, 'good'),
    h(
      'dl',
      { class: 'tallies' },
      tally('ok', replica.ok, 'good'),
      tally('pending', replica.pending, 'busy'),
      tally('error', replica.error, 'bad'),
      tally('held', replica.held, 'warn'),
      tally('limited', replica.limited, 'warn'),
      ...(replica.quarantined > 0 ? [tally('quarantined', replica.quarantined, 'bad')] : []),
      ...(replica.differs > 0 ? [tally('differs', replica.differs, 'bad')] : []),
    ),
    h(
      'dl',
      { class: 'facts' },
      fact('Lag', ...lag(replica)),
      fact('Last sync', replica.last_sync_ts === null ? 'never' : since(replica.last_sync_ts)),
      ...(oldest === null ? [] : [fact('Oldest waiting', since(oldest))]),
    ),
    suspended
      ? message('bad', `Suspended after ${plural(replica.consecutive_failures, 'failure')} in a row. Mend the cause, then unsuspend it.`)
      : null,
    replica.last_error === null ? null : message('bad', replica.last_error),
    h('h3', {}, 'Last cycles'),
    strip(replica.last_cycles),
  );
}

export function lastSyncText(status: Status): (Node | string)[] {
  const last = status.last_sync;
  if (last === null) return ['No cycle has ended yet.'];
  const failed = last.failed > 0 ? `, ${count(last.failed)} failed` : '';
  const timedOut = last.timed_out ? ', out of time' : '';
  return ['Last cycle ', since(last.finished_at), `: ${count(last.synced)} synced${failed} in ${duration(last.duration_seconds)}${timedOut}`];
}
