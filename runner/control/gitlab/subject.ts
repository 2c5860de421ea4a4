import { z } from 'zod';
import { longestOutsideText } from '../../../shared/recipe/outside-event.ts';
import type { Subject } from '../../../shared/run/output.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import type { BranchOfPullRequest, SubjectText } from '../forges/forge.ts';
import { webUrl } from '../forges/texts.ts';
import type { GitLab } from './client.ts';

const Told = z.object({
  title: z.string(),
  description: z.string().nullish(),
  web_url: z.string(),
  author: z.object({ username: z.string() }).nullish(),
});

/** What an issue or a merge request says. */
export const subjectText = async (
  { issues, mergeRequests, project }: GitLab,
  { kind, number }: Pick<Subject, 'kind' | 'number'>,
): Promise<SubjectText> => {
  const told = Told.parse(
    kind === 'issue' ? await issues.show(number, { projectId: project }) : await mergeRequests.show(project, number),
  );
  return {
    kind,
    event: {
      subject: `${kind === 'issue' ? 'issue' : 'merge request'} ${number}`,
      actor: told.author == null ? null : { login: cleanLine(told.author.username).slice(0, 200), isBot: false },
      url: webUrl(told.web_url),
      title: cleanLine(told.title).slice(0, 500),
      text: clean(told.description ?? '')
        .trim()
        .slice(0, longestOutsideText),
    },
  };
};

const Source = z.object({
  state: z.string(),
  source_branch: z.string().min(1),
  source_project_id: z.int(),
  target_project_id: z.int(),
});

/** A run works on the merge request's branch, where that is one of the project's own. */
export const branchOf = async ({ mergeRequests, project }: GitLab, number: number): Promise<BranchOfPullRequest> => {
  const mr = Source.parse(await mergeRequests.show(project, number));
  if (mr.source_project_id !== mr.target_project_id)
    return { outcome: 'refused', why: `Merge request ${number} is a fork's: what forks bring begins no runs.` };
  if (mr.state !== 'opened') return { outcome: 'refused', why: `Merge request ${number} is ${cleanLine(mr.state)}.` };
  return { outcome: 'branch', branch: mr.source_branch };
};
