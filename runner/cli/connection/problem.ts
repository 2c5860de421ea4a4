import { TRPCClientError } from '@trpc/client';
import { z } from 'zod';
import { RedirectedError } from '../../../shared/client/straight-fetch.ts';

/** Why a call did not succeed, in words for a person. */
export interface Problem {
  readonly code: 'unreachable' | 'unauthorized' | 'invalid' | 'refused' | 'unavailable' | 'internal';
  readonly message: string;
  readonly remedy: string;
}

const ErrorData = z.object({
  code: z.string(),
  refusal: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullish(),
});

/** What a failed call means, and what to do about it; null for an error that is none of the API's. */
export const problemOf = (error: unknown): Problem | null => {
  if (!(error instanceof TRPCClientError)) return null;
  const data = ErrorData.safeParse(error.data);
  if (!data.success) return unanswered(error);
  const { code, refusal } = data.data;
  if (refusal) {
    const { message, remedy } = refusal;
    return { code: refusal.code === 'invalid' ? 'invalid' : 'refused', message, remedy };
  }
  if (code === 'UNAUTHORIZED')
    return {
      code: 'unauthorized',
      message: 'The runner does not know this token.',
      remedy: 'Give the right one with --token or LONGHAUL_TOKEN; a local runner keeps it in its home, in "token".',
    };
  if (code === 'FORBIDDEN')
    return { code: 'refused', message: error.message, remedy: 'Ask the one who runs it for a token with that role.' };
  // It says itself what is in the way, such as a full disk, and what to do about that.
  if (code === 'SERVICE_UNAVAILABLE') return { code: 'unavailable', message: error.message, remedy: 'Then try again.' };
  return {
    code: 'internal',
    message: error.message,
    remedy: "Look into the runner's log: longhaul doctor says where.",
  };
};

const unanswered = (error: Error): Problem => {
  const redirected = redirectIn(error);
  if (redirected !== null)
    return {
      code: 'unreachable',
      message: redirected.message,
      remedy: 'If that is the runner, name it: --url or LONGHAUL_URL.',
    };
  const reason = networkReason(error);
  return reason === null
    ? {
        code: 'unreachable',
        message: 'What answers there is no Longhaul runner.',
        remedy: 'Check --url or LONGHAUL_URL.',
      }
    : {
        code: 'unreachable',
        message: `No runner answers (${reason}).`,
        remedy: 'Start one with: longhaul serve. For one on another machine check --url and the network.',
      };
};

const redirectIn = (error: unknown): RedirectedError | null => {
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1)
    if (at instanceof RedirectedError) return at;
  return null;
};

/** `connect ECONNREFUSED 127.0.0.1:4870` and its like, wherever in the chain of causes fetch has put it. */
const networkReason = (error: unknown): string | null => {
  let deepest: string | null = null;
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z_]+$/.test(at.code)) deepest = at.message || at.code;
    else if (at instanceof TypeError && at.message === 'fetch failed') deepest = at.message;
  }
  return deepest;
};
