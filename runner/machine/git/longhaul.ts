import type { Identity } from './git.ts';

/**
 * The author of every commit that only Longhaul sees. The date never changes, so that the same content and history always
 * give the same commit id; it is 2000-01-01T00:00:00Z.
 */
export const longhaul: Identity = { name: 'Longhaul', email: 'longhaul@localhost', date: '946684800 +0000' };
