import { z } from 'zod';
import { DEFINITIONS, type Definition, type Store } from '../../state';
import { defineOperation, type OperationsController } from '../operation';
import { OperationError } from '../problem';
import { asRefusal } from './replicas';

const value = z.union([z.string(), z.number(), z.boolean(), z.null()]);
export const settingsSchema = z.object({
  settings: z.record(z.string(), value).describe('Secrets are not among them; <key>_set says whether one is there'),
});

export const readSettings = defineOperation({
  id: 'settings',
  method: 'GET',
  path: '/api/settings',
  summary: 'All settings; secrets only as whether they are set',
  input: z.object({}),
  output: settingsSchema,
  status: 200,
  handler: ({ controller }) => ({ settings: controller.store.settings.all() }),
});

function schemaOf(definition: Definition) {
  switch (definition.type) {
    case 'integer': {
      const { min, max } = definition;
      const error = `Give a whole number from ${min} to ${max}.`;
      return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
    }
    case 'boolean':
      return z.boolean({ error: 'Give true or false.' });
    case 'choice':
      return z.enum(definition.choices, { error: `Give one of ${definition.choices.map((choice) => `"${choice}"`).join(', ')}.` });
    case 'url':
    case 'cron':
    case 'hours':
      return z.string();
    case 'secret':
      return z.string().trim().min(1, { error: 'It is empty; null takes it away.' });
  }
}

/** Every setting but the master's address, each optional; null restores the default. What is more than a type or a range the registry checks itself. */
const others = Object.fromEntries(
  DEFINITIONS.filter(({ key }) => key !== 'master_url' && key !== 'master_token').map((definition) => [
    definition.key,
    schemaOf(definition).nullable().optional().describe(definition.about),
  ]),
);

const changes = z.object({
  ...others,
  master_url: z.url({ protocol: /^https?$/, error: 'Give the address as http(s)://host[:port][/path].' }).optional(),
  master_token: z.string().trim().min(1, { error: "Give the API token of one of the master's superusers." }).optional(),
});

type Change = [key: string, value: string | number | boolean | null];

const SECRET = new Set(DEFINITIONS.filter(({ type }) => type === 'secret').map(({ key }) => key));

function applyAll(store: Store, wanted: readonly Change[], who: string): void {
  const shown = ([key, given]: Change): Change => [key, SECRET.has(key) ? given !== null : given];
  const before = wanted.map(([key]): Change => [key, SECRET.has(key) ? store.settings.isSet(key) : store.settings.get(key)]);
  for (const [key, given] of wanted) store.settings.set(key, given);
  store.audit.add({ who, action: 'settings.update', before: Object.fromEntries(before), after: Object.fromEntries(wanted.map(shown)) });
}

class Rehearsed extends Error {}

/** Throws what is wrong with a value, before anything else is changed. */
function rehearse(store: Store, wanted: readonly Change[], who: string): void {
  try {
    store.transaction(() => {
      applyAll(store, wanted, who);
      throw new Rehearsed();
    });
  } catch (error) {
    if (!(error instanceof Rehearsed)) throw error;
  }
}

/** The address of the master after a change: what isn't given stays. */
function address(controller: OperationsController, given: { master_url?: string | undefined; master_token?: string | undefined }) {
  const { settings } = controller.store;
  const url = given.master_url ?? settings.text('master_url');
  const token = given.master_token ?? settings.secret('master_token') ?? '';
  if (url !== '' && token !== '') return { url, token };
  throw new OperationError({
    status: 422,
    code: 'master-incomplete',
    category: 'configuration',
    detail: `The master needs a URL and a token, and the ${url === '' ? 'URL' : 'token'} is missing.`,
    nextStep: 'Give both master_url and master_token.',
  });
}

export const updateSettings = defineOperation({
  id: 'settings-update',
  method: 'PUT',
  path: '/api/settings',
  summary: 'Change settings, all or none; a new master is tried first, and refused when it fails',
  input: changes.refine((input) => Object.keys(input).length > 0, { error: 'Give at least one setting.' }),
  output: settingsSchema,
  status: 200,
  async handler({ controller, who }, input) {
    const { store } = controller;
    const { master_url: url, master_token: token, ...rest } = input;
    const wanted = Object.entries(z.record(z.string(), value.optional()).parse(rest)).filter((entry): entry is Change => entry[1] !== undefined);
    if (wanted.length > 0) rehearse(store, wanted, who);
    if (url !== undefined || token !== undefined) {
      try {
        await controller.setMaster(address(controller, { master_url: url, master_token: token }), who);
      } catch (error) {
        throw asRefusal(error);
      }
    }
    if (wanted.length > 0) store.transaction(() => applyAll(store, wanted, who));
    return { settings: store.settings.all() };
  },
});
