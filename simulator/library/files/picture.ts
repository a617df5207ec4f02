import { encode } from 'jpeg-js';
import { PNG } from 'pngjs';
import { Random } from '../random.js';
import { dots, printable } from './glyphs.js';
import type { Subject } from './subject.js';
import { positions, reference } from './subject.js';

const margin = 24;

/** What stands on a photographed receipt. */
export function receipt(subject: Subject): string[] {
  return [
    printable(subject.correspondent) || 'SHOP',
    `DATE ${subject.created}`,
    `REF ${reference(subject)}`,
    ...positions(subject).map((p) => `${printable(p.text)} ${p.amount}`),
    'EUR INCL. VAT',
  ].map((line) => line.slice(0, 34));
}

/** RGBA pixels: dark signs on light, grainy paper. */
function draw(lines: string[], scale: number, grain: number, random: Random): { width: number; height: number; data: Buffer } {
  const longest = Math.max(...lines.map((line) => line.length));
  const width = margin * 2 + longest * 6 * scale;
  const height = margin * 2 + lines.length * 11 * scale;
  const data = Buffer.alloc(width * height * 4);
  const paper = 255 - grain;
  for (let i = 0; i < data.length; i += 4) {
    const noise = grain > 0 ? random.word() : 0;
    data[i] = paper + ((noise & 255) * grain) / 255;
    data[i + 1] = paper + (((noise >>> 8) & 255) * grain) / 255;
    data[i + 2] = paper + (((noise >>> 16) & 255) * grain) / 255;
    data[i + 3] = 255;
  }
  for (const [index, line] of lines.entries()) {
    dots(line, (column, row) => {
      for (let y = 0; y < scale; y += 1) {
        const start = ((margin + (index * 11 + row) * scale + y) * width + margin + column * scale) * 4;
        for (let at = start; at < start + scale * 4; at += 4) data.fill(24, at, at + 3);
      }
    });
  }
  return { width, height, data };
}

export function png(subject: Subject): Uint8Array {
  const picture = draw(receipt(subject), 3, 0, new Random(subject.seed, subject.key, 'png'));
  const image = new PNG({ width: picture.width, height: picture.height });
  picture.data.copy(image.data);
  // Without an alpha channel, as scanners make them; paperless would have to remove one before it reads the text.
  return PNG.sync.write(image, { colorType: 2, inputHasAlpha: true, deflateLevel: 6 });
}

export function jpeg(subject: Subject): Uint8Array {
  const random = new Random(subject.seed, subject.key, 'jpeg');
  const picture = subject.big ? draw(receipt(subject), 12, 72, random) : draw(receipt(subject), 2, 12, random);
  return encode(picture, subject.big ? 96 : 70).data;
}
