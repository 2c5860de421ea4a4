import type { Effect, EffectResult } from '../../../shared/run/effect.ts';
import { webUrl } from '../forges/texts.ts';
import { gitHubTrouble, limited, statusOf, type Octokit } from './octokit.ts';
import type { GitHubRepository } from './repository.ts';

type PullRequestEffect = Extract<Effect, { kind: 'pull request' }>;

interface PullRequestGiven {
  readonly octokit: Octokit;
  readonly repository: GitHubRepository;
  /** Markdown. */
  readonly body: string;
}

/**
 * Opens a pull request, or brings the one that is open from this branch up to date: an earlier round's, or one whose answer did not come.
 * Throws EffectTrouble.
 */
export const publishPullRequest = async (effect: PullRequestEffect, given: PullRequestGiven): Promise<EffectResult> => {
  const { octokit, repository, body } = given;
  const { branch, into, title, draft } = effect;
  const { pulls } = octokit.rest;
  const find = async (): Promise<Found | null> => {
    const { data } = await pulls.list({
      ...repository,
      head: `${repository.owner}:${branch}`,
      base: into,
      state: 'open',
      request: limited(),
    });
    return data.find(({ head, base }) => head.ref === branch && base.ref === into) ?? null;
  };
  const update = async ({ number, html_url, title: has, body: says }: Found): Promise<EffectResult> => {
    if (has !== title || says !== body)
      await pulls.update({ ...repository, pull_number: number, title, body, request: limited() });
    return { reference: String(number), url: webUrl(html_url), adopted: true, notes: [] };
  };
  const open = async (asDraft: boolean): Promise<EffectResult> => {
    const { data } = await pulls.create({
      ...repository,
      head: branch,
      base: into,
      title,
      body,
      draft: asDraft,
      request: limited(),
    });
    const notes = draft && !asDraft ? ['It is no draft: this repository cannot have any.'] : [];
    return { reference: String(data.number), url: webUrl(data.html_url), adopted: false, notes };
  };
  try {
    const there = await find();
    if (there !== null) return await update(there);
    return await open(draft).catch(async (error: unknown) => {
      if (statusOf(error) !== 422) throw error;
      // Somebody was faster, or drafts are not to be had: GitHub says 422 of both.
      const meanwhile = await find();
      if (meanwhile !== null) return update(meanwhile);
      if (!draft) throw error;
      return open(false);
    });
  } catch (error) {
    throw gitHubTrouble(`open a pull request from ${branch} into ${into}`, error);
  }
};

interface Found {
  readonly number: number;
  readonly html_url: string;
  readonly title: string;
  readonly body: string | null;
}
