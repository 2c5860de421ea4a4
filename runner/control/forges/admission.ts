import { longestOutsideText, type OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import type { Forge } from './forge.ts';

/** Whether what somebody did at a forge may begin runs. */
export type Admitted =
  /** With what is known of it only now. */
  | { readonly outcome: 'admitted'; readonly event: OutsideEvent }
  /** `why`: a sentence. `isStranger`: a person who may not write to the repository. */
  | { readonly outcome: 'refused'; readonly why: string; readonly isStranger: boolean };

/** How long what was asked of somebody holds, ms. */
const heldMs = 60_000;

/** Looks up who did something, each person of a repository once in a minute. */
export const openAdmission = (now: () => number) => {
  const known = new Map<string, { readonly may: boolean; readonly at: number }>();

  const may = async (forge: Forge, { repository, actor }: OutsideEvent, signal: AbortSignal): Promise<boolean> => {
    if (actor === null) return true;
    const key = JSON.stringify([repository, actor.login.toLowerCase()]);
    const before = known.get(key);
    if (before !== undefined && before.at > now() - heldMs && before.at <= now()) return before.may;
    for (const [each, { at }] of known) if (at <= now() - heldMs) known.delete(each);
    const answer = { may: await forge.mayWrite(actor.login, signal), at: now() };
    known.set(key, answer);
    return answer.may;
  };

  /** Bots never may, and of people those who may write to the repository. Throws Trouble where the forge cannot be asked. */
  return async (forge: Forge, event: OutsideEvent, signal: AbortSignal): Promise<Admitted> => {
    const { actor, pullRequest, review, commit } = event;
    if (actor?.isBot === true)
      return { outcome: 'refused', why: `${cleanLine(actor.login)} is a bot: bots begin no runs.`, isStranger: false };
    if (!(await may(forge, event, signal)))
      return {
        outcome: 'refused',
        why: `${cleanLine(actor?.login ?? '')} may not write to the repository.`,
        isStranger: true,
      };
    if (pullRequest !== null) {
      const found = await forge.branchOf(pullRequest, signal);
      if (found.outcome === 'refused') return { ...found, isStranger: false };
      const remarks = review === null ? '' : await forge.remarksOf?.({ pullRequest, review }, signal);
      return { outcome: 'admitted', event: withText({ ...event, branch: found.branch }, [remarks ?? '', event.text]) };
    }
    if (commit === null) return { outcome: 'admitted', event };
    const failure = await forge.failureAt(commit, signal);
    return { outcome: 'admitted', event: withText(event, [event.text, failure]) };
  };
};

const withText = (event: OutsideEvent, parts: readonly string[]): OutsideEvent => ({
  ...event,
  text: parts
    .filter((part) => part !== '')
    .join('\n\n')
    .slice(0, longestOutsideText),
});
