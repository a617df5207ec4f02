export * from './rows';
export * from './machine';
export * from './store';
