/** The list of exchanges that the simulator isn't held to, each with its reason. Nothing else is left out. */
import type { Exchange, Recording } from './recording';

interface LeftOut {
  scenario: RegExp;
  /** Which of its exchanges; all when left out. */
  exchange?: (exchange: Exchange, index: number) => boolean;
  why: string;
}

const path = (pattern: RegExp) => (exchange: Exchange) => pattern.test(exchange.request?.path ?? '');

const list: LeftOut[] = [{ scenario: /./, exchange: path(/^\/api\/schema\//), why: 'the OpenAPI schema of the server' }];

export function reasonToLeaveOut(recording: Recording, index: number, exchange: Exchange): string | undefined {
  return list.find((entry) => entry.scenario.test(recording.name) && (entry.exchange?.(exchange, index) ?? true))?.why;
}
