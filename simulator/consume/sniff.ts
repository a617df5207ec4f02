/** Which kind of file this is, decided by its content as libmagic does; the name and the declared type count for nothing. */
const starts: [number[], string][] = [
  [[0x25, 0x50, 0x44, 0x46, 0x2d], 'application/pdf'],
  [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 'image/png'],
  [[0xff, 0xd8, 0xff], 'image/jpeg'],
  [[0x49, 0x49, 0x2a, 0x00], 'image/tiff'],
  [[0x4d, 0x4d, 0x00, 0x2a], 'image/tiff'],
  [[0x47, 0x49, 0x46, 0x38], 'image/gif'],
  [[0x42, 0x4d], 'image/bmp'],
  [[0x1f, 0x8b], 'application/gzip'],
  [[0x50, 0x4b, 0x03, 0x04], 'application/zip'],
];

const supported = new Set([
  'application/pdf',
  'image/png',
  'image/jpeg',
  'image/tiff',
  'image/gif',
  'image/webp',
  'image/bmp',
  'image/heic',
  'text/plain',
  'text/csv',
]);

/** How many bytes `sniff` wants to see. */
export const sniffLength = 8192;

export function sniff(head: Uint8Array): string {
  const ascii = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1');
  for (const [start, type] of starts) {
    if (start.every((byte, index) => head[index] === byte)) return type === 'application/zip' ? zipKind(ascii) : type;
  }
  if (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'WEBP') return 'image/webp';
  if (/^....ftyp(heic|heix|mif1)/s.test(ascii)) return 'image/heic';
  if (/^(\xff\xfe|\xfe\xff)/.test(ascii)) return 'text/plain';
  if (head.length < 2 || isBinary(head)) return 'application/octet-stream';
  return marked(ascii) ?? (isJson(ascii) ? 'application/json' : isCsv(ascii) ? 'text/csv' : 'text/plain');
}

/** Text of a kind that its first words tell. */
function marked(ascii: string): string | undefined {
  if (/^(From|Received|Return-Path|Message-ID|Delivered-To):? /i.test(ascii) && /\r?\nSubject:/i.test(ascii)) return 'message/rfc822';
  if (ascii.startsWith('%!')) return 'application/postscript';
  if (/^#! ?\/\S*sh\b/.test(ascii)) return 'text/x-shellscript';
  if (/^\s*<\?xml/.test(ascii)) return 'text/xml';
  return /^\s*<(!doctype html|html|head|body|title)\b/i.test(ascii) ? 'text/html' : undefined;
}

/** A whole object or list; of a longer file only its beginning is seen. */
function isJson(ascii: string): boolean {
  if (!/^\s*[[{]/.test(ascii)) return false;
  try {
    JSON.parse(ascii);
    return true;
  } catch {
    return false;
  }
}

function zipKind(ascii: string): string {
  if (/word\//.test(ascii)) return 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
  if (/xl\//.test(ascii)) return 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
  return 'application/zip';
}

function isBinary(head: Uint8Array): boolean {
  return head.some((byte) => byte === 0 || (byte < 32 && ![7, 8, 9, 10, 12, 13, 27].includes(byte)));
}

/** Two lines at least, and as many commas in each of the first ten. */
function isCsv(text: string): boolean {
  const lines = text.split('\n').slice(0, 10);
  if (lines.length < 10) lines.pop();
  const commas = lines.map((line) => line.replace(/"(?:[^"]|"")*"/g, '').split(',').length - 1);
  return commas.length >= 2 && (commas[0] ?? 0) > 0 && commas.every((count) => count === commas[0]);
}

/** Whether an instance without Tika and Gotenberg takes such a file. 3.x takes mail at the door and fails on it later. */
export function isSupported(type: string, major: 2 | 3): boolean {
  return supported.has(type) || (major === 3 && type === 'message/rfc822');
}

const extensions: Record<string, string> = {
  'application/pdf': '.pdf',
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/tiff': '.tif',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'image/bmp': '.bmp',
  'image/heic': '.heic',
  'text/plain': '.txt',
  'text/csv': '.csv',
  'message/rfc822': '.eml',
};

export function extensionOf(type: string): string {
  return extensions[type] ?? '.bin';
}
