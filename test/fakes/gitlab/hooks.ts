import type {
  WebhookIssueEventSchema,
  WebhookIssueNoteEventSchema,
  WebhookMergeRequestEventSchema,
  WebhookPipelineEventSchema,
  WebhookPushEventSchema,
} from '@gitbeaker/rest';
import type { Issue, Job, MergeRequest, Note, Person } from './world.ts';

/** What is told by a webhook: its `X-Gitlab-Event`, and as much of its payload as anybody here reads. */
export interface Hook {
  readonly name: string;
  readonly payload: object;
}

type Part<Whole> = Whole extends readonly (infer Item)[]
  ? readonly Part<Item>[]
  : Whole extends object
    ? { readonly [Key in keyof Whole]?: Part<Whole[Key]> }
    : Whole;

/** As GitLab writes times in payloads. */
const timeOf = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

/** Of a project, such as `https://gitlab.com/acme/shop`. */
export const hooksOf = (webUrl: string) => {
  const common = ({ username, id }: Person) => ({
    user: { id, username, name: username },
    project: { id: 1, web_url: webUrl, path_with_namespace: 'acme/tools/shop', default_branch: 'main' },
  });
  const titled = (labels: readonly string[]) => labels.map((title) => ({ title }));
  const named = (people: readonly Person[]) => people.map(({ username }) => ({ username }));

  const issue = (
    of: Issue,
    {
      by,
      action,
      before,
    }: {
      readonly by: Person;
      readonly action: 'open' | 'update';
      readonly before: Pick<Issue, 'labels' | 'assignees'>;
    },
  ): Hook => {
    const changes = {
      labels: { previous: titled(before.labels), current: titled(of.labels) },
      assignees: { previous: named(before.assignees), current: named(of.assignees) },
    };
    const payload = {
      object_kind: 'issue',
      event_type: 'issue',
      ...common(by),
      object_attributes: {
        iid: of.iid,
        title: of.title,
        description: of.description,
        url: `${webUrl}/-/issues/${of.iid}`,
        action,
        updated_at: timeOf(of.updatedAt),
      },
      labels: titled(of.labels),
      assignees: named(of.assignees),
      changes: action === 'open' ? {} : changes,
    } satisfies Part<WebhookIssueEventSchema> & { readonly changes: object };
    return { name: 'Issue Hook', payload };
  };

  const note = (on: Issue | MergeRequest, { id, body, author, at, on: line, system }: Note): Hook => {
    const isIssue = on.kind === 'issue';
    const thread = { iid: on.iid, title: on.title, description: on.description };
    const payload = {
      object_kind: 'note',
      event_type: 'note',
      ...common(author),
      object_attributes: {
        id,
        note: body,
        noteable_type: isIssue ? 'Issue' : 'MergeRequest',
        action: 'create',
        system,
        created_at: timeOf(at),
        url: `${webUrl}/-/${isIssue ? 'issues' : 'merge_requests'}/${on.iid}#note_${id}`,
        ...(line !== null && { position: { new_path: line.path, new_line: line.line } }),
      },
      ...(isIssue ? { issue: thread } : { merge_request: thread }),
    } satisfies Omit<Part<WebhookIssueNoteEventSchema>, 'object_attributes'> & {
      readonly object_attributes: Part<WebhookIssueNoteEventSchema['object_attributes']> & { readonly action: string };
    };
    return { name: 'Note Hook', payload };
  };

  const mergeRequest = (of: MergeRequest, by: Person): Hook => {
    const payload = {
      object_kind: 'merge_request',
      event_type: 'merge_request',
      ...common(by),
      object_attributes: { iid: of.iid, title: of.title, source_branch: of.source, target_branch: of.target },
    } satisfies Part<WebhookMergeRequestEventSchema>;
    return { name: 'Merge Request Hook', payload };
  };

  const pipeline = (
    { sha, status }: Pick<Job, 'sha' | 'status'>,
    { ref, by, forks = false }: { readonly ref: string; readonly by: Person; readonly forks?: boolean },
  ): Hook => {
    const payload = {
      object_kind: 'pipeline',
      ...common(by),
      object_attributes: {
        id: 31,
        ref,
        tag: false,
        sha,
        status,
        source: forks ? 'merge_request_event' : 'push',
        finished_at: timeOf(new Date().toISOString()),
        url: `${webUrl}/-/pipelines/31`,
      },
      merge_request: forks ? { iid: 1, source_project_id: 2, target_project_id: 1 } : null,
      commit: { id: sha, message: 'Mend the sum\n' },
    } satisfies Part<WebhookPipelineEventSchema>;
    return { name: 'Pipeline Hook', payload };
  };

  const push = (
    ref: string,
    by: Person,
    commits: readonly { readonly id: string; readonly message: string }[],
  ): Hook => {
    const { project } = common(by);
    const payload = {
      object_kind: 'push',
      event_name: 'push',
      project,
      ref,
      after: commits.at(-1)?.id ?? '0'.repeat(40),
      user_username: by.username,
      commits,
    } satisfies Part<WebhookPushEventSchema>;
    return { name: 'Push Hook', payload };
  };

  return { issue, note, mergeRequest, pipeline, push };
};
