import { z } from 'zod';
import { longestOutsideText, type OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { Trouble } from '../../../shared/trouble.ts';
import type { OpenGitHub } from './access.ts';
import { checksOf, failureOf } from './checks.ts';
import { jobLog } from './job-log.ts';
import { mayWrite } from './may-write.ts';
import { gitHubTrouble, limited } from './octokit.ts';

/** Whether what somebody did on GitHub may begin runs. */
export type Admitted =
  /** With what is known of it only now. */
  | { readonly outcome: 'admitted'; readonly event: OutsideEvent }
  /** `why`: a sentence. `isStranger`: a person who may not write to the repository. */
  | { readonly outcome: 'refused'; readonly why: string; readonly isStranger: boolean };

const refused = (why: string): Admitted => ({ outcome: 'refused', why, isStranger: false });

/** How long what was asked of somebody holds, ms. */
const heldMs = 60_000;

/** Looks up who did something, each person of a repository once in a minute. */
export const openAdmission = (now: () => number) => {
  const known = new Map<string, { readonly may: boolean; readonly at: number }>();

  const may = async (open: OpenGitHub, { repository, actor }: OutsideEvent, signal: AbortSignal): Promise<boolean> => {
    if (actor === null) return true;
    const key = JSON.stringify([repository, actor.login.toLowerCase()]);
    const before = known.get(key);
    if (before !== undefined && before.at > now() - heldMs && before.at <= now()) return before.may;
    for (const [each, { at }] of known) if (at <= now() - heldMs) known.delete(each);
    const given = await open({}, signal);
    const answer = { may: await mayWrite(given, actor.login), at: now() };
    known.set(key, answer);
    return answer.may;
  };

  /** Bots never may, and of people those who may write to the repository. Throws Trouble where GitHub cannot be asked. */
  return async (open: OpenGitHub, event: OutsideEvent, signal: AbortSignal): Promise<Admitted> => {
    const { actor } = event;
    if (actor?.isBot === true) return refused(`${cleanLine(actor.login)} is a bot: bots begin no runs.`);
    try {
      if (!(await may(open, event, signal))) {
        const why = `${cleanLine(actor?.login ?? '')} may not write to the repository.`;
        return { outcome: 'refused', why, isStranger: true };
      }
      if (event.pullRequest !== null) return await onPullRequest(open, event, signal);
      return { outcome: 'admitted', event: event.commit === null ? event : await withFailure(open, event, signal) };
    } catch (error) {
      if (error instanceof z.ZodError)
        throw new Trouble(`What GitHub says of ${event.subject} cannot be read (${z.prettifyError(error)}).`, {
          remedy: 'Check apiUrl (remotes in config.yaml), and whether that server’s API is GitHub’s.',
          cause: error,
        });
      throw gitHubTrouble(`say who ${cleanLine(actor?.login ?? '')} is, and what it is about`, error);
    }
  };
};

const Head = z.object({
  state: z.string(),
  head: z.object({ ref: z.string().min(1), repo: z.object({ full_name: z.string() }).nullish() }),
  base: z.object({ repo: z.object({ full_name: z.string() }) }),
});

/** A run of it works on the pull request's branch, where that is one of the repository's own. */
const onPullRequest = async (open: OpenGitHub, event: OutsideEvent, signal: AbortSignal): Promise<Admitted> => {
  const number = event.pullRequest ?? 0;
  const { octokit, repository } = await open({ pull_requests: 'read' }, signal);
  const { data } = await octokit.rest.pulls.get({ ...repository, pull_number: number, request: limited() });
  const { state, head, base } = Head.parse(data);
  if (head.repo?.full_name !== base.repo.full_name)
    return refused(`Pull request ${number} is a fork's: what forks bring begins no runs.`);
  if (state !== 'open') return refused(`Pull request ${number} is ${cleanLine(state)}.`);
  return { outcome: 'admitted', event: { ...event, branch: head.ref } };
};

/** What the checks that failed said. */
const withFailure = async (open: OpenGitHub, event: OutsideEvent, signal: AbortSignal): Promise<OutsideEvent> => {
  const given = await open({ checks: 'read', statuses: 'read' }, signal);
  const { failing } = await checksOf(given, event.commit ?? '');
  if (failing.length === 0) return event;
  const { reason, comments } = await failureOf(failing, { ...given, logOf: (job) => jobLog(open, job, signal) });
  const remarks = comments.map(({ path, line, text }) => `${path}${line === null ? '' : `:${line}`}: ${text}`);
  return { ...event, text: [event.text, reason, ...remarks].join('\n\n').slice(0, longestOutsideText) };
};
