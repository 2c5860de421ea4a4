import type {
  BranchSchema,
  CommitSchema,
  CommitStatusSchema,
  ExpandedMergeRequestSchema,
  IssueSchema,
  MergeRequestReviewerSchema,
  NoteSchema,
  RepositoryFileExpandedSchema,
} from '@gitbeaker/rest';
import type { Issue, Job, MergeRequest, Note, Person, World } from './world.ts';

type User = ExpandedMergeRequestSchema['author'];

/** What the API says of things. */
export const answersOf = (world: World, webUrl: string) => {
  const origin = new URL(webUrl).origin;
  const user = ({ id, username }: Person): User => ({
    id,
    username,
    name: username,
    state: 'active',
    avatar_url: `${origin}/uploads/${id}.png`,
    web_url: `${origin}/${username}`,
  });
  const orNull = (person: Person | null) => (person === null ? null : user(person));

  const commit = (sha: string): CommitSchema => {
    const [parents = '', at = '', message = ''] = world.git('show', '-s', '--format=%P%x00%cI%x00%B', sha).split('\0');
    return {
      id: sha,
      short_id: sha.slice(0, 8),
      title: message.split('\n')[0] ?? '',
      message,
      author_name: 'GitLab',
      author_email: 'gitlab@example.invalid',
      authored_date: at,
      committer_name: 'GitLab',
      committer_email: 'gitlab@example.invalid',
      created_at: at,
      committed_date: at,
      parent_ids: parents.split(' ').filter(Boolean),
      web_url: `${webUrl}/-/commit/${sha}`,
    };
  };

  const branch = (name: string): BranchSchema => ({
    name,
    merged: false,
    protected: name === 'main',
    default: name === 'main',
    developers_can_push: false,
    developers_can_merge: false,
    can_push: true,
    web_url: `${webUrl}/-/tree/${name}`,
    commit: commit(world.head(name)),
  });

  const file = (name: string, ref: string): RepositoryFileExpandedSchema | null => {
    const commitId = world.tip(ref);
    const tree = commitId === null ? '' : world.git('ls-tree', commitId, '--', name);
    const [, mode = '', blob = ''] = /^(\d+) blob (\w+)\t/.exec(tree) ?? [];
    if (commitId === null || blob === '') return null;
    const content = world.bytes(blob);
    return {
      file_name: name.split('/').at(-1) ?? '',
      file_path: name,
      size: content.length,
      encoding: 'base64',
      content: content.toString('base64'),
      content_sha256: '0'.repeat(64),
      ref,
      blob_id: blob,
      commit_id: commitId,
      last_commit_id: commitId,
      execute_filemode: mode === '100755',
    };
  };

  const note = (of: Issue | MergeRequest, { id, body, author, system, at, on }: Note): NoteSchema => ({
    id,
    type: on === null ? null : 'DiffNote',
    body,
    attachment: null,
    author: user(author),
    created_at: at,
    updated_at: at,
    system,
    noteable_id: 100 + of.iid,
    noteable_type: of.kind === 'issue' ? 'Issue' : 'MergeRequest',
    noteable_iid: of.iid,
    project_id: 1,
    resolvable: on !== null,
    ...(on !== null && {
      position: {
        base_sha: '0'.repeat(40),
        start_sha: '0'.repeat(40),
        head_sha: '0'.repeat(40),
        position_type: 'text',
        old_path: on.path,
        new_path: on.path,
        old_line: null,
        new_line: on.line,
      },
    }),
  });

  const timeStats = { time_estimate: 0, total_time_spent: 0, human_time_estimate: null, human_total_time_spent: null };
  const referencesOf = (short: string) => ({ short, relative: short, full: `acme/tools/shop${short}` });

  const issue = (of: Issue): IssueSchema => ({
    id: 100 + of.iid,
    iid: of.iid,
    project_id: 1,
    title: of.title,
    description: of.description,
    state: of.state,
    author: user(of.author),
    assignees: of.assignees.map(user),
    type: 'ISSUE',
    created_at: of.createdAt,
    updated_at: of.updatedAt,
    labels: of.labels,
    upvotes: 0,
    downvotes: 0,
    merge_requests_count: 0,
    user_notes_count: of.notes.length,
    due_date: '',
    web_url: `${webUrl}/-/issues/${of.iid}`,
    references: referencesOf(`#${of.iid}`),
    time_stats: timeStats,
    has_tasks: false,
    task_status: '',
    confidential: false,
    discussion_locked: false,
    _links: { self: '', notes: '', award_emoji: '', project: '' },
    task_completion_status: { count: 0, completed_count: 0 },
    subscribed: false,
  });

  const mergeRequest = (of: MergeRequest): ExpandedMergeRequestSchema => {
    const sha = world.tip(`refs/heads/${of.source}`) ?? '0'.repeat(40);
    const isDraft = /^(?:draft:|\[draft\]|\(draft\))/i.test(of.title);
    const reviewers = world.people.filter(({ id }) => of.reviewers.has(id)).map(user);
    return {
      id: 100 + of.iid,
      iid: of.iid,
      project_id: 1,
      title: of.title,
      description: of.description,
      state: of.state,
      created_at: of.createdAt,
      updated_at: of.updatedAt,
      web_url: `${webUrl}/-/merge_requests/${of.iid}`,
      merged_by: of.state === 'merged' ? orNull(of.endedBy) : null,
      merge_user: of.state === 'merged' ? orNull(of.endedBy) : null,
      merged_at: of.state === 'merged' ? of.updatedAt : null,
      closed_by: of.state === 'closed' ? orNull(of.endedBy) : null,
      closed_at: of.state === 'closed' ? of.updatedAt : null,
      source_branch: of.source,
      target_branch: of.target,
      user_notes_count: of.notes.filter(({ system }) => !system).length,
      upvotes: 0,
      downvotes: 0,
      author: user(of.author),
      assignees: [],
      assignee: null,
      reviewers,
      source_project_id: of.isForks ? 2 : 1,
      target_project_id: 1,
      labels: of.labels,
      draft: isDraft,
      work_in_progress: isDraft,
      milestone: null,
      merge_when_pipeline_succeeds: false,
      merge_status: 'can_be_merged',
      detailed_merge_status: isDraft ? 'draft_status' : 'mergeable',
      sha,
      merge_commit_sha: null,
      squash_commit_sha: null,
      discussion_locked: null,
      should_remove_source_branch: null,
      force_remove_source_branch: false,
      reference: `!${of.iid}`,
      references: referencesOf(`!${of.iid}`),
      time_stats: timeStats,
      squash: false,
      task_completion_status: { count: 0, completed_count: 0 },
      prepared_at: of.createdAt,
      has_conflicts: false,
      blocking_discussions_resolved: true,
      approvals_before_merge: null,
      subscribed: false,
      changes_count: '1',
      latest_build_started_at: null,
      latest_build_finished_at: null,
      first_deployed_to_production_at: null,
      pipeline: null,
      head_pipeline: null,
      diff_refs: { base_sha: sha, head_sha: sha, start_sha: sha },
      merge_error: null,
      first_contribution: false,
      user: { can_merge: true },
    };
  };

  const status = ({ id, sha, name, status: state, allowFailure }: Job): Omit<CommitStatusSchema, 'status'> => ({
    id,
    sha,
    name,
    // The client's type names fewer states than there are.
    status: state,
    allow_failure: allowFailure,
    ref: 'main',
    created_at: '2026-01-01T00:00:00.000Z',
    target_url: `${webUrl}/-/jobs/${id}`,
    author: user(world.people[0] ?? { id: 1, username: 'nobody' }),
  });

  const reviewersOf = (of: MergeRequest): readonly MergeRequestReviewerSchema[] =>
    world.people
      .filter(({ id }) => of.reviewers.has(id))
      .map((person) => ({
        user: user(person),
        // safe: the states that a review ends with
        state: of.reviewers.get(person.id) as MergeRequestReviewerSchema['state'],
        created_at: of.createdAt,
      }));

  return { user, commit, branch, file, note, issue, mergeRequest, status, reviewersOf };
};
