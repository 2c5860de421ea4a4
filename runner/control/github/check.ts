import type { CheckReport } from '../../../shared/review/check-report.ts';
import { trailerName, type EffectResult } from '../../../shared/run/effect.ts';
import { gitHubTrouble, limited, type Octokit } from './octokit.ts';
import { page } from '../forges/pages.ts';
import { webUrl } from '../forges/texts.ts';
import type { GitHubRepository } from './repository.ts';

const name = 'Longhaul';

/** Whether a check is one of ours: what Longhaul ran is no evidence of somebody else's. */
export const isOwnCheck = ({
  name: called,
  external_id: id,
}: {
  readonly name: string;
  readonly external_id?: string | null | undefined;
}): boolean => called === name && id?.startsWith(trailerName) === true;

interface CheckGiven {
  readonly octokit: Octokit;
  readonly repository: GitHubRepository;
  /** The commit. */
  readonly head: string;
  readonly report: CheckReport;
  /** What no other check has. */
  readonly mark: string;
}

/** Puts a check on a commit, if an earlier attempt has not, whose answer did not come. Throws EffectTrouble. */
export const publishCheck = async ({ octokit, repository, head, report, mark }: CheckGiven): Promise<EffectResult> => {
  const { checks } = octokit.rest;
  const { conclusion, title, summary, annotations } = report;
  try {
    const { data: there } = await checks.listForRef({
      ...repository,
      ref: head,
      check_name: name,
      ...page,
      request: limited(),
    });
    const own = there.check_runs.find(({ external_id: id }) => id === mark);
    if (own !== undefined) return resultOf(own, true);
    const { data } = await checks.create({
      ...repository,
      name,
      head_sha: head,
      external_id: mark,
      status: 'completed',
      conclusion,
      output: {
        title,
        summary,
        annotations: annotations.map(({ path, line, level, message }) => ({
          path,
          start_line: line,
          end_line: line,
          annotation_level: level,
          message,
        })),
      },
      request: limited(),
    });
    return resultOf(data, false);
  } catch (error) {
    throw gitHubTrouble('put a check on the commit', error);
  }
};

const resultOf = (
  { id, html_url: url }: { readonly id: number; readonly html_url: string | null },
  adopted: boolean,
): EffectResult => ({ reference: String(id), url: url === null ? null : webUrl(url), adopted, notes: [] });
