import { z } from 'zod';
import type { ChecksFailed } from '../../../shared/run/command.ts';
import type { PullRequestSeen } from '../../../shared/run/pull-request.ts';
import { cleanLine } from '../../../shared/text/clean.ts';
import { page, pages } from '../forges/pages.ts';
import { failureReason, logEnd, mostToldChecks, type ToldCheck } from '../forges/texts.ts';
import type { GitLab } from './client.ts';

/** A job of a pipeline of the commit, or what another system told of it. */
interface FailedJob {
  readonly id: number;
  readonly name: string;
  readonly said: string;
}

const Statuses = z.array(
  z.object({
    id: z.int().positive(),
    name: z.string(),
    status: z.string(),
    allow_failure: z.boolean().catch(false),
    description: z.string().nullish(),
  }),
);

/** docs.gitlab.com/api/jobs: states in which a job has not ended. One that waits for somebody to start it does not run, and holds up nothing here. */
const pending: ReadonlySet<string> = new Set([
  'created',
  'waiting_for_resource',
  'waiting_for_callback',
  'preparing',
  'pending',
  'running',
  'canceling',
  'scheduled',
]);
const bad: ReadonlySet<string> = new Set(['failed', 'canceled']);

/** How the jobs of a commit's pipelines have ended, and what other systems told of it, each in its last attempt; and those that failed. */
export const checksOf = async (
  { commits, project }: GitLab,
  head: string,
): Promise<{ readonly counted: PullRequestSeen['checks']; readonly failing: readonly FailedJob[] }> => {
  const told = await pages(async (at) => {
    const paged = { perPage: page.per_page, page: at };
    return { data: await commits.allStatuses(project, head, { all: false, ...paged }) };
  });
  const all = Statuses.parse(told).filter(({ status }) => status !== 'manual');
  const failing = all.filter(({ status, allow_failure: may }) => bad.has(status) && !may);
  const running = all.filter(({ status }) => pending.has(status)).length;
  return {
    counted: {
      passed: all.length - running - failing.length,
      failed: failing.length,
      pending: running,
      failing: failing
        .map(({ name }) => cleanLine(name).slice(0, 200))
        .filter((name) => name !== '')
        .slice(0, 20),
    },
    failing: failing.map(({ id, name, description }) => ({ id, name, said: description ?? '' })),
  };
};

/** What jobs that failed said: the ends of their logs. All of it is data. */
export const failureOf = async (gitlab: GitLab, failing: readonly FailedJob[]): Promise<ChecksFailed> => {
  const told: ToldCheck[] = [];
  for (const { id, name, said } of failing.slice(0, mostToldChecks)) {
    const log = await jobLog(gitlab, id);
    const parts = [said.trim(), log === null ? '' : logEnd(log)];
    told.push({ name, said: parts.filter((part) => part !== '').join('\n\n') });
  }
  return {
    reason: failureReason(
      failing.map(({ name }) => name),
      told,
    ),
    comments: [],
  };
};

/** The end of what a job printed; null: it cannot be had, such as of what another system told. */
const jobLog = async ({ jobs, project }: GitLab, id: number): Promise<string | null> => {
  try {
    const log: unknown = await jobs.showLog(project, id);
    return typeof log === 'string' && log !== '' ? log.replaceAll(marks, '') : null;
  } catch {
    return null;
  }
};

/** Where sections begin and end, colours, and when a line was printed: docs.gitlab.com/ci/jobs/job_logs. */
// oxlint-disable-next-line no-control-regex -- that is what colours are
const marks = /section_(?:start|end):\d+:[^\r\n]*\r|\u001b\[[0-9;]*[A-Za-z]|^\d{4}-\d\d-\d\dT[\d:.]+Z \d\d[OE][ +]/gm;
