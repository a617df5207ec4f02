/** Instants as microseconds since the epoch: `modified` has six digits, a Date only three. They fit a double until the year 2255. */

const ISO = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)$/u;

/** Throws RangeError for what isn't an ISO time with an offset. */
export function toMicros(iso: string): number {
  const match = ISO.exec(iso);
  if (!match) throw new RangeError(`Not a time: ${iso}`);
  const [, seconds = '', fraction = '', zone = ''] = match;
  return Date.parse(`${seconds}${zone}`) * 1000 + Number(fraction.padEnd(6, '0'));
}

/** UTC, six digits: a form that every paperless filter takes without an encoded plus sign. */
export function fromMicros(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const fraction = String(micros - seconds * 1e6).padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`;
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
