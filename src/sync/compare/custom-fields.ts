import type { CustomFieldType, WireCustomField } from '../../paperless';
import type { Limit } from '../normalise';
import { EQUAL, different, judged, limited, same, type Judgement } from './judgement';
import type { Described } from './side';

export const FIELD_TYPES = [
  'string',
  'longtext',
  'url',
  'date',
  'boolean',
  'integer',
  'float',
  'monetary',
  'select',
  'documentlink',
] as const satisfies readonly CustomFieldType[];

/** Where the master's links lead. */
export interface Links {
  copyOf(masterId: number): number | undefined;
  /** No replica could hold a link to it. */
  isDangling(masterId: number): boolean;
  /** Whether the master's document names `source` back in this field: paperless writes both ends of a link. */
  namesBack(masterId: number, source: number, field: number): boolean;
}

interface Value {
  definition: WireCustomField;
  value: unknown;
}

/** One judgement for each type of field that the pair has; the values of several fields of one type are shown by name. */
export function judgeCustomFields(master: Described, replica: Described, links: Links): Map<CustomFieldType, Judgement> {
  const [ours, theirs] = [byName(master), byName(replica)];
  const found = new Map<CustomFieldType, Judgement>();
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    const [mine, copy] = [ours.get(name), theirs.get(name)];
    const type = mine?.definition.dataType ?? copy?.definition.dataType;
    if (type === undefined) continue;
    found.set(type, merge(found.get(type), named(name, judgeValue(mine, copy, links, master.wire.id))));
  }
  return found;
}

function byName(document: Described): Map<string, Value> {
  return new Map(document.fields.map((field) => [field.definition.name, field]));
}

const NOT_THERE = 'not there';

function judgeValue(mine: Value | undefined, copy: Value | undefined, links: Links, source: number): Judgement {
  if (mine === undefined) return different(NOT_THERE, copy?.value);
  if (copy === undefined) return different(mine.value, NOT_THERE);
  if (mine.definition.dataType !== copy.definition.dataType) return different(`a ${mine.definition.dataType}`, `a ${copy.definition.dataType}`);
  if (mine.definition.dataType === 'select') return judgeOption(mine, copy);
  if (mine.definition.dataType === 'documentlink') return judgeLinks(mine, copy.value, links, source);
  return judged(mine.value, copy.value);
}

/** By id where the replica's field has that option; else by the label that people see: it had the option before, under an id of its own. */
function judgeOption(mine: Value, copy: Value): Judgement {
  if (same(mine.value, copy.value)) return EQUAL;
  const shown = (of: Value): unknown => {
    const option = of.definition.selectOptions.find((o) => o.id === of.value);
    return option === undefined ? of.value : `${option.label} (${option.id})`;
  };
  const ours = mine.definition.selectOptions.find((o) => o.id === mine.value);
  // An option that the master's own field has no more can't be written by any client.
  if (ours === undefined && mine.value !== null && copy.value === null) return limited('field-value-refused', mine.value, null);
  const kept = copy.definition.selectOptions.some((o) => o.id === mine.value);
  const theirs = copy.definition.selectOptions.find((o) => o.id === copy.value);
  if (!kept && ours !== undefined && ours.label === theirs?.label) return EQUAL;
  return different(shown(mine), shown(copy));
}

/** Links point at copies. Paperless refuses one to a document that isn't there: gone on the master, or of those that this replica can't hold. */
function judgeLinks({ definition, value: mine }: Value, copy: unknown, links: Links, source: number): Judgement {
  if (!Array.isArray(mine)) return judged(mine, copy);
  const there = mine.map(Number).filter((id) => !links.isDangling(id));
  const answered = there.filter((id) => links.namesBack(id, source, definition.id));
  const wanted = answered.map((id) => links.copyOf(id) ?? `the copy of ${id}`);
  if (!same(wanted, copy)) return different(wanted, copy);
  const reasons: Limit[] = [];
  if (there.length < mine.length) reasons.push('dangling-link');
  if (answered.length < there.length) reasons.push('one-sided-link');
  return reasons.length === 0 ? EQUAL : { is: 'limited', reasons, master: mine, replica: copy };
}

function named(name: string, judgement: Judgement): Judgement {
  if (judgement.is === 'equal') return judgement;
  return { ...judgement, master: { [name]: judgement.master }, replica: { [name]: judgement.replica } };
}

/** The worst of two, with what both have to tell. */
function merge(a: Judgement | undefined, b: Judgement): Judgement {
  if (a === undefined || a.is === 'equal') return b;
  if (b.is === 'equal') return a;
  if (a.is !== b.is) return a.is === 'different' ? a : b;
  const values = { master: { ...(a.master as object), ...(b.master as object) }, replica: { ...(a.replica as object), ...(b.replica as object) } };
  if (a.is === 'limited' && b.is === 'limited') {
    const reasons: Limit[] = [...new Set([...a.reasons, ...b.reasons])];
    return { is: 'limited', reasons, ...values };
  }
  return { is: 'different', ...values };
}
