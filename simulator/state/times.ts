/** Times as paperless writes them: ISO with microseconds, in the server's zone (documents) or in UTC (versions). */
import type { Micros } from './rows';

/** Offsets of one zone, remembered by hour: Intl is slow. */
export class Zone {
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  constructor(readonly name: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** Minutes east of UTC at that moment. */
  offset(ms: number): number {
    const hour = Math.floor(ms / 3_600_000);
    const known = this.#offsets.get(hour);
    if (known !== undefined) return known;
    const text = this.#format.formatToParts(new Date(hour * 3_600_000)).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
    const match = /GMT([+-])(\d+):(\d+)/.exec(text);
    const minutes = match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
    this.#offsets.set(hour, minutes);
    return minutes;
  }

  /** `2026-11-21T08:28:06.345838+01:00`; a whole second has no fraction. */
  iso(time: Micros): string {
    const ms = Math.floor(time / 1000);
    const offset = this.offset(ms);
    const sign = offset < 0 ? '-' : '+';
    const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, '0');
    return `${wall(time + offset * 60_000_000)}${sign}${two(offset / 60)}:${two(Math.abs(offset) % 60)}`;
  }

  date(time: Micros): string {
    return wall(time + this.offset(Math.floor(time / 1000)) * 60_000_000).slice(0, 10);
  }

  /** A wall-clock time of this zone, given as if it were UTC, as the moment it names. */
  fromWall(micros: Micros): Micros {
    const guess = micros - this.offset(Math.floor(micros / 1000)) * 60_000_000;
    return micros - this.offset(Math.floor(guess / 1000)) * 60_000_000;
  }
}

function wall(time: Micros): string {
  const seconds = Math.floor(time / 1_000_000);
  const fraction = time - seconds * 1_000_000;
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return fraction === 0 ? text : `${text}.${String(fraction).padStart(6, '0')}`;
}

export function isoUtc(time: Micros): string {
  return `${wall(time)}Z`;
}

/** As in Last-Modified. */
export function httpDate(time: Micros): string {
  return new Date(Math.floor(time / 1_000_000) * 1000).toUTCString();
}

const isoPattern = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d*)?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** An ISO date or date-time as micros; without an offset it is the zone's wall clock. Undefined when it is neither, or no real day. */
export function parseIso(text: string, zone: Zone): Micros | undefined {
  const match = isoPattern.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number((part as string | undefined) ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59 || year < 1) return undefined;
  const micros = date.getTime() * 1000 + Number((match[7] ?? '').padEnd(6, '0'));
  const offset = match[8];
  if (offset === undefined) return zone.fromWall(micros);
  if (offset.toUpperCase() === 'Z') return micros;
  const digits = offset.slice(1).replace(':', '').padEnd(4, '0');
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return micros - (offset.startsWith('-') ? -1 : 1) * minutes * 60_000_000;
}

/** A date that exists, in any of the ways that Python's fromisoformat() or a sloppy hand write it; undefined when it is none. */
export function parseDate(text: string): string | undefined {
  const week = /^(\d{4})-?W(\d\d)(?:-?([1-7]))?$/.exec(text);
  if (week) return weekDate(Number(week[1]), Number(week[2]), Number(week[3] ?? 1));
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text) ?? /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  const date = match ? `${match[1] ?? ''}-${(match[2] ?? '').padStart(2, '0')}-${(match[3] ?? '').padStart(2, '0')}` : undefined;
  return date !== undefined && parseIso(date, utc) !== undefined ? date : undefined;
}

/** The day of an ISO week; week 1 holds the year's first Thursday. */
function weekDate(year: number, week: number, day: number): string | undefined {
  const fourth = new Date(Date.UTC(year, 0, 4));
  const monday = fourth.getTime() - ((fourth.getUTCDay() + 6) % 7) * 86_400_000;
  return week < 1 || week > 53 ? undefined : new Date(monday + ((week - 1) * 7 + day - 1) * 86_400_000).toISOString().slice(0, 10);
}

export const utc = new Zone('UTC');
