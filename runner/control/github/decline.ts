import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import type { OpenGitHub } from './access.ts';
import { publishComment } from './comment.ts';

/** In the comment, so that it is there once in a thread. */
const mark = 'Longhaul-Declined: comment';

const said =
  'Thank you for asking. Here an agent is put to work by people who may write to this repository: if one of them comments the same, it begins. Nothing was done.';

/** Whether it is a command that somebody is waiting for: what else strangers do asks for no answer. */
export const isAsking = ({ source, kind, issue, pullRequest }: OutsideEvent): boolean =>
  source === 'github' && kind === 'comment' && (issue ?? pullRequest) !== null;

/** Answers a stranger's `/longhaul …`, politely and once in its thread: nothing of what they wrote is repeated. Throws EffectTrouble. */
export const declineOn = async (
  open: OpenGitHub,
  { issue, pullRequest }: OutsideEvent,
  signal: AbortSignal,
): Promise<void> => {
  const number = pullRequest ?? issue ?? 0;
  const { octokit, repository } = await open(
    pullRequest === null ? { issues: 'write' } : { pull_requests: 'write' },
    signal,
  );
  await publishComment({ octokit, repository, number, mark, body: said, since: null });
};
