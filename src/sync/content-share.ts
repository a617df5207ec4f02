import type { CallOptions, PaperlessReader, WireDocumentWithContent } from '../paperless';

/** Documents asked for in one request: texts can be long, and memory is bounded by this many of them. */
const CHUNK = 25;
/** Characters of text kept for lanes that come a little later. */
const KEEP_CHARACTERS = 16 * 1024 * 1024;

/** Whole documents of the master, read once for all lanes that need them at about the same time. */
export class ContentShare {
  private readonly known = new Map<number, Promise<WireDocumentWithContent | null>>();
  private readonly versions = new Map<number, Promise<string | null>>();
  private characters = 0;

  constructor(
    private readonly master: PaperlessReader,
    private readonly call: CallOptions,
  ) {}

  /** null for a document that isn't there any more. */
  async get(ids: readonly number[]): Promise<Map<number, WireDocumentWithContent | null>> {
    const wanted = ids.filter((id) => !this.known.has(id));
    for (let i = 0; i < wanted.length; i += CHUNK) this.ask(wanted.slice(i, i + CHUNK));
    // Taken in hand before anything is waited for: another lane may let go of all that is known meanwhile.
    const answers = ids.map((id) => this.known.get(id) ?? Promise.resolve(null));
    const found = new Map<number, WireDocumentWithContent | null>();
    for (const [at, document] of (await Promise.all(answers)).entries()) found.set(ids[at] ?? 0, document);
    this.trim();
    return found;
  }

  /** The text of one older version; null when it isn't there any more. */
  version(masterDocId: number, versionId: number): Promise<string | null> {
    const known = this.versions.get(versionId);
    if (known !== undefined) return known;
    const reading = this.master.versionContent(masterDocId, versionId, this.call).then((text) => {
      this.characters += text?.length ?? 0;
      return text;
    });
    // The callers see its failure; here it is only not kept.
    reading.catch(() => this.versions.delete(versionId));
    this.versions.set(versionId, reading);
    this.trim();
    return reading;
  }

  /** The document was seen to change: the next lane reads it again. */
  forget(id: number): void {
    this.known.delete(id);
  }

  private ask(ids: readonly number[]): void {
    const answer = this.master.documentsWithContent(ids, this.call).then((documents) => {
      for (const document of documents) this.characters += document.content.length;
      return new Map(documents.map((d) => [d.id, d]));
    });
    for (const id of ids) {
      const one = answer.then((documents) => documents.get(id) ?? null);
      // Every id shares one failure; the callers that await it see it, the others must not end the process.
      one.catch(() => this.known.delete(id));
      this.known.set(id, one);
    }
  }

  private trim(): void {
    if (this.characters <= KEEP_CHARACTERS) return;
    this.known.clear();
    this.versions.clear();
    this.characters = 0;
  }
}
