import { Api, ApiError, type Progress, type Status } from './api';
import { fill, lastSyncText, masterCard, replicaCard, track } from './cards';
import { h } from './dom';
import { ago, count, percent } from './format';
import style from './overview.css';

const sheet = new CSSStyleSheet();
sheet.replaceSync(style);

/** Between two looks: often while a cycle runs and people watch, seldom when the controller doesn't answer. */
const pace = { running: 2000, quiet: 5000, failing: 10_000 };

/**
 * `<pngx-overview>`: the master, each replica with its counts, lag and last cycles, and a button that starts a cycle. Asks the API, at `/api` or where its
 * attribute `api` says, for as long as it is on a page that somebody looks at.
 */
export class Overview extends HTMLElement {
  readonly #root = this.attachShadow({ mode: 'open' });
  readonly #button = h('button', { type: 'button', class: 'primary' }, 'Sync now') as HTMLButtonElement;
  readonly #last = h('p', { class: 'last' }, 'Asking the controller …');
  readonly #running = h('div', { class: 'running', hidden: true });
  readonly #news = h('p', { class: 'news', role: 'status' });
  readonly #cards = h('div', { class: 'cards' });
  /** What each card was made of, so that only what changed is made anew and a reader's place is kept. */
  readonly #shown = new Map<string, { made: string; card: HTMLElement }>();
  #life: AbortController | null = null;
  #timer: number | undefined;
  /** Milliseconds that the controller's clock is ahead of the browser's. */
  #skew = 0;

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(h('div', { class: 'top' }, h('div', { class: 'summary' }, this.#last, this.#running), this.#button), this.#news, this.#cards);
    this.#button.addEventListener('click', () => void this.#sync());
  }

  connectedCallback(): void {
    this.#life = new AbortController();
    document.addEventListener('visibilitychange', () => this.#look(), { signal: this.#life.signal });
    this.#look();
  }

  disconnectedCallback(): void {
    this.#life?.abort();
    this.#life = null;
    clearTimeout(this.#timer);
  }

  get #api(): Api {
    return new Api(this.getAttribute('api') ?? '/api');
  }

  /** Looks now and keeps looking; a page in the background waits until it is seen again. */
  #look(): void {
    clearTimeout(this.#timer);
    const signal = this.#life?.signal;
    if (signal === undefined || document.hidden) return;
    void this.#refresh(signal).then((wait) => {
      if (signal.aborted) return;
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#look(), wait);
    });
  }

  /** Milliseconds until the next look. */
  async #refresh(signal: AbortSignal): Promise<number> {
    try {
      const api = this.#api;
      const [status, progress] = await Promise.all([api.status(signal), api.progress(signal)]);
      if (signal.aborted) return 0;
      this.#skew = api.skew;
      this.#show(status, progress);
      return progress.running ? pace.running : pace.quiet;
    } catch (error) {
      if (signal.aborted) return 0;
      this.#tell(error, 'lost');
      this.dataset['state'] = 'lost';
      this.#age();
      return pace.failing;
    }
  }

  #show(status: Status, progress: Progress): void {
    // The theme's text colour says whether the page is dark: the theme may be, whatever the system prefers.
    const [red = 0, green = 0, blue = 0] = (getComputedStyle(this).color.match(/[\d.]+/g) ?? []).map(Number);
    this.toggleAttribute('dark', red * 0.299 + green * 0.587 + blue * 0.114 > 140);
    if (this.dataset['state'] === 'lost') this.#say('', '');
    this.dataset['state'] = 'live';
    this.#last.replaceChildren(...lastSyncText(status));
    this.#showProgress(status, progress);
    const keys = ['master', ...status.replicas.map((replica) => `replica-${replica.id}`)];
    const cards = [
      this.#card('master', status.master, () => masterCard(status)),
      // Lag counts up every second: alone it must not make a card anew.
      ...status.replicas.map((replica) => this.#card(`replica-${replica.id}`, { ...replica, lag_seconds: null }, () => replicaCard(replica))),
    ];
    for (const key of [...this.#shown.keys()]) if (!keys.includes(key)) this.#shown.delete(key);
    const empty =
      status.replicas.length === 0
        ? [
            h(
              'section',
              { class: 'card empty' },
              h('h2', {}, 'No replica yet'),
              h('p', {}, 'Add one with "pngx replica add --name N --url U --token T", or POST /api/replicas.'),
            ),
          ]
        : [];
    const wanted = [...cards, ...empty];
    if (wanted.length !== this.#cards.childNodes.length || wanted.some((card, index) => this.#cards.childNodes[index] !== card))
      this.#cards.replaceChildren(...wanted);
    this.#age();
  }

  #card(key: string, from: object, make: () => HTMLElement): HTMLElement {
    const made = JSON.stringify(from);
    const shown = this.#shown.get(key);
    if (shown?.made === made) return shown.card;
    const card = make();
    const focused = shown?.card.contains(this.#root.activeElement) === true ? this.#root.activeElement?.className : undefined;
    this.#shown.set(key, { made, card });
    if (shown !== undefined) shown.card.replaceWith(card);
    if (focused !== undefined) [...card.querySelectorAll<HTMLElement>('a, [tabindex]')].find((element) => element.className === focused)?.focus();
    return card;
  }

  #showProgress(status: Status, { running, phase, docs_done: done, docs_total: total, run_id: run }: Progress): void {
    this.#running.hidden = !running;
    this.#button.disabled = status.state !== 'running';
    if (!running) return;
    const share = percent(done, total);
    const what = total === 0 ? phase : `${phase}, ${count(done)} of ${count(total)}`;
    this.#running.replaceChildren(
      h('span', { class: 'sign spin', 'aria-hidden': 'true' }, '↻'),
      h('span', {}, `Run ${run ?? ''} · ${what}`),
      track('This cycle', share, what, fill('busy', share)),
    );
  }

  /** Times say how long ago they were: true again after each look. */
  #age(): void {
    const now = Date.now() + this.#skew;
    for (const time of this.#root.querySelectorAll('time')) {
      const age = ago(time.dateTime, now);
      time.textContent = 'bare' in time.dataset ? age.replace(/ ago$/, '') : age;
    }
  }

  async #sync(): Promise<void> {
    const signal = this.#life?.signal;
    if (signal === undefined) return;
    this.#button.disabled = true;
    try {
      const answer = await this.#api.sync(signal);
      this.#say(answer.queued ? (answer.message ?? 'A cycle follows the one that goes on.') : `Run ${answer.run_id ?? ''} has started.`, 'good');
    } catch (error) {
      if (signal.aborted) return;
      this.#tell(error, 'bad');
    }
    this.#button.disabled = false;
    this.#look();
  }

  #tell(error: unknown, tone: string): void {
    if (error instanceof ApiError) this.#say(`${error.message} ${error.nextStep}`, tone);
    else this.#say("This page can't show what the controller answered. Load it again.", tone);
  }

  /** Told to screen readers, too; the same words are not said twice. */
  #say(text: string, tone: string): void {
    this.#news.className = `news ${tone}`;
    if (this.#news.textContent !== text) this.#news.textContent = text;
  }
}
