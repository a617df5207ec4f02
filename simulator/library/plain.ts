import type { Library, LibraryDocument } from './types.js';
import { addedTimes } from './documents.js';

/** Small text files and ASCII: for measurements in which the number of documents matters, not what they are. */
export function plainLibrary(options: { documents: number; seed: number }): Library {
  const added = addedTimes(options.documents, options.seed);
  const documents = added.map((time, index): LibraryDocument => {
    const key = index + 1;
    const text = `Document ${key} of library ${options.seed}.\n`;
    return {
      key,
      title: `Document ${String(key).padStart(6, '0')}`,
      created: time.slice(0, 10),
      added: time,
      file: { originalFileName: `document-${key}.txt`, mimeType: 'text/plain', bytes: () => Buffer.from(text), text, pageCount: null },
      correspondent: `Correspondent ${key % 10}`,
      documentType: 'Letter',
      tags: key % 2 === 0 ? ['Even'] : [],
      customFields: [],
      notes: [],
      owner: null,
    };
  });
  return {
    users: [{ username: 'admin', superuser: true }],
    groups: [],
    tags: [{ name: 'Even', color: '#1f78b4' }],
    correspondents: Array.from({ length: 10 }, (_, index) => ({ name: `Correspondent ${index}` })),
    documentTypes: [{ name: 'Letter' }],
    storagePaths: [],
    customFields: [],
    documents,
  };
}
