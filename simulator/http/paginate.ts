import { parameter, type Context, type Reply } from './context';
import { ApiError } from './errors';

const largestPage = 100_000;

function pageSize(context: Context): number {
  const asked = parameter(context, 'page_size') ?? '';
  const size = /^\+?\d+$/.test(asked.trim()) ? Number(asked) : 0;
  return size > 0 ? Math.min(size, largestPage) : 25;
}

/** The server's address of another page: parameters sorted by name, `page` left out for the first. */
function pageUrl(context: Context, page: number): string {
  const grouped = new Map<string, string[]>();
  for (const [name, value] of context.query) grouped.set(name, [...(grouped.get(name) ?? []), value]);
  if (page === 1) grouped.delete('page');
  else grouped.set('page', [String(page)]);
  const pairs = [...grouped]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, values]) => values.map((value) => `${quote(name)}=${quote(value)}`));
  return `${context.base}${context.path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`;
}

function quote(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%20/g, '+');
}

export interface PageOptions<Row> {
  render: (row: Row) => unknown;
  /** What `all` lists on API versions that have it. */
  all?: (rows: Row[]) => unknown[];
  more?: Record<string, unknown>;
}

/** One page of rows in the envelope of the API version. @throws ApiError 404 for a page that isn't there. */
export function paginate<Row extends { id: number }>(context: Context, rows: Row[], options: PageOptions<Row>): Reply {
  const size = pageSize(context);
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const asked = (parameter(context, 'page') ?? '1').trim();
  const page = asked === 'last' ? pages : /^\d+$/.test(asked) ? Number(asked) : 0;
  if (page < 1 || page > pages) throw new ApiError(404, { detail: 'Invalid page.' });
  const all = options.all ?? ((list: Row[]) => list.map((row) => row.id));
  return {
    status: 200,
    json: {
      count: rows.length,
      next: page < pages ? pageUrl(context, page + 1) : null,
      previous: page > 1 ? pageUrl(context, page - 1) : null,
      ...(context.api < 10 && { all: all(rows) }),
      results: rows.slice((page - 1) * size, page * size).map(options.render),
      ...options.more,
    },
  };
}
