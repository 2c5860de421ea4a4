import type { EffectResult } from '../../../shared/run/effect.ts';
import { hiddenMark, webUrl } from '../forges/texts.ts';
import { gitHubTrouble, limited } from './octokit.ts';
import { oursAmong, type OursGiven } from './ours.ts';
import { page, pages } from '../forges/pages.ts';
import type { GitHubRepository } from './repository.ts';

interface CommentGiven extends OursGiven {
  readonly repository: GitHubRepository;
  /** Of the issue or the pull request. */
  readonly number: number;
  /** What no other comment has: it is not seen, and tells this one from all others. */
  readonly mark: string;
  /** Markdown. */
  readonly body: string;
  /** No sooner than then was it made. ISO 8601. */
  readonly since: string;
}

/** Comments on an issue or a pull request, if an earlier attempt has not, whose answer did not come. Throws EffectTrouble. */
export const publishComment = async (given: CommentGiven): Promise<EffectResult> => {
  const { octokit, repository, number, mark, body, since } = given;
  const { issues } = octokit.rest;
  const hidden = hiddenMark(mark);
  try {
    const there = await pages((at) =>
      issues.listComments({ ...repository, issue_number: number, since, ...page, page: at, request: limited() }),
    );
    const own = await oursAmong(
      given,
      there.filter(({ body: says }) => says?.includes(hidden) === true),
    );
    if (own !== undefined) return { reference: String(own.id), url: webUrl(own.html_url), adopted: true, notes: [] };
    const { data } = await issues.createComment({
      ...repository,
      issue_number: number,
      body: `${body}\n\n${hidden}`,
      request: limited(),
    });
    return { reference: String(data.id), url: webUrl(data.html_url), adopted: false, notes: [] };
  } catch (error) {
    throw gitHubTrouble(`comment on ${number}`, error);
  }
};
