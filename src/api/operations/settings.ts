import { z } from 'zod';
import { defineOperation, type OperationsController } from '../operation';
import { OperationError } from '../problem';
import { asRefusal } from './replicas';

const settingsOutput = z.object({ settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])) });

export const readSettings = defineOperation({
  id: 'settings',
  method: 'GET',
  path: '/api/settings',
  summary: 'All settings; secrets only as whether they are set',
  input: z.object({}),
  output: settingsOutput,
  status: 200,
  handler: ({ controller }) => ({ settings: controller.store.settings.all() }),
});

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
  summary: "Change the master's address; it is tried first, and refused when it fails",
  input: z
    .object({
      master_url: z.url({ protocol: /^https?$/, error: 'Give the address as http(s)://host[:port][/path].' }).optional(),
      master_token: z.string().trim().min(1, { error: "Give the API token of one of the master's superusers." }).optional(),
    })
    .refine((input) => input.master_url !== undefined || input.master_token !== undefined, { error: 'Give master_url, master_token or both.' }),
  output: settingsOutput,
  status: 200,
  async handler({ controller, who }, input) {
    try {
      await controller.setMaster(address(controller, input), who);
    } catch (error) {
      throw asRefusal(error);
    }
    return { settings: controller.store.settings.all() };
  },
});
