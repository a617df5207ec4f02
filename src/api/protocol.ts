import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { z } from 'zod';

/**
 * What goes over the socket beside the database: one JSON object a line, both ways.
 *
 * The server greets with `{hello: …}`. A request is `{id, operation, input?}` and gets one `{id, status, body}`, where `body` is what HTTP would have answered;
 * `{id, subscribe: [types]}` gets one as well, and from then on `{event: …}` lines for those types. Answers come as they are ready, not in order.
 */
export const PROTOCOL = 1;

/** A longer line ends the connection: nothing that we send or take is near it. */
export const LONGEST_LINE = 4_194_304;

export const helloSchema = z.object({
  hello: z.object({ protocol: z.number().int(), pid: z.number().int(), version: z.string(), flow: z.boolean() }),
});
export type Hello = z.infer<typeof helloSchema>['hello'];

export const requestSchema = z.union([
  z.strictObject({ id: z.number().int(), operation: z.string(), input: z.record(z.string(), z.unknown()).optional() }),
  z.strictObject({ id: z.number().int(), subscribe: z.array(z.string()).min(1) }),
]);
export type Request = z.infer<typeof requestSchema>;

export const answerSchema = z.object({ id: z.number().int().nullable(), status: z.number().int(), body: z.unknown() });

export const eventSchema = z.object({ event: z.looseObject({ type: z.string() }) });
export type SocketEvent = z.infer<typeof eventSchema>['event'];

export class LineTooLongError extends Error {}

/** Lines of a stream, without their ends; an unfinished last line is dropped: its sender died in the middle of it. */
export async function* lines(stream: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > LONGEST_LINE) throw new LineTooLongError('A line on the control socket is too long.');
    yield* parts;
  }
}

/** JSON of a line, or undefined. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}
