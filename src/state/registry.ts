import type { Context } from './context';
import { masterSide } from './registry-master';
import { moves } from './registry-moves';
import { offers } from './registry-offers';
import { queue } from './registry-queue';
import { verification } from './registry-verification';
import type { Registry } from './store';

/** What the master has, what each replica should have, and how far that got. */
export function createRegistry(context: Context): Registry {
  return { ...masterSide(context), ...offers(context), ...queue(context), ...moves(context), ...verification(context) };
}
