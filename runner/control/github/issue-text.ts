import { longestOutsideText } from '../../../shared/recipe/outside-event.ts';
import type { Subject } from '../../../shared/run/output.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import type { SubjectText } from '../forges/forge.ts';
import type { OpenGitHub } from './access.ts';
import { webUrl } from '../forges/texts.ts';
import { gitHubTrouble, limited } from './octokit.ts';

/** What an issue or a pull request says, as whoever opened it wrote it, and which of the two it is, whatever it was named. Throws Trouble. */
export const issueText = async (
  github: OpenGitHub,
  { kind, number }: Pick<Subject, 'kind' | 'number'>,
  signal: AbortSignal,
): Promise<SubjectText> => {
  const { octokit, repository } = await github(
    kind === 'issue' ? { issues: 'read' } : { pull_requests: 'read' },
    signal,
  );
  try {
    const { data } = await octokit.rest.issues.get({ ...repository, issue_number: number, request: limited() });
    const is = data.pull_request == null ? 'issue' : 'pull request';
    return {
      kind: is,
      event: {
        subject: `${is} ${number}`,
        actor: data.user === null ? null : { login: cleanLine(data.user.login).slice(0, 200), isBot: false },
        url: webUrl(data.html_url),
        title: cleanLine(data.title).slice(0, 500),
        text: clean(data.body ?? '')
          .trim()
          .slice(0, longestOutsideText),
      },
    };
  } catch (error) {
    throw gitHubTrouble(`show ${kind} ${number}`, error);
  }
};
