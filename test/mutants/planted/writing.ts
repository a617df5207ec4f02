import type { Mutant } from './mutant';

/** Around making a replica's document be the wanted one. */
export const writing: readonly Mutant[] = [
  {
    name: 'patch-taken-as-proof',
    careless: 'A PATCH that was sent counts as done: what is read back after it is not compared.',
    shows: ['words', 'different'],
    edits: [
      {
        file: 'src/sync/apply.ts',
        find: 'if (proven && found !== null && isEmpty(plan))',
        put: 'if (proven && found !== null && (round > 0 || isEmpty(plan)))',
      },
    ],
  },
  {
    name: 'custom-fields-in-part',
    careless: 'Only the custom fields that differ are sent, though paperless replaces them whole.',
    shows: ['different', 'stuck'],
    edits: [
      {
        file: 'src/sync/plan-document.ts',
        find: 'patch.customFields = target.customFields;',
        put: 'patch.customFields = target.customFields.filter((field) => !(found?.customFields ?? []).some((other) => other.field === field.field));',
      },
    ],
  },
  {
    name: 'tags-without-parents',
    careless: 'A tag is sent without the tags above it.',
    edits: [
      {
        file: 'src/sync/replica-view.ts',
        find: 'tags: closed,',
        put: 'tags: ascending(tags.filter((id) => !tags.some((other) => this.collections.tag.find((tag) => tag.id === other)?.parent === id))),',
      },
    ],
  },
  {
    name: 'asn-not-freed-first',
    careless: 'An ASN that another copy holds is not taken from it first.',
    edits: [
      {
        file: 'src/sync/apply.ts',
        find: '    await lane.writer.patchDocument(holder.id, { archiveSerialNumber: null }, lane.call);\n    return null;',
        put: '    return null;',
      },
    ],
  },
  {
    name: 'notes-counted-not-compared',
    careless: 'Notes are in order when there are as many as there should be.',
    edits: [
      {
        file: 'src/sync/plan-document.ts',
        find: 'same < found.length && wanted[same] === found[same]?.note) same += 1;',
        put: 'same < found.length) same += 1;',
      },
    ],
  },
  {
    name: 'notes-only-added',
    careless: 'Notes that are missing are added; those that are too many stay.',
    edits: [{ file: 'src/sync/plan-document.ts', find: 'return { remove: found.slice(same).map((n) => n.id), add', put: 'return { remove: [], add' }],
  },
  {
    name: 'renames-make-twins',
    careless: 'A tag is known by its name alone, so that a renamed one is made a second time.',
    shows: ['doubled'],
    edits: [
      {
        file: 'src/sync/plan-entities.ts',
        find: 'if (map === undefined) return find(master, state);',
        put: 'if (map === undefined || state.replica.get(map.replicaId)?.name !== master.name) return find(master, state);',
      },
    ],
  },
  {
    name: 'flow-wish-forgotten',
    careless: 'What the flow changed is pushed but not kept, so that it is compared with what the master has.',
    edits: [
      {
        file: 'src/sync/push-doc.ts',
        find: 'registry.setWanted(row.id, item.changedByFlow ? JSON.stringify(item.returned) : null)',
        put: 'registry.setWanted(row.id, null)',
      },
    ],
  },
  {
    name: 'asn-taken-and-not-given-back',
    careless: 'The copy that gave up its ASN for another is not queued to get its own.',
    shows: ['words'],
    edits: [
      {
        file: 'src/sync/apply.ts',
        find: "if (theirs.status === 'ok' || theirs.status === 'limited') move(lane, theirs.id, { to: 'queued', priority: 1 });",
        put: '',
      },
    ],
  },
  {
    name: 'link-targets-not-requeued',
    careless: 'Documents that link to one whose copy was replaced keep pointing to the old copy.',
    shows: ['different'],
    edits: [
      {
        file: 'src/sync/linked.ts',
        find: 'for (const { target } of linksOf(run, masterDocId)) requeue(run, replicaId, target);',
        put: 'void [run, replicaId, masterDocId];',
      },
    ],
  },
  {
    name: 'replaced-copy-kept',
    careless: 'The old copy of a changed file stays beside the new one on 2.x, whoever comes by.',
    shows: ['doubled'],
    edits: [
      { file: 'src/sync/push-doc.ts', find: '  await finishReplacements(lane);\n', put: '  void finishReplacements;\n' },
      // Looked at a second time when all batches of a lane are settled.
      { file: 'src/controller/stages.ts', find: '() => finishReplacements(seat.lane)', put: '() => Promise.resolve(finishReplacements)' },
    ],
  },
];
