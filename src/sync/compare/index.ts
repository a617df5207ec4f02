export { compareInstances, type CompareInput, type Comparison } from './compare';
export type { CollectionCount } from './collections';
export type { Example, FieldCount, Listed } from './tally';
