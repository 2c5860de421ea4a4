import { z } from 'zod';
import { longestOutsideText, type OutsideEvent } from '../../../shared/recipe/outside-event.ts';
import type { GitHubEventKind } from '../../../shared/recipe/trigger.ts';
import { clean, cleanLine } from '../../../shared/text/clean.ts';
import type { Delivered } from '../forges/delivered.ts';
import { commandIn, isOfRun, webUrl } from '../forges/texts.ts';
import { isBot } from './may-write.ts';

/** docs.gitlab.com/user/project/integrations/webhook_events: events after which a merge request may stand otherwise. */
const ofMergeRequests: ReadonlySet<string> = new Set(['Merge Request Hook', 'Note Hook', 'Pipeline Hook', 'Job Hook']);

/** What GitLab tells with a webhook, by the event's name (`X-Gitlab-Event`) and its payload as it was parsed. What is confidential there is not heard. */
export const deliveredBy = (name: string, payload: unknown): Delivered => {
  const unreadable = (what: string): Delivered => ({
    outcome: 'unreadable',
    why: `The payload of ${cleanLine(name).slice(0, 100)} ${what}.`,
  });
  const parsed = Payload.safeParse(payload);
  if (!parsed.success) return unreadable('cannot be read');
  const told = parsed.data;
  const repository = told.project?.web_url ?? null;
  const news =
    ofMergeRequests.has(name) && repository !== null ? { repository, pullRequests: mergeRequestsOf(name, told) } : null;
  const about = repository === null ? [] : aboutOf(name, told);
  if (repository === null || about.length === 0) return { outcome: 'nothing', news };
  const login = told.user?.username ?? told.user_username ?? null;
  if (login === null) return unreadable('does not say who did it');
  const at = about[0]?.at ?? null;
  const happenedAt = at === null ? null : Date.parse(at);
  if (happenedAt !== null && Number.isNaN(happenedAt)) return unreadable('does not say when it happened');
  const actor = { login: login.slice(0, 200), isBot: isBot(login) };
  return { outcome: 'events', news, happenedAt, events: about.map((each) => eventOf(each, { repository, actor })) };
};

const mergeRequestsOf = (name: string, { merge_request, object_attributes }: Payload): readonly number[] => {
  const own = name === 'Merge Request Hook' ? object_attributes?.iid : merge_request?.iid;
  return own == null ? [] : [own];
};

const eventOf = (
  { kind, value, subject, url, title, text, branch, commit, pullRequest, issue }: About,
  { repository, actor }: { readonly repository: string; readonly actor: OutsideEvent['actor'] },
): OutsideEvent & { readonly repository: string } => ({
  // As a trigger has it, wherever its repository is.
  source: 'github',
  repository,
  tenant: null,
  actor,
  kind,
  value: value?.slice(0, 300) ?? null,
  subject: cleanLine(subject).slice(0, 200),
  url: webUrl(url ?? ''),
  title: cleanLine(title).slice(0, 500),
  text: clean(text).trim().slice(0, longestOutsideText),
  branch: branch ?? null,
  commit: commit ?? null,
  pullRequest: pullRequest ?? null,
  issue: issue ?? null,
  // It tells of none.
  review: null,
});

const Text = z.string().nullish().catch(null);
const Number_ = z.int().positive();
const Named = z.array(z.object({ title: Text, username: Text }));
const Change = z.object({ previous: Named.nullish().catch(null), current: Named.nullish().catch(null) });
const Thread = z.object({ iid: Number_, title: Text, description: Text }).nullish().catch(null);

/** As much as is read of GitLab's payloads. What is not as its documentation has it is passed over, where the rest makes sense. */
const Payload = z.object({
  project: z.object({ web_url: z.url({ protocol: /^https?$/ }) }).nullish(),
  user: z
    .object({ username: z.string().min(1) })
    .nullish()
    .catch(null),
  user_username: z.string().min(1).nullish().catch(null),
  object_attributes: z
    .object({
      iid: Number_.nullish().catch(null),
      title: Text,
      description: Text,
      url: Text,
      action: Text,
      type: Text,
      created_at: Text,
      updated_at: Text,
      finished_at: Text,
      note: Text,
      noteable_type: Text,
      system: z.boolean().nullish().catch(null),
      position: z
        .object({ new_path: Text, new_line: Number_.nullish().catch(null) })
        .nullish()
        .catch(null),
      ref: Text,
      tag: z.boolean().nullish().catch(null),
      sha: Text,
      status: Text,
    })
    .nullish()
    .catch(null),
  labels: Named.nullish().catch(null),
  assignees: Named.nullish().catch(null),
  changes: z
    .object({ labels: Change.nullish().catch(null), assignees: Change.nullish().catch(null) })
    .nullish()
    .catch(null),
  issue: Thread,
  merge_request: z
    .object({
      iid: Number_,
      title: Text,
      description: Text,
      source_project_id: z.int().nullish().catch(null),
      target_project_id: z.int().nullish().catch(null),
    })
    .nullish()
    .catch(null),
  commit: z.object({ message: Text }).nullish().catch(null),
  ref: Text,
  after: Text,
  commits: z
    .array(z.object({ id: z.string(), message: z.string() }))
    .nullish()
    .catch(null),
});
type Payload = z.infer<typeof Payload>;

interface About {
  readonly kind: GitHubEventKind;
  readonly value: string | null;
  readonly subject: string;
  readonly url: string | null | undefined;
  readonly title: string;
  readonly text: string;
  /** As GitLab writes it: `2026-01-31 12:00:00 UTC`, or ISO. Null: it does not say. */
  readonly at: string | null;
  readonly branch?: string;
  readonly commit?: string | null | undefined;
  readonly pullRequest?: number | null;
  readonly issue?: number | null;
}

/** None: nothing that a trigger waits for. One edit of an issue can be several. */
const aboutOf = (name: string, told: Payload): readonly About[] => {
  switch (name) {
    case 'Issue Hook':
      return ofIssue(told);
    case 'Note Hook':
      return ofNote(told);
    case 'Pipeline Hook':
      return ofPipeline(told);
    case 'Push Hook':
      return ofPush(told);
    default:
      return [];
  }
};

const added = (
  of: 'title' | 'username',
  {
    previous,
    current,
  }: {
    readonly previous?: z.infer<typeof Named> | null | undefined;
    readonly current?: z.infer<typeof Named> | null | undefined;
  },
): readonly string[] => {
  const before = new Set((previous ?? []).map((each) => each[of]));
  return (current ?? []).flatMap((each) => (each[of] == null || before.has(each[of]) ? [] : [each[of]]));
};

const ofIssue = ({ object_attributes: issue, labels, assignees, changes }: Payload): readonly About[] => {
  if (issue?.iid == null) return [];
  const about = {
    subject: `issue ${issue.iid}`,
    url: issue.url,
    title: issue.title ?? '',
    text: issue.description ?? '',
    at: issue.updated_at ?? '',
    issue: issue.iid,
  };
  const isOpened = issue.action === 'open';
  // What a run itself has opened begins no other: with a person's token it is that person's.
  if (isOpened && isOfRun(issue.description)) return [];
  if (!isOpened && issue.action !== 'update') return [];
  const labelled = added('title', isOpened ? { current: labels } : (changes?.labels ?? {}));
  const assigned = added('username', isOpened ? { current: assignees } : (changes?.assignees ?? {}));
  return [
    ...(isOpened ? [{ kind: 'issue-opened', value: null, ...about } as const] : []),
    ...labelled.map((value) => ({ kind: 'issue-labeled', value, ...about }) as const),
    ...assigned.map((value) => ({ kind: 'issue-assigned', value, ...about }) as const),
  ];
};

const ofNote = ({ object_attributes: note, issue, merge_request: mr }: Payload): readonly About[] => {
  const body = note?.note ?? '';
  const said = commandIn(body);
  const thread = { Issue: issue, MergeRequest: mr }[note?.noteable_type ?? ''];
  // Before 16.11 it did not say so, and told of new ones alone.
  const isNew = (note?.action ?? 'create') === 'create' && note?.system !== true;
  if (note == null || thread == null || said === null || !isNew || isOfRun(body)) return [];
  const isIssue = note.noteable_type === 'Issue';
  const what = isIssue ? 'issue' : 'merge request';
  const { new_path: path, new_line: line } = note.position ?? {};
  const where = path == null ? '' : `On ${path}${line == null ? '' : `:${line}`}:\n`;
  return [
    {
      kind: 'comment',
      value: said.command,
      subject: `a comment on ${what} ${thread.iid}`,
      url: note.url,
      title: thread.title ?? '',
      text: `${where}${said.rest}\n\nThe ${what} says:\n${thread.description ?? ''}`,
      at: note.created_at ?? '',
      pullRequest: isIssue ? null : thread.iid,
      issue: isIssue ? thread.iid : null,
    },
  ];
};

/** A pipeline is to GitLab what checks and a workflow are to a trigger. */
const ofPipeline = ({ object_attributes: pipeline, merge_request: mr, commit }: Payload): readonly About[] => {
  const { ref, sha, status, tag } = pipeline ?? {};
  if (pipeline == null || ref == null || status !== 'failed' || tag === true || ref.startsWith('refs/')) return [];
  // What a fork's code does is no event of this project.
  if (mr != null && mr.source_project_id !== mr.target_project_id) return [];
  return (['checks-failed', 'workflow-failed'] as const).map((kind) => ({
    kind,
    value: ref,
    subject: `a pipeline that failed on ${ref}`,
    url: pipeline.url,
    title: `A pipeline on ${ref}`,
    text: `Commit ${sha ?? ''}: ${commit?.message ?? ''}`,
    at: pipeline.finished_at ?? '',
    branch: ref,
    commit: sha,
  }));
};

const ofPush = ({ ref, after, commits }: Payload): readonly About[] => {
  const branch = /^refs\/heads\/(.+)$/s.exec(ref ?? '')?.[1];
  if (branch === undefined || /^0*$/.test(after ?? '')) return [];
  const first = (message: string): string => message.split('\n')[0] ?? '';
  const all = commits ?? [];
  return [
    {
      kind: 'push',
      value: branch,
      subject: `a push to ${branch}`,
      url: null,
      title: first(all.at(-1)?.message ?? ''),
      text: all.map(({ id, message }) => `${id.slice(0, 12)} ${first(message)}`).join('\n'),
      // It does not say when.
      at: null,
      branch,
    },
  ];
};
