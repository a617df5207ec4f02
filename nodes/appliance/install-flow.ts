import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inputError } from '../shared/errors';

const nodeSchema = z.looseObject({ id: z.string(), type: z.string(), z: z.string().optional() });
export type FlowNode = z.infer<typeof nodeSchema>;
const flowSchema = z.array(nodeSchema);

/** Hash of each part as it was last shipped into this folder, by the part's id. */
const shippedSchema = z.record(z.string(), z.string());

/** A part is what is kept or replaced as one: a tab with its nodes, or one configuration node outside the tabs. */
function parts(flow: readonly FlowNode[]): Map<string, FlowNode[]> {
  const found = new Map<string, FlowNode[]>();
  for (const node of flow) {
    const id = node.z ?? node.id;
    found.set(id, [...(found.get(id) ?? []), node]);
  }
  return found;
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

/** Order of nodes and of their properties says nothing; everything else does. */
export function hashOf(part: readonly FlowNode[]): string {
  const ordered = [...part].sort((a, b) => (a.id < b.id ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify(canonical(ordered)))
    .digest('hex');
}

export interface Merge {
  flow: FlowNode[];
  shipped: Record<string, string>;
  /** Parts that the package has changed and the user, too: theirs is kept. */
  kept: string[];
  updated: string[];
}

/**
 * The flow to run: parts that nobody changed follow the package, parts that a user changed or deleted stay as they are, and what a user added is never touched.
 * `shipped` is what `Merge.shipped` was the last time.
 */
export function mergeFlow(packaged: readonly FlowNode[], present: readonly FlowNode[], shipped: Readonly<Record<string, string>>): Merge {
  const theirs = parts(present);
  const ours = parts(packaged);
  const merge: Merge = { flow: [], shipped: { ...shipped }, kept: [], updated: [] };
  const replaced = new Set<string>();
  for (const [id, part] of ours) {
    const hash = hashOf(part);
    const their = theirs.get(id);
    const last = shipped[id];
    const unknown = last === undefined && their === undefined;
    const found = their === undefined ? undefined : hashOf(their);
    // As this package has it, though nothing says so: a start was cut off after it had written the flow.
    const there = found === hash;
    const untouched = found !== undefined && (found === last || there);
    if (unknown || untouched) {
      if (!there) merge.updated.push(id);
      replaced.add(id);
      merge.flow.push(...part);
      merge.shipped[id] = hash;
    } else if (last !== hash && their !== undefined) {
      merge.kept.push(id);
    }
  }
  // Untouched parts that the package no longer has go; a part that was changed meanwhile belongs to the user now.
  for (const [id, part] of theirs) {
    if (replaced.has(id)) continue;
    if (!ours.has(id) && shipped[id] !== undefined && hashOf(part) === shipped[id]) continue;
    merge.flow.push(...part);
  }
  return merge;
}

function read<T>(file: string, schema: z.ZodType<T>): T | null {
  if (!existsSync(file)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw inputError(
      'flow-file',
      `${file} can't be read: it is not what it should be.`,
      `Mend it, or move it away: it is made anew from the package.`,
    );
  }
}

function write(file: string, value: unknown): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** Puts the packaged flow into a Node-RED folder, or brings it up to date there. What was there before an update is kept as `flows.before-update.json`. */
export function installFlow(packagedFile: string, folder: string): Merge {
  const flowFile = join(folder, 'flows.json');
  const shippedFile = join(folder, 'flows.shipped.json');
  const packaged = read(packagedFile, flowSchema);
  if (packaged === null) throw inputError('no-flow', `${packagedFile} is missing.`, 'Build the package again (npm run build).');
  const present = read(flowFile, flowSchema);
  const merge = mergeFlow(packaged, present ?? [], present === null ? {} : (read(shippedFile, shippedSchema) ?? {}));
  if (present !== null && merge.updated.length > 0) write(join(folder, 'flows.before-update.json'), present);
  if (present === null || merge.updated.length > 0) write(flowFile, merge.flow);
  write(shippedFile, merge.shipped);
  return merge;
}
