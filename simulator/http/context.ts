/** What a view is given, and what it gives back. */
import type { Consumer } from '../consume/consumer';
import type { StoredFile, FileStore } from '../state/files';
import type { UserRow } from '../state/rows';
import type { Store } from '../state/store';
import type { Form } from './multipart';
import type { SimulatorRequest } from './messages';

export interface Context {
  store: Store;
  consumer: Consumer;
  files: FileStore;
  request: SimulatorRequest;
  /** Scheme and host as the client called us. */
  base: string;
  path: string;
  query: URLSearchParams;
  /** What the route's pattern caught. */
  params: string[];
  /** The API version that the client asked for. */
  api: number;
  user: UserRow;
}

export type Reply =
  | { status: number; json: unknown; headers?: Record<string, string> }
  | { status: number; text: string; headers?: Record<string, string> }
  | { status: number; file: StoredFile | Uint8Array; type: string; headers?: Record<string, string> }
  | { status: 204 | 304; headers?: Record<string, string> };

export type Handler = (context: Context) => Reply | Promise<Reply>;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The parsed body of a request: JSON, or a form. */
export type Data = { kind: 'json'; value: unknown } | { kind: 'form'; form: Form };

export const json = (value: unknown, status = 200): Reply => ({ status, json: value });

/** The last value of a query parameter, as Django takes it. */
export function parameter(context: Context, name: string): string | undefined {
  return context.query.getAll(name).at(-1);
}
