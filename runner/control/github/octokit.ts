import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import { RedirectedError, straightFetch } from '../../../shared/client/straight-fetch.ts';
import { errorMessage, Trouble } from '../../../shared/trouble.ts';
import { EffectTrouble } from '../../../shared/run/effect-trouble.ts';

export type { Octokit };

/** A machine that does not answer is no reason for a run to wait for ever. */
const patienceMs = 30_000;
export const limited = () => ({ signal: AbortSignal.timeout(patienceMs) });

export const octokitModules = async () => {
  const [{ Octokit }, { createAppAuth }] = await Promise.all([import('@octokit/rest'), import('@octokit/auth-app')]);
  return { Octokit, createAppAuth };
};

const silent = () => {};

/** Nothing is tried again here: the log says when, and the run's budget how often. */
export const octokitOptions = ({ apiUrl }: { readonly apiUrl: string }) => ({
  baseUrl: apiUrl.replace(/\/$/, ''),
  userAgent: 'longhaul',
  log: { debug: silent, info: silent, warn: silent, error: silent },
  request: { fetch: straightFetch },
});

const Failure = z.object({
  status: z.int(),
  message: z.string().catch(''),
  response: z
    .object({ headers: z.record(z.string(), z.union([z.string(), z.number()]).optional()).catch({}) })
    .optional()
    .catch(undefined),
});

/** The status of what GitHub refused; null: it is no answer of GitHub's. */
export const statusOf = (error: unknown): number | null => {
  const { success, data } = Failure.safeParse(error);
  return success ? data.status : null;
};

/** How long GitHub asks to wait, ms; null: it asks for nothing. docs.github.com/rest: "Rate limits for the REST API". */
const waitOf = (headers: Readonly<Record<string, string | number | undefined>>): number | null => {
  const after = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(after)) return after * 1000;
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  return headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset)
    ? Math.max(0, reset * 1000 - Date.now())
    : null;
};

/** What a request that failed means for the effect that it was made for; `what` completes "GitHub did not …". */
export const gitHubTrouble = (what: string, error: unknown): Trouble => {
  if (error instanceof Trouble) return error;
  const redirected = error instanceof Error && error.cause instanceof RedirectedError ? error.cause : error;
  if (redirected instanceof RedirectedError)
    return new Trouble(redirected.message, { remedy: 'Check apiUrl (remotes in config.yaml).', cause: error });
  const { success, data } = Failure.safeParse(error);
  // No answer came: octokit says 500 of a connection that broke.
  if (!success || data.status >= 500)
    return new EffectTrouble(`GitHub did not ${what} (${errorMessage(error)}).`, {
      remedy: 'It is tried again by itself. If it goes on: check the connection, and GitHub’s status page.',
      again: true,
      cause: error,
    });
  const { status, message, response } = data;
  const afterMs = waitOf(response?.headers ?? {});
  const limitedNow = status === 429 || (status === 403 && (afterMs !== null || /rate limit/i.test(message)));
  return new EffectTrouble(`GitHub did not ${what} (${status}: ${message}).`, {
    remedy: remedies[status] ?? 'Do what it says, then publish again.',
    again: limitedNow,
    afterMs,
    cause: error,
  });
};

const remedies: Readonly<Record<number, string>> = {
  401: 'The token is not known to GitHub any more: give the runner another one, then publish again.',
  403: 'Give the app or the token "Contents: write", "Pull requests: write" and, for what is said on issues, "Issues: write", for a check "Checks: write" on this repository, then publish again.',
  404: 'Check the address, and that the app or the token may see this repository.',
};
