/** Ways in which a view ends other than by its answer. */

/** An answer in JSON with a status of its own. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
    readonly headers: Record<string, string> = {},
  ) {
    super(`${status}`);
  }
}

/** 500 as paperless gives it: a page of HTML. What was written before stays written. */
export class ServerError extends Error {}

/** A hand-written answer in plain text that calls itself HTML. */
export class TextError extends Error {
  constructor(
    readonly status: number,
    readonly text: string,
  ) {
    super(text);
  }
}

export const notFound = () => new ApiError(404, { detail: 'Not found.' });
export const noMatch = (model: string) => new ApiError(404, { detail: `No ${model} matches the given query.` });
export const invalid = (detail: unknown) => new ApiError(400, detail);
export const forbidden = () => new ApiError(403, { detail: 'You do not have permission to perform this action.' });
export const insufficient = () => new TextError(403, 'Insufficient permissions');

export const pages = {
  serverError:
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n  <h1>Server Error (500)</h1><p></p>\n</body>\n</html>\n',
  csrf: csrfPage(),
};

function csrfPage(): string {
  const head =
    '<meta http-equiv="content-type" content="text/html; charset=utf-8">\n  <meta name="robots" content="NONE,NOARCHIVE">\n  <title>403 Forbidden</title>';
  const style = 'html * { padding:0; margin:0; } body { font:small sans-serif; background:#eee; } #summary { padding:10px 20px; }';
  const words = '<h1>Forbidden <span>(403)</span></h1>\n  <p>CSRF verification failed. Request aborted.</p>';
  const hint = '<p>The address that was asked for is not part of the API, or it lacks its trailing slash.</p>';
  return `<!DOCTYPE html>\n<html lang="en">\n<head>\n  ${head}\n  <style>${style}</style>\n</head>\n<body>\n<div id="summary">\n  ${words}\n  ${hint}\n</div>\n</body>\n</html>\n`;
}
