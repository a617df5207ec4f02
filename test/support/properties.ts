import fc from 'fast-check';

/**
 * Loaded before the suites that `npm test` runs: properties take the same cases each time there, so that a failure is a change's own. Other cases come
 * with PROPERTY_SEED=n, or with every run of mocha by hand.
 */
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20_261_121) });
