import { z } from 'zod';
import type { ChecksFailed } from '../../../shared/run/command.ts';
import type { ReviewComment } from '../../../shared/run/events.ts';
import type { PullRequestSeen } from '../../../shared/run/pull-request.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import { failureReason, logEnd, mostToldChecks, type ToldCheck } from '../forges/texts.ts';
import { isOwnCheck } from './check.ts';
import { limited, statusOf, type Octokit } from './octokit.ts';
import { page, pages } from '../forges/pages.ts';
import type { GitHubRepository } from './repository.ts';

interface At {
  readonly octokit: Octokit;
  readonly repository: GitHubRepository;
}

/** The end of what a job of GitHub Actions printed; null: it cannot be had. */
export type LogOf = (job: number) => Promise<string | null>;

/** A check of a commit that failed. `run`: the number of its check run; null: a status of the commit. */
interface FailedCheck {
  readonly name: string;
  readonly run: number | null;
  /** It is a job of GitHub Actions, and has a log. */
  readonly isJob: boolean;
  readonly said: string;
}

/** docs.github.com/rest/checks/runs: conclusions that do not hold up a merge. */
const fine: ReadonlySet<string> = new Set(['success', 'neutral', 'skipped']);

/** How the checks and statuses of a commit have ended, and those that failed. */
export const checksOf = async (
  at: At,
  head: string,
): Promise<{ readonly counted: PullRequestSeen['checks']; readonly failing: readonly FailedCheck[] }> => {
  const { octokit, repository } = at;
  const runs = await pages(async (number) => {
    const asked = { ...repository, ref: head, ...page, page: number, request: limited() };
    const { data } = await octokit.rest.checks.listForRef(asked);
    return { data: data.check_runs };
  });
  const statuses = await statusesOf(at, head);
  const all = [
    ...CheckRuns.parse(runs)
      .filter((each) => !isOwnCheck(each))
      .map(({ id, name, status, conclusion, output, app }) => ({
        ended: status === 'completed' ? (conclusion ?? '') : null,
        check: {
          name,
          run: id,
          isJob: app?.slug === 'github-actions',
          said: [output?.title, output?.summary, output?.text]
            .filter((text) => text != null && text !== '')
            .join('\n\n'),
        },
      })),
    ...statuses.map(({ context, state, description }) => ({
      ended: state === 'pending' ? null : state,
      check: { name: context, run: null, isJob: false, said: description ?? '' },
    })),
  ];
  const failing = all.filter(({ ended }) => ended !== null && !fine.has(ended)).map(({ check }) => check);
  const pending = all.filter(({ ended }) => ended === null).length;
  return {
    counted: {
      passed: all.length - pending - failing.length,
      failed: failing.length,
      pending,
      failing: failing
        .map(({ name }) => name.slice(0, 200))
        .filter((name) => name !== '')
        .slice(0, 20),
    },
    failing,
  };
};

const CheckRuns = z.array(
  z.object({
    id: z.int().positive(),
    name: z.string(),
    status: z.string(),
    conclusion: z.string().nullish(),
    external_id: z.string().nullish(),
    output: z
      .object({ title: z.string().nullish(), summary: z.string().nullish(), text: z.string().nullish() })
      .nullish(),
    app: z.object({ slug: z.string().nullish() }).nullish(),
  }),
);

/** What tells its results as statuses of the commit, and not as checks. */
const statusesOf = async ({ octokit, repository }: At, ref: string): Promise<z.infer<typeof Statuses>> => {
  try {
    const { data } = await octokit.rest.repos.getCombinedStatusForRef({
      ...repository,
      ref,
      ...page,
      request: limited(),
    });
    return Statuses.parse(data.statuses);
  } catch (error) {
    // What GitHub says where it has none that this token may see.
    if (statusOf(error) === 404) return [];
    throw error;
  }
};

const Statuses = z.array(z.object({ context: z.string(), state: z.string(), description: z.string().nullish() }));

/** Characters of what one of them said. */
const longestSaid = 4_000;
const mostRemarks = 30;
const longestRemark = 500;

/** What checks that failed said: their reports, the ends of their logs, and their remarks on lines. All of it is data. */
export const failureOf = async (
  failing: readonly FailedCheck[],
  given: At & { readonly logOf: LogOf },
): Promise<ChecksFailed> => {
  const told: ToldCheck[] = [];
  const comments: ReviewComment[] = [];
  for (const { name, run, isJob, said } of failing.slice(0, mostToldChecks)) {
    const log = isJob && run !== null ? await given.logOf(run) : null;
    const parts = [clean(said).trim().slice(0, longestSaid), logText(isJob, log)];
    told.push({ name, said: parts.filter((part) => part !== '').join('\n\n') });
    if (run !== null) comments.push(...(await remarksOf(run, given)));
  }
  return {
    reason: failureReason(
      failing.map(({ name }) => name),
      told,
    ),
    comments: comments.slice(0, mostRemarks),
  };
};

const logText = (isJob: boolean, log: string | null): string => {
  if (log !== null) return logEnd(log);
  return isJob ? 'Its log could not be read: that takes "Actions: read", and up to 50 MB.' : '';
};

/** A list, as docs.github.com/rest/checks/runs has it; some servers put it into an object, as with check runs. */
const Remarks = z.preprocess(
  (said) => (typeof said === 'object' && said !== null && 'check_annotations' in said ? said.check_annotations : said),
  z.array(
    z.object({
      path: z.string().min(1),
      start_line: z.int().positive().nullish().catch(null),
      annotation_level: z.string().nullish(),
      title: z.string().nullish(),
      message: z.string().nullish(),
    }),
  ),
);

/** What a check says of single lines. */
const remarksOf = async (run: number, { octokit, repository }: At): Promise<readonly ReviewComment[]> => {
  const { data } = await octokit.rest.checks.listAnnotations({
    ...repository,
    check_run_id: run,
    ...page,
    request: limited(),
  });
  return Remarks.parse(data).flatMap(({ path, start_line: line, annotation_level: level, title, message }) => {
    const text = [title, message].filter((part) => part != null && part !== '').join(': ');
    // GitHub Actions puts what is about no file there.
    const isOfFile = path !== '.github';
    return level === 'notice' || text === '' || !isOfFile
      ? []
      : [{ path: cleanLine(path), line: line ?? null, text: clean(text).slice(0, longestRemark) }];
  });
};
