/** Workflows that assign: which of them a document sets off, and what they do to it. Mail and webhooks are kept but not sent. */
import { renderTitle, TitleTemplateError, type TitleNames } from '../consume/title';
import { bump } from './documents';
import type { DocumentRow } from './rows';
import type { Store } from './store';
import { closure } from './tags';

export const triggers = { consumption: 1, added: 2, updated: 3 } as const;

const assignment = 1;

interface Trigger {
  type: number;
  filter_filename: string | null;
}

interface Action {
  type: number;
  assign_title: string | null;
  assign_tags: number[];
  assign_correspondent: number | null;
  assign_document_type: number | null;
  assign_storage_path: number | null;
  assign_owner: number | null;
}

/** `*` and `?` as a shell has them, whatever the case. */
function globs(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'is').test(name);
}

/** The assigning actions of enabled workflows with such a trigger, in their order. */
export function actionsFor(store: Store, type: number, filename: string): Action[] {
  const rows = store.workflows.all().sort((a, b) => Number(a.json.order) - Number(b.json.order));
  return rows
    .filter((row) => row.json.enabled === true)
    .filter((row) =>
      (row.json.triggers as Trigger[]).some(
        (trigger) => trigger.type === type && (trigger.filter_filename === null || globs(trigger.filter_filename, filename)),
      ),
    )
    .flatMap((row) => (row.json.actions as Action[]).filter((action) => action.type === assignment));
}

export interface Assigned {
  title?: string;
  correspondent?: number;
  documentType?: number;
  storagePath?: number;
  owner?: number;
  tags: number[];
}

export function assigned(actions: Action[]): Assigned {
  const found: Assigned = { tags: [] };
  for (const action of actions) {
    if (action.assign_title) found.title = action.assign_title;
    if (action.assign_correspondent !== null) found.correspondent = action.assign_correspondent;
    if (action.assign_document_type !== null) found.documentType = action.assign_document_type;
    if (action.assign_storage_path !== null) found.storagePath = action.assign_storage_path;
    if (action.assign_owner !== null) found.owner = action.assign_owner;
    found.tags.push(...action.assign_tags);
  }
  return found;
}

/** Runs the workflows that a stored document sets off; `modified` moves when there are any. */
export function runWorkflows(store: Store, type: number, row: DocumentRow, names: TitleNames): void {
  const actions = actionsFor(store, type, row.originalFilename ?? '');
  if (actions.length === 0) return;
  const wanted = assigned(actions);
  if (wanted.title !== undefined) row.title = safeTitle(wanted.title, names, row.title);
  row.correspondent = wanted.correspondent ?? row.correspondent;
  row.documentType = wanted.documentType ?? row.documentType;
  row.storagePath = wanted.storagePath ?? row.storagePath;
  row.owner = wanted.owner ?? row.owner;
  row.tags = closure(store, [...row.tags, ...wanted.tags]);
  bump(store, row);
}

function safeTitle(template: string, names: TitleNames, fallback: string): string {
  try {
    return renderTitle(template, names, fallback);
  } catch (error) {
    if (error instanceof TitleTemplateError) return fallback;
    throw error;
  }
}
