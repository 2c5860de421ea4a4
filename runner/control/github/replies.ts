import type { EffectResult, Reply } from '../../../shared/run/effect.ts';
import { gitHubTrouble, limited } from './octokit.ts';
import { oursAmong, type OursGiven } from './ours.ts';
import { page, pages } from '../forges/pages.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { errorMessage } from '../../../shared/trouble.ts';
import { hiddenMark, webUrl } from '../forges/texts.ts';
import type { GitHubRepository } from './repository.ts';
import { resolveThreads } from './threads.ts';

interface RepliesGiven extends OursGiven {
  readonly repository: GitHubRepository;
  /** Of the pull request. */
  readonly number: number;
  readonly replies: readonly Reply[];
  /** What nothing else has: it is not seen, and with the remark's number tells each answer from all others. */
  readonly mark: string;
  /** No sooner than then was one made. ISO 8601. */
  readonly since: string;
}

/** Answers remarks in a pull request, each where it stands, once, and resolves the threads of those that are settled. One that is gone is noted. Throws EffectTrouble. */
export const publishReplies = async (given: RepliesGiven): Promise<EffectResult> => {
  const { octokit, repository, number, replies, mark, since } = given;
  const { pulls } = octokit.rest;
  try {
    const listed = await pages((at) =>
      pulls.listReviewComments({ ...repository, pull_number: number, since, ...page, page: at, request: limited() }),
    );
    const notes: string[] = [];
    const made: { readonly id: number; readonly html_url: string; readonly adopted: boolean }[] = [];
    for (const { to, text } of replies) {
      const hidden = hiddenMark(`${mark}, ${to}`);
      const there = await oursAmong(
        given,
        listed.filter(({ body }) => body.includes(hidden)),
      );
      const remark = listed.find(({ id }) => id === to);
      if (there !== undefined) made.push({ ...there, adopted: true });
      else if (remark === undefined) notes.push(`Remark ${to} is gone, and was not answered.`);
      else {
        const { path, commit_id } = remark;
        const { data } = await pulls.createReviewComment({
          ...repository,
          pull_number: number,
          // All but the text is left out of account where it is an answer.
          in_reply_to: to,
          path,
          commit_id,
          body: `${text}\n\n${hidden}`,
          request: limited(),
        });
        made.push({ ...data, adopted: false });
      }
    }
    const settled = replies
      .filter(({ to, resolve }) => resolve && listed.some(({ id }) => id === to))
      .map(({ to }) => to);
    if (settled.length > 0)
      // They are answered all the same.
      await resolveThreads({ octokit, repository, number }, settled).catch((error: unknown) => {
        notes.unshift(`Their threads were not resolved: ${cleanLine(errorMessage(error))}`.slice(0, 500));
      });
    const last = made.at(-1);
    return {
      reference: last === undefined ? 'none' : String(last.id),
      url: last === undefined ? null : webUrl(last.html_url),
      adopted: made.length > 0 && made.every(({ adopted }) => adopted),
      notes: notes.slice(0, 10),
    };
  } catch (error) {
    throw gitHubTrouble(`answer remarks in pull request ${number}`, error);
  }
};
