import { children, deleteTag, depth, descendants, height, maximumDepth, ancestors } from '../../state/tags';
import { liveDocuments } from '../../state/documents';
import type { TagRow } from '../../state/rows';
import { flag, key, nullable, refuse, text, type Check } from '../check';
import type { Context } from '../context';
import { booleanOf } from '../filters';
import { taxonomyViews } from './taxonomies';

const defaultColor = '#a6cee3';

function color(value: unknown): string {
  const kept = text({ max: 7 })(value);
  if (!/^#[0-9a-fA-F]{6}$/.test(kept)) throw refuse('Invalid color.');
  return kept;
}

/** Black on light colours, white on dark ones. */
function textColor(background: string): string {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(background.slice(at, at + 2), 16) / 256) as [number, number, number];
  const luminance = Math.sqrt(0.299 * red ** 2 + 0.587 * green ** 2 + 0.114 * blue ** 2);
  return luminance < 0.53 ? '#ffffff' : '#000000';
}

function parentCheck({ store }: Context, row: TagRow | undefined): Check<number | null> {
  const existing = key((id) => store.tags.has(id));
  return nullable((value) => {
    const parent = existing(value);
    if (row && parent === row.id) throw refuse('Cannot set itself as parent.');
    if (row && descendants(store, row.id).includes(parent)) throw refuse('Cannot set parent to a descendant.');
    if (depth(store, parent) + (row ? height(store, row.id) : 1) > maximumDepth) throw refuse('Maximum nesting depth exceeded.');
    return parent;
  });
}

export const tags = taxonomyViews<TagRow>({
  model: 'Tag',
  words: 'tag',
  codename: 'tag',
  table: (store) => store.tags,
  required: [],
  checks: (context, row) => ({ color, is_inbox_tag: flag, parent: parentCheck(context, row) }),
  fresh: () => ({ color: defaultColor, inbox: false, parent: null }),
  set: (row, wanted) => {
    if ('color' in wanted) row.color = wanted.color as string;
    if ('is_inbox_tag' in wanted) row.inbox = wanted.is_inbox_tag as boolean;
    if ('parent' in wanted) row.parent = wanted.parent as number | null;
  },
  showAfterName: (row) => ({ color: row.color, text_color: textColor(row.color) }),
  showBeforeCount: (row) => ({ is_inbox_tag: row.inbox }),
  showLast: (row, context, render) => ({
    parent: row.parent,
    children: children(context.store, row.id)
      .sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1))
      .map(render),
  }),
  uses: (document, row) => document.tags.includes(row.id),
  changed: (context, row, _wanted, before) => {
    if (row.parent !== null && row.parent !== before.parent) gainAncestors(context, row);
  },
  remove: ({ store }, row) => deleteTag(store, row.id),
  filters: {
    is_root: (value) => {
      const want = booleanOf(value);
      return want === null ? null : (row) => (row.parent === null) === want;
    },
  },
  envelope: (context, rows) => ({
    all: (listed) => withDescendants(context, listed),
    ...(context.store.profile.major === 3 && { more: { display_count: withDescendants(context, rows).length } }),
  }),
});

/** `all` names the tags below the listed ones too. */
function withDescendants({ store }: Context, listed: TagRow[]): number[] {
  const ids = new Set(listed.flatMap((tag) => [tag.id, ...descendants(store, tag.id)]));
  if (ids.size === listed.length) return listed.map((tag) => tag.id);
  const found = [...ids].map((id) => store.tags.get(id)).filter((tag) => tag !== undefined);
  return found.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1)).map((tag) => tag.id);
}

/** A new parent comes to the documents of its subtree when a worker gets to it; those that gain a tag are bumped. */
function gainAncestors(context: Context, row: TagRow): void {
  const { store } = context;
  const gained: number[] = [];
  context.consumer.later(
    () => gained,
    () => {
      const subtree = [row.id, ...descendants(store, row.id)];
      const above = ancestors(store, row.id);
      for (const document of liveDocuments(store)) {
        const missing = above.filter((tag) => !document.tags.includes(tag));
        if (missing.length === 0 || !document.tags.some((tag) => subtree.includes(tag))) continue;
        document.tags = [...document.tags, ...missing];
        gained.push(document.id);
      }
    },
  );
}
