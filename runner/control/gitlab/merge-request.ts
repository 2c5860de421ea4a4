import { z } from 'zod';
import type { Effect, EffectResult } from '../../../shared/run/effect.ts';
import { webUrl } from '../forges/texts.ts';
import { gitLabTrouble, statusOf, type GitLab } from './client.ts';
import { inert } from './words.ts';

type PullRequestEffect = Extract<Effect, { kind: 'pull request' }>;

const Found = z.object({
  iid: z.int().positive(),
  web_url: z.string(),
  title: z.string(),
  description: z.string().nullish(),
  draft: z.boolean().catch(false),
  source_branch: z.string(),
  target_branch: z.string(),
  source_project_id: z.int(),
  target_project_id: z.int(),
});
type Found = z.infer<typeof Found>;

/** With it a merge request is a draft. */
const draftPrefix = 'Draft: ';

/**
 * Opens a merge request, or brings the one that is open from this branch up to date: an earlier round's, or one whose answer did not come. Whether that
 * is a draft stays as it is. Throws EffectTrouble.
 */
export const publishMergeRequest = async (
  { branch, into, title, draft }: PullRequestEffect,
  { gitlab, body }: { readonly gitlab: GitLab; readonly body: string },
): Promise<EffectResult> => {
  const { mergeRequests, project } = gitlab;
  const description = inert(body);
  const find = async (): Promise<Found | null> => {
    const all = await mergeRequests.all({
      projectId: project,
      sourceBranch: branch,
      targetBranch: into,
      state: 'opened',
      perPage: 100,
      page: 1,
    });
    // A fork's branch may have the same name.
    const isOwn = (each: Found): boolean =>
      each.source_branch === branch && each.target_branch === into && each.source_project_id === each.target_project_id;
    return z.array(Found).parse(all).find(isOwn) ?? null;
  };
  const update = async (there: Found): Promise<EffectResult> => {
    const wanted = there.draft ? `${draftPrefix}${title}` : title;
    if (there.title !== wanted || there.description !== description)
      await mergeRequests.edit(project, there.iid, { title: wanted, description });
    return { reference: String(there.iid), url: webUrl(there.web_url), adopted: true, notes: [] };
  };
  try {
    const there = await find();
    if (there !== null) return await update(there);
    try {
      const named = draft ? `${draftPrefix}${title}` : title;
      const made = Found.parse(await mergeRequests.create(project, branch, into, named, { description }));
      return { reference: String(made.iid), url: webUrl(made.web_url), adopted: false, notes: [] };
    } catch (error) {
      // Somebody was faster: there is one open from a branch into another.
      const meanwhile = statusOf(error) === 409 ? await find() : null;
      if (meanwhile === null) throw error;
      return await update(meanwhile);
    }
  } catch (error) {
    throw gitLabTrouble(`open a merge request from ${branch} into ${into}`, error);
  }
};
