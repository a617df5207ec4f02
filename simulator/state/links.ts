/** Document links are kept on both sides: what one document names, names it back. An erased document stays behind as a dangling id. */
import { bump } from './documents';
import type { DocumentRow, FieldInstance } from './rows';
import type { Store } from './store';

export function linksOf(instance: FieldInstance | undefined): number[] {
  const value = instance?.values.documentlink;
  return Array.isArray(value) ? (value as number[]) : [];
}

function instanceOf(document: DocumentRow, field: number): FieldInstance | undefined {
  return document.fields.find((instance) => instance.field === field);
}

/** After `document` has come to name `after` instead of `before`: the other sides follow, and their `modified` moves, also where nothing changes. */
export function reflectLinks(store: Store, document: DocumentRow, field: number, before: number[], after: number[]): void {
  const stamp = store.stamp();
  for (const id of after) {
    const target = store.documents.get(id);
    if (!target || id === document.id) continue;
    const instance = instanceOf(target, field);
    if (!instance) target.fields.push({ field, values: { documentlink: [document.id] } });
    else if (!linksOf(instance).includes(document.id)) instance.values.documentlink = [...linksOf(instance), document.id];
    // All that are named get one and the same time.
    target.modified = stamp;
  }
  for (const id of before) {
    if (after.includes(id) || id === document.id) continue;
    const target = store.documents.get(id);
    // What lies in the trash keeps its end, and has it still when it is restored.
    if (target?.deletedAt !== null) continue;
    const instance = instanceOf(target, field);
    if (instance) instance.values.documentlink = linksOf(instance).filter((other) => other !== document.id);
    bump(store, target);
  }
}
