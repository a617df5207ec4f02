/** The closed list of what is compared by shape only. Everything else in a recording is compared by value. */
export interface Shape {
  name: string;
  why: string;
}

export const shapes = {
  time: { name: 'times', why: 'format and zone; equal and different where the recording has them equal and different' },
  httpDate: { name: 'Last-Modified', why: 'an HTTP date' },
  uuid: { name: 'task ids', why: 'drawn at random; the same one wherever the recording has the same one' },
  token: { name: 'tokens', why: 'not recorded; forty hex digits' },
  set: { name: 'order of tags and permissions', why: 'the server gives them in no particular order' },
  option: { name: 'generated select option ids', why: 'drawn at random; 16 letters and digits' },
  archive: { name: 'archives', why: 'sums, sizes and metadata of what OCR makes; different on every run' },
  language: { name: 'lang of metadata', why: 'guessed from the text' },
  thumbnail: { name: 'thumbnails', why: 'pictures drawn by the server' },
  compressed: { name: 'compressed bytes', why: 'depends on the library; what comes out is compared' },
  traceback: { name: 'tracebacks', why: "lines of the server's source" },
  duration: { name: 'durations', why: 'time on another clock; a number' },
  html: { name: 'pages of HTML', why: 'recorded by their title' },
  machine: { name: 'machine in /api/status/', why: 'disks, addresses, index times' },
  rotated: { name: 'sums and sizes of rotated files', why: 'the server writes the turned PDF anew; the sums are listed in shapes.ts' },
  throttle: { name: 'Retry-After', why: 'counts from another clock; whole seconds' },
  length: { name: 'Content-Length', why: 'where the body holds something on this list, it has to fit the own body' },
} satisfies Record<string, Shape>;

export type ShapeName = keyof typeof shapes;

/** JSON paths (without indexes) whose value is compared by shape, and as what. */
export const byPath: [RegExp, ShapeName][] = [
  [/(^|\.)archive_checksum$/, 'archive'],
  [/(^|\.)archive_size$/, 'archive'],
  [/(^|\.)archive_metadata$/, 'archive'],
  [/^lang$/, 'language'],
  [/\.traceback$/, 'traceback'],
  [/(^|\.)(duration|wait_time|avg_duration|avg_wait_time)_seconds$/, 'duration'],
  [/^(server_os|storage|database\.url|tasks\.(redis_url|celery_url|index_\w+))$/, 'machine'],
];

/** Lists whose order means nothing. */
export const unordered = /(^|\.)(tags|permissions|user_permissions|inherited_permissions)$/;

/** Checksums of files that paperless itself rewrote. */
export const rotatedSums = new Set([
  'ad6cf85b3ba2aa02bb598801e2230fb629ecf8fd8e2e6d321a26e9f982d1d240',
  '67251a85f9aa19f20dd8b0138b0f58fbae27e6a4f77d2f567a540e5df56b1859',
  'b14dd1be65e52d07c41963cda7b5677d2894ec8b16e04b1d4a1684d6cdf1318b',
  '5bf188af67e9c377430b99936d9fb3b3',
]);
