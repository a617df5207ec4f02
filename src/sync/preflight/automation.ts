import type { WireConfiguration, WireMailRule, WireTag, WireTaxon, WireWorkflow } from '../../paperless';
import { acceptance, counted, quoted, type Finding } from './findings';

/** What a replica does to documents by itself. A part that couldn't be read is missing. */
export interface Automation {
  workflows?: readonly WireWorkflow[];
  mailRules?: readonly WireMailRule[];
  configuration?: WireConfiguration;
  tags?: readonly WireTag[];
  correspondents?: readonly WireTaxon[];
  documentTypes?: readonly WireTaxon[];
  storagePaths?: readonly WireTaxon[];
}

export interface AutomationSettings {
  /** `sync_matching` and `sync_inbox_flag`: we set them ourselves. */
  matching: boolean;
  inboxFlag: boolean;
}

const TRIGGER = { consumption: 1, added: 2, updated: 3, scheduled: 4 } as const;
const API_UPLOAD = 2;
const ACTION = { assigns: 1, removes: 2, mails: 3, webhook: 4, password: 5, trash: 6 } as const;
export const REMOVES_PASSWORDS = ACTION.password;
export const TRASHES = ACTION.trash;
const AUTO = 6;

/** What of it alters what we write, or adds to it. Pure. */
export function judgeAutomation(replica: string, automation: Automation, settings: AutomationSettings): Finding[] {
  return [
    ...(automation.workflows ?? []).flatMap((workflow) => judgeWorkflow(replica, workflow)),
    ...judgeMailRules(replica, automation.mailRules ?? []),
    ...judgeConfiguration(replica, automation.configuration),
    ...judgeInboxTags(replica, automation.tags ?? [], settings.inboxFlag),
    ...judgeMatching(replica, 'Tags', automation.tags ?? [], settings.matching),
    ...judgeMatching(replica, 'Correspondents', automation.correspondents ?? [], settings.matching),
    ...judgeMatching(replica, 'Document types', automation.documentTypes ?? [], settings.matching),
    ...judgeMatching(replica, 'Storage paths', automation.storagePaths ?? [], settings.matching),
  ];
}

/** When a workflow meets what we do, and what it does then, in words. */
export function habitsOf({ triggers, actions }: WireWorkflow): { times: string[]; deeds: string[] } {
  return { times: unique(triggers.flatMap(whenOf)), deeds: unique(actions.flatMap(deedOf)) };
}

function judgeWorkflow(replica: string, workflow: WireWorkflow): Finding[] {
  const { id, name, enabled, triggers, actions } = workflow;
  const { times, deeds } = habitsOf(workflow);
  if (!enabled || times.length === 0 || deeds.length === 0) return [];
  const what = `Workflow "${name}" on ${replica} runs ${times.join(' and ')} and ${deeds.join(' and ')}`;
  const disable = `Open Workflows on ${replica} and disable "${name}"`;
  if (actions.some(({ type }) => type === ACTION.trash)) {
    return [
      {
        code: 'workflow-trashes',
        key: `workflow-trashes:${id}`,
        severity: 'stops',
        message: `${what}: copies that the sync makes would go with it.`,
        nextStep: `${disable}. If it can't meet a copy: ${acceptance('workflow-trashes', replica)}.`,
      },
    ];
  }
  const again = triggers.some(({ type }) => type === TRIGGER.updated || type === TRIGGER.scheduled);
  return [
    {
      code: 'workflow-alters',
      key: `workflow-alters:${id}`,
      severity: 'warns',
      message: `${what}: it alters what the sync writes there${again ? ', each time anew' : ''}.`,
      nextStep: `${disable}. Until then copies that it alters are corrected${again ? ', and held when it alters them again' : ''}.`,
    },
  ];
}

/** When such a trigger fires at what we do; nothing where it doesn't. */
function whenOf({ type, sources }: WireWorkflow['triggers'][number]): string[] {
  switch (type) {
    case TRIGGER.consumption:
      // Which way a file came is asked of consumption triggers alone.
      return sources.length === 0 || sources.includes(API_UPLOAD) ? ['when a file is consumed'] : [];
    case TRIGGER.added:
      return ['when a document is added'];
    case TRIGGER.updated:
      return ['when a document is updated'];
    case TRIGGER.scheduled:
      return ['on a schedule'];
    default:
      return ['at times that this version of pngx does not know'];
  }
}

function deedOf({ type, names }: WireWorkflow['actions'][number]): string[] {
  switch (type) {
    case ACTION.assigns:
    case ACTION.removes: {
      const of = type === ACTION.assigns ? 'assign_' : 'remove_';
      const fields = names.filter((name) => name.startsWith(of)).map((name) => name.slice(of.length).replace(/^all_/u, '').replaceAll('_', ' '));
      return fields.length === 0 ? [] : [`${type === ACTION.assigns ? 'assigns' : 'removes'} ${unique(fields).join(', ')}`];
    }
    case ACTION.mails:
    case ACTION.webhook:
      return [];
    case ACTION.password:
      return ['removes passwords, which makes a further version of the file'];
    case ACTION.trash:
      return ['moves documents to the trash'];
    default:
      return ['does what this version of pngx does not know'];
  }
}

function judgeMailRules(replica: string, rules: readonly WireMailRule[]): Finding[] {
  const on = rules.filter(({ enabled }) => enabled);
  if (on.length === 0) return [];
  return [
    {
      code: 'mail-rules',
      key: `mail-rules:${idsOf(on)}`,
      severity: 'warns',
      message: `${replica} fetches mail by itself (${quoted(on.map(({ name }) => name))}): documents that it makes of it are not the sync's, and one that the master fetches too would be there twice, or keep the master's out.`,
      nextStep: `Open Mail on ${replica} and disable ${on.length === 1 ? 'that rule' : 'these rules'}: mail that the master fetches comes by the sync.`,
    },
  ];
}

function judgeConfiguration(replica: string, configuration: WireConfiguration | undefined): Finding[] {
  if (configuration === undefined) return [];
  const { barcodes, barcodeAsn, barcodeTags } = configuration;
  const does = [
    ...(barcodes === true ? ['splits files at separator pages'] : []),
    ...(barcodeAsn === true ? ['sets serial numbers by barcode'] : []),
    ...(barcodeTags === true ? ['adds tags by barcode'] : []),
  ];
  if (does.length === 0) return [];
  return [
    {
      code: 'barcodes',
      key: `barcodes:${does.length}:${does.join()}`,
      severity: 'warns',
      message: `${replica} ${does.join(', ')}: an upload that it splits leaves several documents there that are not the master's.`,
      nextStep: `Open Configuration on ${replica} and switch its barcode options off. Those that are set by PAPERLESS_CONSUMER_… variables no API shows: look at its environment, too.`,
    },
  ];
}

function judgeInboxTags(replica: string, tags: readonly WireTag[], wanted: boolean): Finding[] {
  const inbox = tags.filter(({ isInboxTag }) => isInboxTag);
  if (inbox.length === 0) return [];
  return [
    {
      code: 'inbox-tags',
      key: `inbox-tags:${idsOf(inbox)}`,
      severity: wanted ? 'tells' : 'warns',
      message: `${replica} puts ${quoted(inbox.map(({ name }) => name))} on every upload (inbox ${inbox.length === 1 ? 'tag' : 'tags'}); the sync takes that off again where the master's document has it not.`,
      nextStep: wanted
        ? 'That is as sync_inbox_flag wants it. Set it to false, and the flag is left alone.'
        : `Open Tags on ${replica} and untick "Inbox tag" there.`,
    },
  ];
}

function judgeMatching(replica: string, page: string, rows: readonly WireTaxon[], wanted: boolean): Finding[] {
  const on = rows.filter(({ matchingAlgorithm, match }) => matchingAlgorithm === AUTO || (matchingAlgorithm > 0 && match.trim() !== ''));
  if (on.length === 0) return [];
  const auto = on.filter(({ matchingAlgorithm }) => matchingAlgorithm === AUTO).length;
  const how = auto === 0 ? 'by a rule' : auto === on.length ? 'automatically' : `by a rule or automatically (${auto})`;
  return [
    {
      code: 'matching',
      key: `matching:${page}:${idsOf(on)}`,
      severity: wanted ? 'tells' : 'warns',
      message: `${replica} assigns ${counted(on.length, page.toLowerCase().slice(0, -1), page.toLowerCase())} to uploads ${how}: ${quoted(on.map(({ name }) => name))}. The sync sets right what that alters.`,
      nextStep: wanted
        ? 'Rules that came by sync_matching are as you wanted them. Set it to false, and new ones are made without.'
        : `Open ${page} on ${replica} and set the matching algorithm of ${on.length === 1 ? 'that one' : 'these'} to None.`,
    },
  ];
}

function idsOf(rows: readonly { id: number }[]): string {
  return rows
    .map(({ id }) => id)
    .sort((a, b) => a - b)
    .join();
}

function unique(words: readonly string[]): string[] {
  return [...new Set(words)];
}
