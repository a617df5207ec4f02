import type { Random } from '../environment';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function draw(random: Random, letters: string, length: number): string {
  return Array.from({ length }, () => letters[Math.floor(random.next() * letters.length)] ?? '').join('');
}

/** Ids that a real server draws at random, drawn from the instance's own randomness. */
export const randomId = {
  hex: (random: Random, length: number) => draw(random, '0123456789abcdef', length),
  alphanumeric: (random: Random, length: number) => draw(random, alphabet, length),
  uuid(random: Random): string {
    const hex = draw(random, '0123456789abcdef', 32);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  },
};
