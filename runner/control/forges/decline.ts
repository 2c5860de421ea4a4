import type { OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import type { Forge } from './forge.ts';

/** In the comment, so that it is there once in a thread. */
const mark = 'Longhaul-Declined: comment';

const said =
  'Thank you for asking. Here an agent is put to work by people who may write to this repository: if one of them comments the same, it begins. Nothing was done.';

/** Whether it is a command that somebody is waiting for: what else strangers do asks for no answer. */
export const isAsking = ({ source, kind, issue, pullRequest }: OutsideEvent): boolean =>
  source !== 'webhook' && kind === 'comment' && (issue ?? pullRequest) !== null;

/** Answers a stranger's `/longhaul …`, politely and once in its thread: nothing of what they wrote is repeated. Throws Trouble. */
export const declineOn = async (
  forge: Forge,
  { repository, issue, pullRequest }: OutsideEvent,
  signal: AbortSignal,
): Promise<void> => {
  const on =
    pullRequest === null
      ? ({ kind: 'issue', number: issue ?? 0 } as const)
      : ({ kind: 'pull request', number: pullRequest } as const);
  await forge.say(
    { kind: 'answer', remote: repository ?? '', on, body: '' },
    // Whenever it was said there.
    { mark, body: said, since: new Date(0).toISOString(), signal },
  );
};
