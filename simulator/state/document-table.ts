import type { DocumentRow } from './rows';
import { Table } from './table';

/** Documents, with their version rows at hand: lists show the versions of every document. */
export class DocumentTable extends Table<DocumentRow> {
  readonly #versions = new Map<number, DocumentRow[]>();

  override put(row: DocumentRow): void {
    super.put(row);
    if (row.root !== null) this.#versions.set(row.root, [...this.versions(row.root), row]);
  }

  override delete(id: number): boolean {
    const root = this.get(id)?.root;
    if (root !== null && root !== undefined) {
      this.#versions.set(
        root,
        this.versions(root).filter((row) => row.id !== id),
      );
    }
    return super.delete(id);
  }

  /** The version rows of a document, trashed ones too, oldest first; the document itself is not among them. */
  versions(root: number): DocumentRow[] {
    return this.#versions.get(root) ?? [];
  }
}
