/** The name that paperless makes up for downloads: date, correspondent and title, with what no file name may hold replaced. */
import type { DocumentRow } from '../../state/rows';
import type { Store } from '../../state/store';

export function generatedName(store: Store, row: DocumentRow, extension: string): string {
  const correspondent = store.correspondents.get(row.correspondent)?.name;
  const parts = [row.created, ...(correspondent === undefined ? [] : [correspondent]), row.title];
  return sanitized(parts.filter((part) => part !== '').join(' ')) + extension;
}

function sanitized(name: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  return name.replace(/[\u0000-\u001f\u007f]/g, '-').replace(/[/\\:*?"<>|]/g, '-');
}

/** `attachment; filename="ascii"; filename*=utf-8''percent`, as both parts are always sent. */
export function disposition(kind: 'attachment' | 'inline', name: string): string {
  // eslint-disable-next-line no-control-regex -- ASCII begins with control characters
  const ascii = name.normalize('NFKD').replace(/[^\u0000-\u007f]/g, '');
  return `${kind}; filename="${ascii}"; filename*=utf-8''${quote(name)}`;
}

function quote(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
