/** A title given at upload is a Jinja template: names are filled in, an unknown one loses the title, a broken one fails the consumption. */
export interface TitleNames {
  [name: string]: string;
}

export const longestTitle = 127;

/** What happens on the server when the template can't be parsed. */
export class TitleTemplateError extends Error {
  constructor() {
    super("'NoneType' object is not subscriptable");
  }
}

/** @throws TitleTemplateError for `{%`, an unclosed `{{` or an unclosed `{#`. */
export function renderTitle(template: string, names: TitleNames, fallback: string): string {
  const placeholder = /\{\{\s*([A-Za-z_]\w*)\s*\}\}/g;
  const bare = template.replace(/\{#[\s\S]*?#\}/g, '');
  const unknown = [...bare.matchAll(placeholder)].some((found) => !Object.hasOwn(names, found[1] ?? ''));
  const rest = bare.replace(placeholder, (_whole, name: string) => names[name] ?? '');
  if (/\{\{|\{%|\{#/.test(rest)) throw new TitleTemplateError();
  return (unknown ? fallback : rest).trim().slice(0, longestTitle);
}
