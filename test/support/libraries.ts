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
