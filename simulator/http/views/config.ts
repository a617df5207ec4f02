/** The application's configuration: nothing is overridden. */
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

export function configKeys(major: 2 | 3): [string, unknown][] {
  const names = [before[major], ocr[major], common, after[major]].join(' ').trim().split(/\s+/);
  return names.map((name) => [name, name === 'id' ? 1 : name === 'ai_enabled' ? false : null]);
}
