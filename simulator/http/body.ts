import type { Context, Data } from './context';
import { ApiError } from './errors';
import { isObject, JsonSyntaxError, readJson, type Json, pythonType } from './json';
import { chunksOf, readForm } from './multipart';

async function bytesOf(context: Context): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunksOf(context.request.body)) parts.push(chunk);
  return Buffer.concat(parts);
}

/**
 * The body as the server's parsers take it. A body without a Content-Length counts as empty, as it does behind Django.
 * @throws ApiError 415 for a type that the view doesn't parse, 400 for one it can't.
 */
export async function readBody(context: Context, accepts: 'anything' | 'multipart' = 'anything'): Promise<Data> {
  const type = context.request.headers['content-type'] ?? '';
  const media = type.split(';')[0]?.trim().toLowerCase() ?? '';
  const length = Number(context.request.headers['content-length'] ?? 0);
  if (length === 0) for await (const _ of chunksOf(context.request.body));
  if (media === 'multipart/form-data') {
    const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
    if (boundary === undefined) throw new ApiError(400, { detail: 'Multipart form parse error - Invalid boundary in multipart: None' });
    return { kind: 'form', form: await readForm(length === 0 ? null : context.request.body, boundary, context.files) };
  }
  if (accepts === 'multipart') throw new ApiError(415, { detail: `Unsupported media type "${media}" in request.` });
  if (length === 0) return { kind: 'json', value: {} };
  if (media === 'application/json') return { kind: 'json', value: parse(await bytesOf(context)) };
  if (media === 'application/x-www-form-urlencoded') {
    const fields: Record<string, string[]> = {};
    for (const [name, value] of new URLSearchParams(Buffer.from(await bytesOf(context)).toString('utf8'))) (fields[name] ??= []).push(value);
    return { kind: 'form', form: { fields, files: [] } };
  }
  throw new ApiError(415, { detail: `Unsupported media type "${media}" in request.` });
}

function parse(bytes: Uint8Array): unknown {
  try {
    return readJson(bytes);
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new ApiError(400, { detail: `JSON parse error - ${error.message}` });
    throw error;
  }
}

/** The body as an object of values; of a form the last value of each field. */
export async function readObject(context: Context): Promise<Json> {
  const data = await readBody(context);
  if (data.kind === 'form') return Object.fromEntries(Object.entries(data.form.fields).map(([name, values]) => [name, values.at(-1)]));
  if (!isObject(data.value)) {
    throw new ApiError(400, { non_field_errors: [`Invalid data. Expected a dictionary, but got ${pythonType(data.value)}.`] });
  }
  return data.value;
}
