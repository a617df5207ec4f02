import { letters } from '../state/letters';

/**
 * A title given at upload is a Jinja template: names are filled in, an unknown one loses the title, a broken one fails the consumption.
 * Of Jinja there are names, quoted text, a few filters and comments; a statement counts as broken, though the server would run a good one.
 */
export type TitleNames = Record<string, string>;

export const longestTitle = 127;

/** What happens on the server when the template can't be parsed. */
export class TitleTemplateError extends Error {
  constructor() {
    super("'NoneType' object is not subscriptable");
  }
}

const filters: Record<string, (text: string) => string> = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  trim: (text) => text.trim(),
  capitalize: (text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase(),
};

const expression = /\{\{\s*("[^"]*"|'[^']*'|[A-Za-z_]\w*)((?:\s*\|\s*[A-Za-z_]\w*)*)\s*\}\}/g;

/** @throws TitleTemplateError for a statement, an unclosed `{{` or `{#`, an unknown filter. */
export function renderTitle(template: string, names: TitleNames, fallback: string): string {
  const unknown: string[] = [];
  const rest = template.replace(/\{#[\s\S]*?#\}/g, '').replace(expression, (_whole, term: string, applied: string) => {
    const value = /^["']/.test(term) ? term.slice(1, -1) : Object.hasOwn(names, term) ? names[term] : undefined;
    if (value === undefined) unknown.push(term);
    return applied
      .split('|')
      .map((name) => name.trim())
      .filter((name) => name !== '')
      .reduce(filtered, value ?? '');
  });
  if (/\{\{|\{%|\{#/.test(rest)) throw new TitleTemplateError();
  return letters((unknown.length > 0 ? fallback : rest).trim())
    .slice(0, longestTitle)
    .join('');
}

function filtered(text: string, name: string): string {
  const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (!filter) throw new TitleTemplateError();
  return filter(text);
}
