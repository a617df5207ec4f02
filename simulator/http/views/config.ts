/** The application's configuration: nothing is overridden until somebody does it. */
import { readObject } from '../body';
import { flag, nullable, checkAll } from '../check';
import { json, type Context, type Handler } from '../context';
import { noMatch } from '../errors';
import type { Json } from '../json';
import { idOf } from './access';

const before: Record<2 | 3, string> = { 2: 'id user_args barcode_tag_mapping', 3: 'id user_args barcode_tag_mapping llm_api_key' };
const ocr: Record<2 | 3, string> = {
  2: 'output_type pages language mode skip_archive_file',
  3: 'output_type pages language mode archive_file_generation',
};
const common =
  'image_dpi unpaper_clean deskew rotate_pages rotate_pages_threshold max_image_pixels color_conversion_strategy app_title app_logo barcodes_enabled barcode_enable_tiff_support barcode_string barcode_retain_split_pages barcode_enable_asn barcode_asn_prefix barcode_upscale barcode_dpi barcode_max_pages barcode_enable_tag';
const after: Record<2 | 3, string> = {
  2: '',
  3: 'barcode_tag_split ai_enabled llm_embedding_backend llm_embedding_model llm_embedding_endpoint llm_embedding_chunk_size llm_context_size llm_backend llm_model llm_endpoint llm_output_language llm_request_timeout',
};

const switches = 'barcodes_enabled barcode_enable_tiff_support barcode_retain_split_pages barcode_enable_asn barcode_enable_tag barcode_tag_split';
const checks = Object.fromEntries(switches.split(' ').map((name) => [name, nullable(flag)]));

function configOf({ store }: Context): Json {
  const { major } = store.profile;
  const names = [before[major], ocr[major], common, after[major]].join(' ').trim().split(/\s+/);
  const bare = names.map((name): [string, unknown] => [name, name === 'id' ? 1 : name === 'ai_enabled' ? false : null]);
  return { ...Object.fromEntries(bare), ...store.configured };
}

/** @throws ApiError 404 for another row than the only one, and once that is deleted. */
function demandRow(context: Context): Json {
  if (idOf(context) !== 1 || context.store.configured === null) throw noMatch('ApplicationConfiguration');
  return context.store.configured;
}

export const listConfig: Handler = (context) => json(context.store.configured === null ? [] : [configOf(context)]);

export const getConfig: Handler = (context) => {
  demandRow(context);
  return json(configOf(context));
};

/** The switches alone: of all others nothing depends here. */
export const updateConfig: Handler = async (context) => {
  const set = demandRow(context);
  const known = configOf(context);
  Object.assign(
    set,
    checkAll(await readObject(context), checks, [], (name) => name in known),
  );
  return json(configOf(context));
};

/** Offered, and refused without a word. */
export const anotherConfig: Handler = () => ({ status: 405, text: '' });

export const deleteConfig: Handler = (context) => {
  demandRow(context);
  context.store.configured = null;
  return { status: 204 };
};
