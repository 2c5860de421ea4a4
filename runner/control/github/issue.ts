import type { EffectResult } from '../../../shared/run/effect.ts';
import { hiddenMark, webUrl } from '../forges/texts.ts';
import { gitHubTrouble, limited } from './octokit.ts';
import { oursAmong, type OursGiven } from './ours.ts';
import { page, pages } from '../forges/pages.ts';
import type { GitHubRepository } from './repository.ts';

interface IssueGiven extends OursGiven {
  readonly repository: GitHubRepository;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** What no other issue has: it is not seen, and tells this one from all others. */
  readonly mark: string;
  /** No sooner than then was it made. ISO 8601. */
  readonly since: string;
}

/** Makes an issue, if an earlier attempt has not, whose answer did not come. Throws EffectTrouble. */
export const publishIssue = async (given: IssueGiven): Promise<EffectResult> => {
  const { octokit, repository, title, body, mark, since } = given;
  const { issues } = octokit.rest;
  const hidden = hiddenMark(mark);
  try {
    // The newest first: of more than are read it is not among the last.
    const there = await pages((at) =>
      issues.listForRepo({ ...repository, state: 'all', since, ...page, page: at, request: limited() }),
    );
    const own = await oursAmong(
      given,
      there.filter(({ body: says }) => says?.includes(hidden) === true),
    );
    if (own !== undefined)
      return { reference: String(own.number), url: webUrl(own.html_url), adopted: true, notes: [] };
    const { data } = await issues.create({
      ...repository,
      title,
      body: `${body}\n\n${hidden}`,
      request: limited(),
    });
    return { reference: String(data.number), url: webUrl(data.html_url), adopted: false, notes: [] };
  } catch (error) {
    throw gitHubTrouble('open an issue', error);
  }
};
