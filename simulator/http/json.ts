/** JSON as the server writes it: compact, Unicode unescaped, floats with a point. */

/** A number that Python holds as a float: `1` is written `1.0`. */
export class Float {
  constructor(readonly value: number) {}

  toJSON(): unknown {
    return rawJSON(pythonFloat(this.value));
  }
}

const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

export function writeJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export class JsonSyntaxError extends Error {}

/** @throws JsonSyntaxError with the words of Python's parser, where they are known. */
export function readJson(bytes: Uint8Array): unknown {
  const bad = bytes.findIndex((byte) => byte === 0xff || byte === 0xfe);
  if (bad >= 0)
    throw new JsonSyntaxError(`'utf-8' codec can't decode byte 0x${(bytes[bad] ?? 0).toString(16)} in position ${bad}: invalid start byte`);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const constant = /(?<=[[:,{\s]|^)(-?Infinity|NaN)(?=[\],}\s]|$)/.exec(text.replace(/"(?:\\.|[^"\\])*"/g, '""'));
  if (constant) throw new JsonSyntaxError(`Out of range float values are not JSON compliant: '${constant[1] ?? ''}'`);
  try {
    return JSON.parse(text, keepFloats as never);
  } catch {
    if (/^\s*\{\s*[^"\s}]/.test(text)) {
      const at = text.search(/[^\s{]/);
      throw new JsonSyntaxError(`Expecting property name enclosed in double quotes: line 1 column ${at + 1} (char ${at})`);
    }
    throw new JsonSyntaxError('Expecting value: line 1 column 1 (char 0)');
  }
}

/** `1.0` and `1e3` are floats to Python, and a float is no integer. */
function keepFloats(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && /[.eE]/.test(context?.source ?? '') ? new Float(value) : value;
}

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Float);
}

/** What Python calls the type of a JSON value. */
export function pythonType(value: unknown): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Float) return 'float';
  return { string: 'str', number: 'int', boolean: 'bool' }[typeof value as string] ?? 'dict';
}

/** A value as Python's repr() writes it. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value instanceof Float) return pythonFloat(value.value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, item]) => `'${key}': ${pythonRepr(item)}`)
      .join(', ')}}`;
  return typeof value === 'string' ? `'${value}'` : `${value as number}`;
}
