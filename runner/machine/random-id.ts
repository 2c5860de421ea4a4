import { randomInt } from 'node:crypto';

/** Lower-case letters and digits; 16 of them are 82 bits. */
export const randomId = (length = 16): string => Array.from({ length }, () => randomInt(36).toString(36)).join('');
