import type { Library, LibraryDocument, LibraryFile } from '../../simulator/library/types';

export function textFile(text: string, name = `${text.slice(0, 20).replace(/[^\w]+/g, '-')}.txt`): LibraryFile {
  return { originalFileName: name, mimeType: 'text/plain', bytes: () => Buffer.from(text), text, pageCount: null };
}

/** A small text document: enough where the number or one field matters. Added one a minute, ending well before the world begins. */
export function plainDocument(key: number, change: Partial<LibraryDocument> = {}): LibraryDocument {
  return {
    key,
    title: `Document ${key}`,
    created: '2024-05-06',
    added: new Date(Date.UTC(2026, 9, 1) + key * 60_000).toISOString(),
    file: textFile(`The text of document ${key}.\n`, `document-${key}.txt`),
    tags: [],
    customFields: [],
    notes: [],
    owner: null,
    ...change,
  };
}

export function smallLibrary(documents: number | LibraryDocument[], change: Partial<Omit<Library, 'documents'>> = {}): Library {
  return {
    users: [],
    groups: [],
    tags: [],
    correspondents: [],
    documentTypes: [],
    storagePaths: [],
    customFields: [],
    documents: typeof documents === 'number' ? Array.from({ length: documents }, (_, n) => plainDocument(n + 1)) : documents,
    ...change,
  };
}

const NAMES = ['A', 'B', 'C', 'D', 'E'];

/** A library in which everything that people change is there once. */
export function historyLibrary(documents: number): Library {
  return smallLibrary(
    Array.from({ length: documents }, (_, n) =>
      plainDocument(n + 1, {
        tags: [NAMES[n % 3] ?? 'A'],
        correspondent: NAMES[n % 2] ?? 'A',
        archiveSerialNumber: n + 1,
        notes: n % 3 === 0 ? [{ text: `note of ${n + 1}`, created: '2026-10-02T10:00:00Z' }] : [],
        customFields: [{ field: 'A', value: `value ${n}` }],
      }),
    ),
    {
      tags: [{ name: 'A' }, { name: 'B', parent: 'A' }, { name: 'C' }],
      correspondents: [{ name: 'A' }, { name: 'B' }],
      documentTypes: [{ name: 'A' }],
      storagePaths: [{ name: 'A', path: 'a' }],
      customFields: [{ name: 'A', dataType: 'string' }],
    },
  );
}
