import { z } from 'zod';

/** What a repository's settings open, a line each, and the hash to delegate with to let that be so. */
const Untrusted = z.object({ code: z.literal('untrusted'), hash: z.string(), openings: z.array(z.string()) });
export type Untrusted = Pick<z.infer<typeof Untrusted>, 'hash' | 'openings'>;

/** Whether an error of the API's client says that somebody has to agree first; null: it says something else. */
export const untrustedOf = (error: unknown): Untrusted | null => {
  const data = error instanceof Error && 'data' in error ? error.data : null;
  const refusal = typeof data === 'object' && data !== null && 'refusal' in data ? data.refusal : null;
  const parsed = Untrusted.safeParse(refusal);
  return parsed.success ? parsed.data : null;
};
