import { z } from 'zod';

/** Ids are made by the control plane: a prefix, an underscore, and lower-case letters and digits. They order nothing. */
const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[a-z0-9]{4,40}$`), `expected an id such as ${prefix}_k3v9x2`);

export const RunId = id('run');
export type RunId = z.infer<typeof RunId>;
export const ActivationId = id('act');
export type ActivationId = z.infer<typeof ActivationId>;
export const DecisionId = id('dec');
export type DecisionId = z.infer<typeof DecisionId>;

export const GitObject = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'expected a git object id');

/** ISO 8601 in UTC with milliseconds, as `Date.toISOString` gives it. */
export const Time = z.iso.datetime({ precision: 3 });
export type Time = z.infer<typeof Time>;

/** Who did it: `person:ada`, `policy`, `supervisor`. */
export const Actor = z.string().min(1).max(200);
