import type { EffectResult } from '../../../shared/run/effect.ts';
import { webUrl } from '../forges/texts.ts';
import { gitHubTrouble, limited, type Octokit } from './octokit.ts';
import type { GitHubRepository } from './repository.ts';

interface LabelsGiven {
  readonly octokit: Octokit;
  readonly repository: GitHubRepository;
  /** Of the issue or the pull request. */
  readonly number: number;
  readonly labels: readonly string[];
}

/** Adds labels; those that are there stay, and what is there already is not added. Throws EffectTrouble. */
export const publishLabels = async ({ octokit, repository, number, labels }: LabelsGiven): Promise<EffectResult> => {
  const { issues } = octokit.rest;
  const issue = { ...repository, issue_number: number };
  try {
    const { data } = await issues.get({ ...issue, request: limited() });
    // GitHub's labels are one whatever their case.
    const there = new Set(data.labels.map((label) => nameOf(label).toLowerCase()));
    const missing = labels.filter((label) => !there.has(label.toLowerCase()));
    if (missing.length > 0) await issues.addLabels({ ...issue, labels: missing, request: limited() });
    return { reference: String(number), url: webUrl(data.html_url), adopted: missing.length === 0, notes: [] };
  } catch (error) {
    throw gitHubTrouble(`label ${number}`, error);
  }
};

const nameOf = (label: string | { readonly name?: string | null | undefined }): string =>
  typeof label === 'string' ? label : (label.name ?? '');
