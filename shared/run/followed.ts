import type { PullRequest } from './pull-request.ts';
import { isTerminal, type Status } from './state.ts';

/** Whether it is still to be looked at: what becomes of it matters to the run, and is not known yet. */
export const isFollowed = ({
  status,
  pullRequest,
}: {
  readonly status: Status;
  readonly pullRequest: PullRequest | null;
}): boolean =>
  pullRequest !== null &&
  (pullRequest.seen === null || pullRequest.seen.state === 'open') &&
  (status === 'accepted' || !isTerminal({ status }));
