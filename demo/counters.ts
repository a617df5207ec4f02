import type { Connection } from './compare/http.js';

/** What a simulated instance counted: requests by method, bytes by what they were for. */
export interface Counters {
  requests: Record<string, number>;
  bytes: Record<string, number>;
}

function sum(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'object' && value !== null ? Object.values(value).reduce((total: number, part) => total + sum(part), 0) : 0;
}

function sums(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) throw new Error('The simulator told no counters.');
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, sum(part)]));
}

/** Asks a simulated instance; real servers have no such address. */
export async function readCounters(instance: Connection): Promise<Counters> {
  const response = await fetch(`${instance.url}/_simulator/counters`, { headers: { authorization: `Token ${instance.token}` } });
  const body = (await response.json()) as { requests?: unknown; bytes?: unknown };
  return { requests: sums(body.requests), bytes: sums(body.bytes) };
}
