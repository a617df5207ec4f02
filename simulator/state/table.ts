/** Rows by id, with the sequence that hands out ids: never the same one twice, as AUTOINCREMENT does. */
export class Table<Row extends { id: number }> {
  readonly #rows = new Map<number, Row>();
  /** The id that the next row gets. */
  nextId = 1;

  insert(row: Omit<Row, 'id'>): Row {
    const whole = { id: this.nextId, ...row } as Row;
    this.put(whole);
    return whole;
  }

  /** Puts a row under its own id. */
  put(row: Row): void {
    this.#rows.set(row.id, row);
    this.nextId = Math.max(this.nextId, row.id + 1);
  }

  get(id: number | null | undefined): Row | undefined {
    return id === null || id === undefined ? undefined : this.#rows.get(id);
  }

  has(id: number): boolean {
    return this.#rows.has(id);
  }

  delete(id: number): boolean {
    return this.#rows.delete(id);
  }

  get size(): number {
    return this.#rows.size;
  }

  /** In the order of insertion. */
  all(): Row[] {
    return [...this.#rows.values()];
  }

  values(): IterableIterator<Row> {
    return this.#rows.values();
  }
}
