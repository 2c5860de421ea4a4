import { z } from 'zod';
import { BlobHash } from './artifacts.ts';

/** How a command of Longhaul's own ended. */
export const CommandResult = {
  index: z.int().nonnegative(),
  command: z.string(),
  outcome: z.enum(['exited', 'timeout', 'limit', 'cancelled']),
  exitCode: z.int().nullable(),
  /** Head and tail, up to 16 KB; the whole of it is the blob. */
  output: z.string(),
  outputBlob: BlobHash.nullable(),
  durationMs: z.int().nonnegative(),
  /** As `host:port`, each once: what it was not let through to, and what it was. */
  refusedHosts: z.array(z.string()),
  reachedHosts: z.array(z.string()),
};

/** What a setup command runs on before verification: the base, where the agent's files are not yet; or the final tree. */
export const SetupTree = z.enum(['base', 'final']);

/**
 * How a tree was prepared for verification. `offline`: on the final tree, nothing had network. `base`: on the base, and the final tree was
 * laid over it. `approved`: on the final tree, with the network that a person approved. `declined`: a person did not, so it was the base's setup
 * though the agent changed what it reads. `unrecorded`: an earlier version did not say.
 */
export const PreparedBy = z.enum(['offline', 'base', 'approved', 'declined', 'unrecorded']);
