/** A request and an answer as plain data: the same for a socket and for memory. */
export type Body = Uint8Array | AsyncIterable<Uint8Array>;

export interface SimulatorRequest {
  method: string;
  /** Path with its query, as sent. */
  path: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Body | null;
}

export interface SimulatorResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Body;
}
