const number = new Intl.NumberFormat();

export function count(value: number): string {
  return number.format(value);
}

/** `1 document`, `2 documents`: English alone needs no more. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const units: readonly [string, number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** Seconds as people say them: the greatest unit, and the next one below it where that still tells something. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const index = units.findIndex(([, size]) => whole >= size);
  const unit = units[index];
  if (unit === undefined) return '0 s';
  const [name, size] = unit;
  const amount = Math.floor(whole / size);
  const next = units[index + 1];
  const rest = next === undefined ? 0 : Math.floor((whole % size) / next[1]);
  return next === undefined || rest === 0 || amount >= 10 ? `${amount} ${name}` : `${amount} ${name} ${rest} ${next[0]}`;
}

export function ago(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  return Number.isFinite(seconds) ? `${duration(seconds)} ago` : 'at an unknown time';
}

const stamp = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function moment(iso: string): string {
  const time = Date.parse(iso);
  return Number.isFinite(time) ? stamp.format(time) : iso;
}

/** A share of a whole in percent; never 100 while something is missing, never 0 while something is there. */
export function percent(part: number, whole: number): number {
  if (whole <= 0) return 0;
  if (part >= whole) return 100;
  return part <= 0 ? 0 : Math.min(99, Math.max(1, Math.floor((part / whole) * 100)));
}
