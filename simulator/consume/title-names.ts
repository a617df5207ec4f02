/** The names that a title's template may use. */
import type { Store } from '../state/store';
import type { TitleNames } from './title';

export interface Titled {
  correspondent: number | null | undefined;
  documentType: number | null | undefined;
  owner: number | null;
  filename: string;
  /** Unknown while a file is consumed: a title that names it is lost. */
  created?: string;
}

/** A file's name without its extension. */
export function stem(filename: string): string {
  const dot = filename.lastIndexOf('.');
  return dot > 0 && dot < filename.length - 1 ? filename.slice(0, dot) : filename;
}

export function titleNames(store: Store, of: Titled): TitleNames {
  const now = store.zone.iso(store.stamp());
  const parts = (name: string, time: string) => ({
    [`${name}_year`]: time.slice(0, 4),
    [`${name}_month`]: time.slice(5, 7),
    [`${name}_day`]: time.slice(8, 10),
  });
  return {
    correspondent: store.correspondents.get(of.correspondent)?.name ?? 'None',
    document_type: store.documentTypes.get(of.documentType)?.name ?? 'None',
    owner_username: store.users.get(of.owner)?.username ?? 'None',
    original_filename: stem(of.filename),
    filename: stem(of.filename),
    added: now,
    ...parts('added', now),
    ...(of.created !== undefined && { created: of.created, ...parts('created', of.created) }),
  };
}
