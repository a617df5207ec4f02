/** What an instance was asked, and how many bytes went in and out: by method and by the class of the path. */
export interface Count {
  requests: number;
  bytesIn: number;
  bytesOut: number;
}

export type Counters = Record<string, Count>;

const classes: [RegExp, string][] = [
  [/^\/api\/documents\/$/, 'documents list'],
  [/^\/api\/documents\/post_document\/$/, 'upload'],
  [/^\/api\/documents\/\d+\/$/, 'document'],
  [/^\/api\/documents\/\d+\/update_version\/$/, 'version upload'],
  [/^\/api\/documents\/\d+\/(download|preview|thumb|metadata|notes|versions)\//, '$1'],
  [/^\/api\/documents\/(bulk_edit|delete|reprocess|next_asn)\/$/, '$1'],
  [/^\/api\/([a-z_]+)\//, '$1'],
];

export function pathClass(path: string): string {
  const plain = path.split('?')[0] ?? '';
  for (const [pattern, name] of classes) {
    const match = pattern.exec(plain);
    if (match) return name.replace('$1', match[1] ?? '');
  }
  return 'other';
}

export class CounterBook {
  #counts: Counters = {};

  /** The count of one kind of request, e.g. `GET documents list`. */
  of(method: string, path: string): Count {
    const key = `${method} ${pathClass(path)}`;
    return (this.#counts[key] ??= { requests: 0, bytesIn: 0, bytesOut: 0 });
  }

  snapshot(): Counters {
    return structuredClone(this.#counts);
  }

  reset(): void {
    this.#counts = {};
  }

  /** Requests by method alone. */
  methods(): Record<string, number> {
    const totals: Record<string, number> = {};
    for (const [key, count] of Object.entries(this.#counts)) {
      const method = key.split(' ')[0] ?? '';
      totals[method] = (totals[method] ?? 0) + count.requests;
    }
    return totals;
  }
}
