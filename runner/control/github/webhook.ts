import type { z } from 'zod';
import { longestOutsideText } from '../../../shared/recipe/outside-event.ts';
import type { GitHubEventKind } from '../../../shared/recipe/trigger.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import type { Delivered } from '../forges/delivered.ts';
import { commandIn, isOfRun, textOf, webUrl } from '../forges/texts.ts';
import { Payload, type Failed, type Sender } from './webhook-payload.ts';

/** docs.github.com/webhooks: events after which a pull request may stand otherwise. */
const ofPullRequests: ReadonlySet<string> = new Set([
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'check_run',
  'check_suite',
  'status',
  'workflow_run',
]);

const pullRequestsOf = ({ pull_request, check_run, check_suite, workflow_run }: Payload): readonly number[] =>
  [pull_request, ...[check_run, check_suite, workflow_run].flatMap((checked) => checked?.pull_requests ?? [])].flatMap(
    (each) => (each == null ? [] : [each.number]),
  );

/** What GitHub tells with a webhook, by the event's name (`X-GitHub-Event`) and its payload as it was parsed. */
export const deliveredBy = (name: string, payload: unknown): Delivered => {
  const parsed = Payload.safeParse(payload);
  if (!parsed.success)
    return { outcome: 'unreadable', why: `The payload of ${cleanLine(name).slice(0, 100)} cannot be read.` };
  const told = parsed.data;
  const repository = told.repository?.html_url ?? null;
  const news =
    ofPullRequests.has(name) && repository !== null ? { repository, pullRequests: pullRequestsOf(told) } : null;
  const about = told.repository == null ? null : aboutOf(name, told);
  if (about === null || told.repository == null) return { outcome: 'nothing', news };
  const { at, ...rest } = about;
  const { sender } = told;
  const unreadable = (what: string): Delivered => ({
    outcome: 'unreadable',
    why: `The payload of ${cleanLine(name).slice(0, 100)} does not say ${what}.`,
  });
  const isOwnWord = rest.actor === null;
  // Only an alert is nobody's: that nobody can be read is not that nobody did it.
  if (!isOwnWord && sender == null) return unreadable('who did it');
  const happenedAt = at === null ? Number.NaN : Date.parse(at);
  if (!isOwnWord && Number.isNaN(happenedAt)) return unreadable('when it happened');
  return {
    outcome: 'events',
    news,
    happenedAt: Number.isNaN(happenedAt) ? null : happenedAt,
    events: [
      {
        source: 'github',
        repository: told.repository.html_url,
        tenant: null,
        actor: sender == null || isOwnWord ? null : { login: sender.login.slice(0, 200), isBot: isBot(sender) },
        kind: rest.kind,
        value: rest.value?.slice(0, 300) ?? null,
        subject: cleanLine(rest.subject).slice(0, 200),
        url: webUrl(rest.url ?? ''),
        title: cleanLine(rest.title).slice(0, 500),
        text: clean(rest.text).trim().slice(0, longestOutsideText),
        branch: rest.branch ?? null,
        commit: rest.commit ?? null,
        pullRequest: rest.pullRequest ?? null,
        issue: rest.issue ?? null,
        review: rest.review ?? null,
      },
    ],
  };
};

const isBot = ({ login, type }: z.infer<typeof Sender>): boolean => type !== 'User' || login.endsWith('[bot]');

interface About {
  readonly kind: GitHubEventKind;
  readonly value: string | null;
  readonly subject: string;
  readonly url: string | null | undefined;
  readonly title: string;
  readonly text: string;
  /** ISO. */
  readonly at: string | null;
  /** Null: GitHub says it of its own accord, whoever it names. */
  readonly actor?: null;
  readonly branch?: string | null | undefined;
  readonly commit?: string | null | undefined;
  readonly pullRequest?: number | null;
  readonly issue?: number | null;
  readonly review?: number;
}

/** Null: nothing that a trigger waits for. */
const aboutOf = (name: string, told: Payload): About | null => {
  switch (name) {
    case 'issues':
      return ofIssue(told);
    case 'issue_comment':
    case 'pull_request_review_comment':
      return ofComment(told);
    case 'pull_request_review':
      return ofReview(told);
    case 'check_suite':
      return ofFailed('checks-failed', told, told.check_suite);
    case 'workflow_run':
      return ofFailed('workflow-failed', told, told.workflow_run);
    case 'push':
      return ofPush(told);
    case 'release':
      return ofRelease(told);
    case 'dependabot_alert':
      return ofAlert('dependabot-alert', told);
    case 'code_scanning_alert':
      return ofAlert('code-scanning-alert', told);
    case 'secret_scanning_alert':
      return ofAlert('secret-scanning-alert', told);
    default:
      return null;
  }
};

const ofIssue = ({ action, issue, label, assignee }: Payload): About | null => {
  if (issue == null) return null;
  const about = {
    subject: `issue ${issue.number}`,
    url: issue.html_url,
    title: issue.title ?? '',
    text: issue.body ?? '',
    at: issue.updated_at ?? null,
    issue: issue.number,
  };
  // What a run itself has opened begins no other: with a person's token it is that person's.
  if (action === 'opened') return isOfRun(issue.body) ? null : { kind: 'issue-opened', value: null, ...about };
  if (action === 'labeled' && label != null) return { kind: 'issue-labeled', value: label.name, ...about };
  if (action === 'assigned' && assignee != null) return { kind: 'issue-assigned', value: assignee.login, ...about };
  return null;
};

const ofComment = ({ action, comment, issue, pull_request: pull }: Payload): About | null => {
  const body = comment?.body ?? '';
  const said = commandIn(body);
  const thread = issue ?? pull;
  if (action !== 'created' || isOfRun(body) || said === null || comment == null || thread == null) return null;
  const isPull = pull != null || issue?.pull_request !== undefined;
  const where = comment.path == null ? '' : `On ${comment.path}${comment.line == null ? '' : `:${comment.line}`}:\n`;
  const hunk = comment.diff_hunk == null ? '' : `\n\n${comment.diff_hunk}`;
  return {
    kind: 'comment',
    value: said.command,
    subject: `a comment on ${isPull ? 'pull request' : 'issue'} ${thread.number}`,
    url: comment.html_url,
    title: thread.title ?? '',
    text: `${where}${said.rest}${hunk}\n\n${isPull ? 'The pull request' : 'The issue'} says:\n${thread.body ?? ''}`,
    at: comment.updated_at ?? null,
    pullRequest: isPull ? thread.number : null,
    issue: isPull ? null : thread.number,
  };
};

/** Of what is said of the pull request itself, so that the review has the rest. */
const longestDescription = 4_000;

/** Its remarks on lines are not told with it. */
const ofReview = ({ action, review, pull_request: pull }: Payload): About | null => {
  if (action !== 'submitted' || review == null || pull == null || isOfRun(review.body)) return null;
  if (review.state?.toLowerCase() !== 'changes_requested') return null;
  const said = textOf(review.body ?? '');
  const described = clean(pull.body ?? '').slice(0, longestDescription);
  return {
    kind: 'review-submitted',
    value: 'changes-requested',
    subject: `a review of pull request ${pull.number}`,
    url: review.html_url,
    title: pull.title ?? '',
    text: `${said === '' ? 'The review asks for changes.' : said}

The pull request says:
${described}`,
    at: review.submitted_at ?? null,
    pullRequest: pull.number,
    review: review.id,
  };
};

/** docs.github.com/rest/checks/suites: conclusions of what went wrong. */
const bad: ReadonlySet<string> = new Set(['failure', 'timed_out', 'startup_failure']);

const ofFailed = (
  kind: 'checks-failed' | 'workflow-failed',
  { action, repository }: Payload,
  failed: z.infer<typeof Failed> | null | undefined,
): About | null => {
  if (action !== 'completed' || failed?.head_branch == null || !bad.has(failed.conclusion ?? '')) return null;
  // What a fork's code does is no event of this repository.
  const from = failed.head_repository?.full_name;
  if (from != null && from !== repository?.full_name) return null;
  const what = failed.name ?? failed.app?.name ?? '';
  return {
    kind,
    value: failed.head_branch,
    subject: `${kind === 'checks-failed' ? 'checks that failed' : 'a workflow that failed'} on ${failed.head_branch}`,
    url: failed.html_url,
    title: what === '' ? failed.head_branch : `${what} on ${failed.head_branch}`,
    text: `Commit ${failed.head_sha ?? ''}: ${failed.head_commit?.message ?? ''}`,
    at: failed.updated_at ?? null,
    branch: failed.head_branch,
    commit: failed.head_sha,
  };
};

const ofPush = ({ ref, deleted, commits, compare, repository }: Payload): About | null => {
  const branch = /^refs\/heads\/(.+)$/s.exec(ref ?? '')?.[1];
  if (branch === undefined || deleted === true) return null;
  const first = (message: string): string => message.split('\n')[0] ?? '';
  const all = commits ?? [];
  // Seconds since the epoch, in this event alone.
  const pushed = typeof repository?.pushed_at === 'number' ? new Date(repository.pushed_at * 1000).toISOString() : null;
  return {
    kind: 'push',
    value: branch,
    subject: `a push to ${branch}`,
    url: compare,
    title: first(all.at(-1)?.message ?? ''),
    text: all.map(({ id, message }) => `${id.slice(0, 12)} ${first(message)}`).join('\n'),
    at: pushed,
    branch,
  };
};

const ofRelease = ({ action, release }: Payload): About | null =>
  action !== 'published' || release == null
    ? null
    : {
        kind: 'release-published',
        value: null,
        subject: `release ${release.tag_name}`,
        url: release.html_url,
        title: release.name ?? release.tag_name,
        text: release.body ?? '',
        at: release.published_at ?? null,
      };

const ofAlert = (kind: Extract<GitHubEventKind, `${string}-alert`>, { action, alert }: Payload): About | null => {
  if (alert == null || !['created', 'reopened', 'reintroduced'].includes(action ?? '')) return null;
  const { security_advisory: advisory, security_vulnerability: vulnerable, rule, tool } = alert;
  const lines = [
    ['Severity', advisory?.severity ?? rule?.severity],
    ['Package', vulnerable?.package?.name],
    ['Affected', vulnerable?.vulnerable_version_range],
    ['Mended in', vulnerable?.first_patched_version?.identifier],
    ['Manifest', alert.dependency?.manifest_path],
    ['Advisory', [advisory?.ghsa_id, advisory?.cve_id].filter((id) => id != null).join(', ')],
    ['Tool', tool?.name],
    ['Kind of secret', alert.secret_type],
  ].flatMap(([name, value]) => (value == null || value === '' ? [] : [`${name}: ${value}`]));
  return {
    kind,
    value: null,
    subject: `${kind.replace(/-alert$/, '').replace('-', ' ')} alert ${alert.number}`,
    url: alert.html_url,
    title: advisory?.summary ?? rule?.description ?? alert.secret_type ?? '',
    text: [lines.join('\n'), advisory?.description ?? ''].join('\n\n'),
    at: alert.updated_at ?? alert.created_at ?? null,
    actor: null,
  };
};
