/** Just enough of PDF: the text that its content streams show and the number of its pages. Unreadable input gives null. */
import { inflateSync } from 'node:zlib';

export interface PdfText {
  text: string;
  pages: number;
}

export function readPdf(bytes: Uint8Array): PdfText | null {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  if (!/\b\d+\s+\d+\s+obj\b/.test(source)) return null;
  const streams = contentStreams(source);
  const whole = source + streams.filter((stream) => stream.includes('/Type')).join('\n');
  const pages = [...whole.matchAll(/\/Type\s*\/Page(?![A-Za-z])/g)].length;
  const text = source.includes('%%EOF') ? streams.map(shownText).filter((part) => part !== '') : [];
  return { text: text.join('\n'), pages: Math.max(1, pages) };
}

function contentStreams(source: string): string[] {
  const found: string[] = [];
  for (const match of source.matchAll(/<<((?:[^<>]|<[^<]|>(?!>)|<<[^<>]*>>)*)>>\s*stream\r?\n/g)) {
    const start = match.index + match[0].length;
    const end = source.indexOf('endstream', start);
    if (end < 0) continue;
    const header = match[1] ?? '';
    if (/\/Subtype\s*\/(Image|XML)|\/FontFile|\/Length1/.test(header)) continue;
    const length = /\/Length\s+(\d+)(?!\s+\d+\s+R)/.exec(header);
    const raw = source.slice(start, length ? start + Number(length[1]) : end);
    if (!header.includes('/Filter')) found.push(raw);
    else if (header.includes('/FlateDecode')) found.push(inflate(raw));
  }
  return found;
}

function inflate(raw: string): string {
  try {
    return inflateSync(Buffer.from(raw, 'latin1')).toString('latin1');
  } catch {
    return '';
  }
}

/** Text-showing operators in order; a new line for every text object or move to another line. */
function shownText(stream: string): string {
  const lines: string[] = [];
  let line = '';
  for (const block of stream.matchAll(/\bBT\b([\s\S]*?)\bET\b/g)) {
    for (const operator of (block[1] ?? '').matchAll(
      /(\[(?:[^[\]()]|\((?:\\.|[^\\()])*\))*\]|\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>)\s*(TJ|Tj|')|\bT\*/g,
    )) {
      if (operator[2] === undefined) {
        lines.push(line);
        line = '';
      } else line += strings(operator[1] ?? '');
    }
    lines.push(line);
    line = '';
  }
  return lines.filter((text) => text.trim() !== '').join('\n');
}

function strings(operand: string): string {
  const parts = operand.matchAll(/\(((?:\\.|[^\\()])*)\)|<([0-9A-Fa-f\s]*)>/g);
  return [...parts]
    .map((part) => windows(part[1] === undefined ? Buffer.from((part[2] ?? '').replace(/\s/g, ''), 'hex').toString('latin1') : unescape(part[1])))
    .join('');
}

function unescape(text: string): string {
  return text.replace(/\\([0-7]{1,3}|[\s\S])/g, (_whole, code: string) => {
    if (/^[0-7]/.test(code)) return String.fromCharCode(parseInt(code, 8));
    return { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }[code] ?? code;
  });
}

const decoder = new TextDecoder('windows-1252');

function windows(text: string): string {
  return decoder.decode(Buffer.from(text, 'latin1'));
}
