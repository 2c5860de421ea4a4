import type { EffectResult } from '../../../shared/run/effect.ts';
import { hiddenMark, webUrl } from '../forges/texts.ts';
import { gitHubTrouble, limited, type Octokit } from './octokit.ts';
import { page, pages } from '../forges/pages.ts';
import type { GitHubRepository } from './repository.ts';

interface ReleaseGiven {
  readonly octokit: Octokit;
  readonly repository: GitHubRepository;
  /** It need not be there: the draft makes none. */
  readonly tag: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** What no other release has: it is not seen, and tells this one from all others. */
  readonly mark: string;
}

/** Makes the draft of a release, if an earlier attempt has not, whose answer did not come. Throws EffectTrouble. */
export const publishRelease = async (given: ReleaseGiven): Promise<EffectResult> => {
  const { octokit, repository, tag, title, body, mark } = given;
  const { repos } = octokit.rest;
  const hidden = hiddenMark(mark);
  try {
    // Drafts are among them for whoever may write.
    const there = await pages((at) => repos.listReleases({ ...repository, ...page, page: at, request: limited() }));
    const own = there.find(({ body: says }) => says?.includes(hidden) === true);
    if (own !== undefined) return { reference: String(own.id), url: webUrl(own.html_url), adopted: true, notes: [] };
    const { data } = await repos.createRelease({
      ...repository,
      tag_name: tag,
      name: title,
      body: `${body}\n\n${hidden}`,
      draft: true,
      request: limited(),
    });
    return { reference: String(data.id), url: webUrl(data.html_url), adopted: false, notes: [] };
  } catch (error) {
    throw gitHubTrouble(`make a draft of release ${tag}`, error);
  }
};
