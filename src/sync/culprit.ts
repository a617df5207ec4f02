import { isPaperlessError, type WireWorkflow } from '../paperless';
import type { Lane } from './lane';
import type { Difference } from './plan-document';
import { habitsOf, REMOVES_PASSWORDS, TRASHES } from './preflight/automation';
import type { ReplicaView } from './replica-view';

/** What a workflow's action must name to touch a field of a document. */
const TOUCHES: Readonly<Record<string, RegExp>> = {
  title: /_title$/u,
  tags: /_tags$/u,
  correspondent: /_correspondents?$/u,
  document_type: /_document_types?$/u,
  storage_path: /_storage_paths?$/u,
  owner: /_owners?$/u,
  permissions: /_(?:view|change)_(?:users|groups)$|_permissions$|_owners?$/u,
  custom_fields: /_custom_fields(?:_values)?$/u,
};

/**
 * Who on the replica changes a copy in these fields by itself, in words ("workflow "Archive" (when a document is updated)"); null where nothing there would.
 * `differences` null: the copy is gone. Two reads at most.
 */
export async function culpritOf(lane: Lane, differences: readonly Difference[] | null): Promise<string | null> {
  const workflows = (await workflowsOf(lane)).flatMap((workflow) => {
    const { times } = habitsOf(workflow);
    return workflow.enabled && times.length > 0 && does(workflow, differences) ? [`workflow "${workflow.name}" (${times.join(' and ')})`] : [];
  });
  const rules = differences === null ? [] : rulesOf(await lane.view(), differences);
  const all = [...workflows, ...rules];
  return all.length === 0 ? null : all.join(' or ');
}

/** What can't be read names nobody. */
async function workflowsOf(lane: Lane): Promise<readonly WireWorkflow[]> {
  try {
    return await lane.writer.workflows(lane.call);
  } catch (error) {
    if (!isPaperlessError(error) || error.class === 'aborted') throw error;
    return [];
  }
}

function does({ actions }: WireWorkflow, differences: readonly Difference[] | null): boolean {
  if (differences === null) return actions.some(({ type }) => type === TRASHES);
  return differences.some(({ field }) =>
    field === 'file'
      ? actions.some(({ type }) => type === REMOVES_PASSWORDS)
      : actions.some(({ names }) => names.some((name) => TOUCHES[field]?.test(name) === true)),
  );
}

/** Names on the copy that it shouldn't have, and that the replica gives by matching or to all that arrives. */
function rulesOf({ collections }: ReplicaView, differences: readonly Difference[]): string[] {
  return differences.flatMap(({ field, wanted, found }) => {
    const [want, have] = [wanted, found].map((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
    const added = new Set(have?.filter((id) => want?.includes(id) === false));
    switch (field) {
      case 'tags':
        return collections.tag
          .filter(({ id, matchingAlgorithm, isInboxTag }) => added.has(id) && (matchingAlgorithm !== 0 || isInboxTag))
          .map(({ name, isInboxTag }) => (isInboxTag ? `the inbox tag "${name}"` : `the matching rule of tag "${name}"`));
      case 'correspondent':
      case 'storage_path':
      case 'document_type': {
        const kind = ({ correspondent: 'correspondent', storage_path: 'storagePath', document_type: 'documentType' } as const)[field];
        return collections[kind]
          .filter(({ id, matchingAlgorithm }) => added.has(id) && matchingAlgorithm !== 0)
          .map(({ name }) => `the matching rule of ${field.replace('_', ' ')} "${name}"`);
      }
      default:
        return [];
    }
  });
}
