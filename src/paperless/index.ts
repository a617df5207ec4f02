export * from './capabilities';
export * from './client';
export * from './errors';
export * from './transport';
export * from './wire';
