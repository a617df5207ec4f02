import { runDifferential } from './differential';
import { runSeed } from './run-seed';

/** One worker of the pool: a seed comes in, its verdict goes out; `over` ends it. */
process.on('message', (message: unknown) => {
  if (message === 'over') process.exit(0);
  const { seed, trace, differential } = message as { seed: number; trace: boolean; differential: boolean };
  void (differential ? runDifferential(seed) : runSeed(seed, { trace })).then((verdict) => process.send?.(verdict));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
