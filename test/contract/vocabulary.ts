/** What the recording calls something and what it is called here: learned from answers, used in later requests. */
const iso = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;
const wholeIso = new RegExp(`^(?:${iso.source})$`);
const placeholder = /<task:\d+>/g;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A task id that no task has, for placeholders that stand for an invented one. */
const nobody = '00000000-0000-4000-8000-000000000000';

function instant(text: string): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return `${Math.floor(Date.parse(text.replace(/\.\d+/, '')) / 1000)}.${fraction.padEnd(6, '0')}`;
}

function zoneOf(text: string): string {
  return text.endsWith('Z') ? 'Z' : text.slice(-6);
}

export class Vocabulary {
  /** Recorded name to own name, for placeholders and other strings. */
  readonly #names = new Map<string, string>();
  readonly #times = new Map<string, { ours: string; text: string }>();
  readonly #recordedOf = new Map<string, string>();
  readonly base: string;

  constructor(readonly host: string) {
    this.base = `http://${host}`;
  }

  isTime(text: string): boolean {
    return wholeIso.test(text);
  }

  /** Takes a recorded time for ours; false when the two have met other partners before. */
  matchTimes(recorded: string, ours: string): boolean {
    if (!wholeIso.test(ours) || zoneOf(recorded) !== zoneOf(ours)) return false;
    const theirs = instant(recorded);
    const own = instant(ours);
    const known = this.#times.get(theirs);
    if (known) return known.ours === own;
    if (this.#recordedOf.has(own)) return false;
    this.#times.set(theirs, { ours: own, text: ours });
    this.#recordedOf.set(own, theirs);
    return true;
  }

  /** Takes a recorded placeholder or generated word for ours. */
  matchNames(recorded: string, ours: string): boolean {
    const known = this.#names.get(recorded);
    if (known === undefined) this.#names.set(recorded, ours);
    return known === undefined || known === ours;
  }

  matchTask(recorded: string, ours: unknown): boolean {
    return typeof ours === 'string' && uuid.test(ours) && this.matchNames(recorded, ours);
  }

  /** A recorded text as it has to be sent here. */
  speak(text: string): string {
    const named = text
      .replaceAll('{base}', this.base)
      .replaceAll('{host}', this.host)
      .replaceAll('<bad-token>', '0123456789abcdef0123456789abcdef01234567')
      .replace(placeholder, (name) => this.#names.get(name) ?? nobody)
      .replace(iso, (time) => this.#own(time));
    return this.#names.get(named) ?? named;
  }

  /** A time of the recording in our time, written as it was. */
  #own(time: string): string {
    const known = this.#times.get(instant(time));
    if (!known) return time;
    const [seconds, fraction = ''] = known.ours.split('.');
    const zone = zoneOf(time);
    const offset = zone === 'Z' ? 0 : (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4)) * 60);
    const wall = new Date((Number(seconds) + offset) * 1000).toISOString().slice(0, 19);
    return `${wall}${/^0*$/.test(fraction) ? '' : `.${fraction}`}${zone}`;
  }
}
