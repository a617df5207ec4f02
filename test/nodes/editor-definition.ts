import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { z } from 'zod';

const property = z.looseObject({ value: z.unknown().optional(), type: z.string().optional(), required: z.boolean().optional() });

/** What an editor file registers, as far as tests look at it. */
export const definitionSchema = z.looseObject({
  category: z.string(),
  color: z.string().optional(),
  icon: z.unknown().optional(),
  defaults: z.record(z.string(), property),
  credentials: z.record(z.string(), z.object({ type: z.string() })).optional(),
  inputs: z.number().optional(),
  outputs: z.number().optional(),
  outputLabels: z.unknown().optional(),
  paletteLabel: z.unknown().optional(),
});
export type Definition = z.infer<typeof definitionSchema>;

/** Stands for everything of the editor that a file touches while it loads: any property, any call. */
const anything: unknown = new Proxy(function () {}, {
  get: (_target, name) => (name === Symbol.toPrimitive ? () => 'text' : anything),
  apply: () => anything,
  construct: () => anything as object,
});

/** Runs the scripts of an editor file and gives what they register, by type. */
export function definitionsOf(file: string): Map<string, Definition> {
  const found = new Map<string, Definition>();
  const known: Record<string, unknown> = {
    nodes: { registerType: (type: string, definition: unknown) => void found.set(type, definitionSchema.parse(definition)) },
    _: (key: string) => key,
    validators: new Proxy({}, { get: () => () => () => true }),
  };
  const RED = new Proxy(known, { get: (target, name: string) => target[name] ?? anything });
  const context = createContext({ RED, $: anything, window: anything, document: anything, console });
  for (const [, script] of readFileSync(file, 'utf8').matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)) {
    runInContext(script ?? '', context);
  }
  return found;
}
