/** The names that a title's template may use. */
import type { Store } from '../state/store';
import type { TitleNames } from './title';

export interface Titled {
  correspondent: number | null | undefined;
  documentType: number | null | undefined;
  owner: number | null;
  filename: string;
  created: string | undefined;
}

/** A file's name without its extension. */
export function stem(filename: string): string {
  const dot = filename.lastIndexOf('.');
  return dot > 0 && dot < filename.length - 1 ? filename.slice(0, dot) : filename;
}

export function titleNames(store: Store, of: Titled): TitleNames {
  const now = store.zone.iso(store.stamp());
  const created = of.created ?? now.slice(0, 10);
  return {
    correspondent: store.correspondents.get(of.correspondent)?.name ?? '',
    document_type: store.documentTypes.get(of.documentType)?.name ?? '',
    owner_username: store.users.get(of.owner)?.username ?? '',
    original_filename: stem(of.filename),
    filename: stem(of.filename),
    added: now,
    added_year: now.slice(0, 4),
    added_month: now.slice(5, 7),
    added_day: now.slice(8, 10),
    created,
    created_year: created.slice(0, 4),
    created_month: created.slice(5, 7),
    created_day: created.slice(8, 10),
  };
}
