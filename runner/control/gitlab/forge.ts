import { z } from 'zod';
import { cleanLine } from '../../../shared/text/clean.ts';
import { Trouble } from '../../../shared/trouble.ts';
import type { GitLabToken } from '../../machine/config/remote-config.ts';
import type { Forge } from '../forges/forge.ts';
import { failureText } from '../forges/texts.ts';
import { publishBranch } from './branch.ts';
import { checksOf, failureOf } from './checks.ts';
import { gitLabTrouble, openGitLab } from './client.ts';
import { lookAt } from './look.ts';
import { mayWrite } from './may-write.ts';
import { publishMergeRequest } from './merge-request.ts';
import { addressOf, publishNote, say } from './say.ts';
import { branchOf, subjectText } from './subject.ts';

/** GitLab's API for the project in the URL. */
export const gitLabForge = (
  access: GitLabToken,
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Forge => {
  const open = (signal: AbortSignal) => openGitLab(access, url, { env, signal });
  return {
    name: 'GitLab',
    addressOf,
    publishBranch: async (effect, { signal, ...given }) =>
      readably(async () => publishBranch(effect, { ...given, gitlab: await open(signal) })),
    publishPullRequest: async (effect, { signal, body }) =>
      readably(async () => publishMergeRequest(effect, { gitlab: await open(signal), body })),
    comment: async (number, { signal, ...given }) =>
      readably(async () => publishNote({ kind: 'pull request', number }, { ...given, gitlab: await open(signal) })),
    reply: null,
    check: null,
    say: async (effect, { signal, ...given }) =>
      readably(async () => say(effect, { ...given, gitlab: await open(signal) })),
    look: async ({ signal, ...given }) =>
      said(`how merge request ${given.number} stands`, async () => lookAt({ ...given, gitlab: await open(signal) })),
    subject: async (on, signal) =>
      said(`what ${on.kind === 'issue' ? 'issue' : 'merge request'} ${on.number} is`, async () =>
        subjectText(await open(signal), on),
      ),
    mayWrite: async (login, signal) =>
      said(`who ${cleanLine(login)} is`, async () => mayWrite(await open(signal), login)),
    branchOf: async (number, signal) =>
      said(`what merge request ${number} is`, async () => branchOf(await open(signal), number)),
    remarksOf: null,
    untold: [
      'review-submitted',
      'release-published',
      'dependabot-alert',
      'code-scanning-alert',
      'secret-scanning-alert',
    ],
    failureAt: async (commit, signal) =>
      said(`which jobs of ${commit.slice(0, 12)} failed`, async () => {
        const gitlab = await open(signal);
        const { failing } = await checksOf(gitlab, commit);
        return failing.length === 0 ? '' : failureText(await failureOf(gitlab, failing));
      }),
  };
};

/** An answer that is not as GitLab's documentation has it is told as such. Throws Trouble. */
const readably = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
  try {
    return await ask();
  } catch (error) {
    const unreadable = error instanceof Error && error.cause instanceof z.ZodError ? error.cause : error;
    if (!(unreadable instanceof z.ZodError)) throw error;
    throw new Trouble(`What GitLab says cannot be read (${z.prettifyError(unreadable)}).`, {
      remedy: 'Check apiUrl (remotes in config.yaml), and whether that server’s API is GitLab’s.',
      cause: error,
    });
  }
};

/** `what` completes "GitLab did not say …". */
const said = async <Answer>(what: string, ask: () => Promise<Answer>): Promise<Answer> =>
  readably(async () => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof z.ZodError) throw error;
      throw gitLabTrouble(`say ${what}`, error);
    }
  });
