/** The list of exchanges that the simulator isn't held to, each with its reason. Nothing else is left out. */
import type { Exchange, Recording } from './recording';

interface LeftOut {
  scenario: RegExp;
  /** Which of its exchanges; all when left out. */
  exchange?: (exchange: Exchange, index: number) => boolean;
  why: string;
}

const path = (pattern: RegExp) => (exchange: Exchange) => pattern.test(exchange.request?.path ?? '');

const list: LeftOut[] = [
  { scenario: /./, exchange: path(/^\/api\/schema\//), why: 'the OpenAPI schema of the server' },
  { scenario: /./, exchange: (exchange) => exchange.direction !== undefined || !exchange.request, why: 'webhooks are kept but not sent' },
  { scenario: /^documents-filters/, exchange: path(/[?&]query=/), why: "full-text search: the engine's index and ranking" },
  { scenario: /^files/, exchange: (exchange) => path(/\/history\/$/)(exchange) && exchange.response?.status === 200, why: 'the audit log' },
  { scenario: /^(saved-views|upload-barcodes)/, why: 'saved views, share links and barcodes are not simulated yet' },
  { scenario: /^task-(locked|stuck)/, why: 'what SQLite does under load is a fault, not a rule' },
  { scenario: /^bulk/, exchange: path(/(selection_data|bulk_download)\/$/), why: 'selection_data and bulk_download are not simulated yet' },
  { scenario: /^versions/, exchange: path(/\/statistics\/$/), why: 'counts what all earlier scenarios left behind' },
  { scenario: /^taxonomies/, exchange: path(/name__iexact=/), why: 'the order of names that differ by case alone is chance' },
  {
    scenario: /^upload-duplicate-refused/,
    exchange: (exchange, index) => index >= 22,
    why: 'which of two identical uploads at once wins is chance',
  },
];

export function reasonToLeaveOut(recording: Recording, index: number, exchange: Exchange): string | undefined {
  return list.find((entry) => entry.scenario.test(recording.name) && (entry.exchange?.(exchange, index) ?? true))?.why;
}
