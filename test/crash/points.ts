/**
 * Where a process can be killed. A commit, a request that writes, and a change of a file each have three moments: before it; inside it (in the transaction, with
 * the request sent and not answered, with the file emptied and not written); and after it, before the program has noticed.
 */
export const KINDS = ['commit', 'request', 'file'] as const;
export const WHENS = ['before', 'inside', 'after'] as const;
export type Kind = (typeof KINDS)[number];
export type When = (typeof WHENS)[number];

export interface Point {
  kind: Kind;
  when: When;
  /** Which of them, by the code that did it, the path that was asked for, or the file's name: `push-file send > registry-moves move`, `PATCH /api/documents/#/`, `rename db.sqlite3.bak`. */
  site: string;
}

/** An order to die: at the n-th time that the process passes a point that is meant; with `working` counted from its first cycle on, not from its start. */
export type Order = { n: number; working?: boolean } & (
  | Point
  /** Any of that kind and moment. */
  | { kind: Kind; when: When; site: null }
  /** Any but these, by their lines. */
  | { except: readonly string[] }
);

/** Whether a point is one at which the order says to die. */
export function isMeant(order: Order, point: Point): boolean {
  if ('except' in order) return !order.except.includes(lineOf(point));
  return order.kind === point.kind && order.when === point.when && (order.site === null || order.site === point.site);
}

/** In words. */
export function describeOrder(order: Order): string {
  return `${order.n} × ${'except' in order ? 'where few have died' : `${order.kind} ${order.when} ${order.site ?? 'any'}`}`;
}

/** The commit that begins a cycle. */
export function beginsWork({ kind, site }: Point): boolean {
  return kind === 'commit' && site.endsWith('> runs open');
}

/** What the process is told by its environment. */
export const TRACE = 'PNGX_CRASH_TRACE';
export const ORDER = 'PNGX_CRASH_ORDER';
export const FOLDER = 'PNGX_CRASH_FOLDER';
export const OWNER = 'PNGX_CRASH_OWNER';

export function lineOf({ kind, when, site }: Point): string {
  return `${kind} ${when} ${site}`;
}

export function pointOf(line: string): Point | null {
  const [, kind, when, site] = /^(commit|request|file) (before|inside|after) (.+)$/u.exec(line) ?? [];
  return site === undefined ? null : { kind: kind as Kind, when: when as When, site };
}

/** What was at work, from a point's site: the source file that a commit came from, or what kind of request or file it was. */
export function phaseOf({ kind, site }: Point): string {
  if (kind === 'commit') return site.split(' ')[0] ?? site;
  if (kind === 'request') return site.replace(/^(\S+) \/api\/([a-z_]+).*$/u, '$1 $2');
  if (site.includes('.bak')) return 'backup';
  return site.includes('spool') ? 'spool' : 'files of Node-RED';
}
