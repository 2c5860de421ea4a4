import type { Json } from '../../shared/decision/decision.ts';

/** The command in a call's arguments; null: there is none. */
export const commandOf = (args: Json): string | null =>
  typeof args === 'object' && args !== null && 'command' in args && typeof args['command'] === 'string'
    ? args['command']
    : null;
