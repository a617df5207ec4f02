/** One line of the result: a count or a ratio, and what it may be. Never a time alone: machines differ, ratios taken in one run don't. */
export interface Row {
  name: string;
  value: number;
  unit: string;
  /** None: told for the record. */
  bound?: { least?: number; most?: number };
  /** What else was seen on the way. */
  note?: string;
}

export interface Outcome extends Row {
  ok: boolean;
}

/** A row that couldn't be measured has failed: the reason stands where its value would. */
export interface Unmeasured {
  name: string;
  ok: false;
  unmeasured: string;
}

export function judge(row: Row): Outcome {
  const { least = -Infinity, most = Infinity } = row.bound ?? {};
  // NaN is neither below nor above anything, and measures nothing.
  return { ...row, ok: row.value >= least && row.value <= most };
}

export function shown(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 3);
}

function boundText(bound: Row['bound']): string {
  if (bound === undefined) return '';
  const { least, most } = bound;
  if (least !== undefined && least === most) return `exactly ${shown(least)}`;
  return [least === undefined ? '' : `at least ${shown(least)}`, most === undefined ? '' : `at most ${shown(most)}`].filter(Boolean).join(', ');
}

export function describe(row: Outcome | Unmeasured): string {
  const mark = row.ok ? 'ok     ' : 'FAILED ';
  if ('unmeasured' in row) return `${mark} ${row.name}: couldn't be measured: ${row.unmeasured}`;
  const value = `${shown(row.value)} ${row.unit}`;
  return `${mark} ${row.name.padEnd(64)} ${value.padEnd(22)} ${boundText(row.bound).padEnd(16)} ${row.note ?? ''}`.trimEnd();
}
