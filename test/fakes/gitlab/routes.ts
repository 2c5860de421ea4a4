import type { answersOf } from './answers.ts';
import type { Hook, hooksOf } from './hooks.ts';
import { Refused, type Action, type Person, type World } from './world.ts';

export interface Request {
  readonly method: string;
  /** Below the project, such as `/issues/1`, or below the API for what is of no project. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly by: Person;
}

interface Given {
  readonly world: World;
  readonly answers: ReturnType<typeof answersOf>;
  readonly tell: (hook: Hook) => void;
  readonly hooks: ReturnType<typeof hooksOf>;
}

/** Text; null: nothing. */
export type Answer = { readonly json: unknown } | { readonly text: string } | { readonly list: readonly unknown[] };

type Route = (given: Given, request: Request, ...parts: string[]) => Answer;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const labelsOf = (value: unknown): readonly string[] => text(value).split(',').filter(Boolean);

/** docs.gitlab.com/user/permissions: what a Developer may. */
const mustDevelop = ({ world }: Given, { by }: Request): void => {
  if ((world.roles.get(by.id) ?? 0) < 30) throw new Refused(403, '403 Forbidden');
};

const notFound = (what: string): never => {
  throw new Refused(404, `404 ${what} Not Found`);
};

const sorted = (list: readonly unknown[], { query }: Request): Answer => ({
  list: query.get('sort') === 'asc' ? list : list.toReversed(),
});

const routes: readonly (readonly [string, RegExp, Route])[] = [
  ['GET', /^\/user$/, ({ answers }, { by }) => ({ json: answers.user(by) })],
  [
    'GET',
    /^\/members\/all$/,
    ({ world, answers }, { query }) => ({
      list: world.people
        .filter(
          ({ id, username }) =>
            (world.roles.get(id) ?? 0) > 0 && username.includes(text(query.get('query')).toLowerCase()),
        )
        .map((person) => ({ ...answers.user(person), access_level: world.roles.get(person.id), expires_at: null })),
    }),
  ],
  [
    'GET',
    /^\/members\/all\/(\d+)$/,
    ({ world, answers }, _request, id) => {
      const level = world.roles.get(Number(id)) ?? 0;
      const person = world.people.find((each) => each.id === Number(id));
      if (level === 0 || person === undefined) return notFound('Not');
      return { json: { ...answers.user(person), access_level: level, expires_at: null } };
    },
  ],
  [
    'GET',
    /^\/repository\/branches\/(.+)$/,
    ({ world, answers }, _request, name = '') =>
      world.tip(`refs/heads/${name}`) === null ? notFound('Branch') : { json: answers.branch(name) },
  ],
  [
    'GET',
    /^\/repository\/commits\/([0-9a-f]+)$/,
    ({ world, answers }, _request, sha = '') =>
      world.tip(sha) === null ? notFound('Commit') : { json: answers.commit(sha) },
  ],
  [
    'POST',
    /^\/repository\/commits$/,
    (given, request) => {
      mustDevelop(given, request);
      const { branch, commit_message: message, start_sha: start, actions } = request.body;
      const sha = given.world.commit({
        branch: text(branch),
        commit_message: text(message),
        start_sha: start === undefined ? undefined : text(start),
        actions: actions as readonly Action[], // safe: what a client sends
      });
      return { json: given.answers.commit(sha) };
    },
  ],
  [
    'GET',
    /^\/repository\/commits\/([0-9a-f]+)\/statuses$/,
    ({ world, answers }, _request, sha) => ({
      list: world.jobs.filter((job) => job.sha === sha).map(answers.status),
    }),
  ],
  [
    'GET',
    /^\/repository\/compare$/,
    ({ world, answers }, { query }) => {
      const [from = '', to = ''] = [query.get('from'), query.get('to')].map(text);
      const names = world.git('diff', '--name-only', '--no-renames', '-z', from, to).split('\0').filter(Boolean);
      const diffs = names.map((name) => ({
        old_path: name,
        new_path: name,
        a_mode: '100644',
        b_mode: '100644',
        new_file: false,
        renamed_file: false,
        deleted_file: false,
        diff: '',
      }));
      return {
        json: { commit: answers.commit(to), commits: [], diffs, compare_timeout: false, compare_same_ref: false },
      };
    },
  ],
  [
    'GET',
    /^\/repository\/files\/(.+)$/,
    ({ answers }, { query }, name = '') => {
      const file = answers.file(name, text(query.get('ref')));
      return file === null ? notFound('File') : { json: file };
    },
  ],
  [
    'GET',
    /^\/jobs\/(\d+)\/trace$/,
    ({ world }, _request, id) => {
      const trace = world.jobs.find((job) => job.id === Number(id))?.trace ?? null;
      return trace === null ? notFound('Not') : { text: trace };
    },
  ],
  ['GET', /^\/issues$/, ({ world, answers }, request) => sorted(world.issues.map(answers.issue), request)],
  [
    'POST',
    /^\/issues$/,
    ({ world, answers, tell, hooks }, { body, by }) => {
      const issue = world.openIssue(by, { title: text(body['title']), description: text(body['description']) });
      tell(hooks.issue(issue, { by, action: 'open', before: { labels: [], assignees: [] } }));
      return { json: answers.issue(issue) };
    },
  ],
  [
    'GET',
    /^\/issues\/(\d+)$/,
    ({ world, answers }, _request, iid) => ({ json: answers.issue(world.issue(Number(iid))) }),
  ],
  [
    'PUT',
    /^\/issues\/(\d+)$/,
    (given, request, iid) => {
      mustDevelop(given, request);
      const issue = given.world.issue(Number(iid));
      const before = { ...issue };
      issue.labels = [...new Set([...issue.labels, ...labelsOf(request.body['add_labels'])])];
      issue.updatedAt = new Date().toISOString();
      given.tell(given.hooks.issue(issue, { by: request.by, action: 'update', before }));
      return { json: given.answers.issue(issue) };
    },
  ],
  [
    'GET',
    /^\/(issues|merge_requests)\/(\d+)\/notes$/,
    ({ world, answers }, request, ...[kind, iid]) => {
      const on = kind === 'issues' ? world.issue(Number(iid)) : world.mergeRequest(Number(iid));
      return sorted(
        on.notes.map((note) => answers.note(on, note)),
        request,
      );
    },
  ],
  [
    'POST',
    /^\/(issues|merge_requests)\/(\d+)\/notes$/,
    ({ world, answers, tell, hooks }, { body, by }, ...[kind, iid]) => {
      const on = kind === 'issues' ? world.issue(Number(iid)) : world.mergeRequest(Number(iid));
      const note = world.note(on, { author: by, body: text(body['body']) });
      tell(hooks.note(on, note));
      return { json: answers.note(on, note) };
    },
  ],
  [
    'GET',
    /^\/merge_requests$/,
    ({ world, answers }, request) => {
      const { query } = request;
      const wanted = world.mergeRequests.filter(
        ({ source, target, state }) =>
          [null, source].includes(query.get('source_branch')) &&
          [null, target].includes(query.get('target_branch')) &&
          [null, 'all', state].includes(query.get('state')),
      );
      return sorted(wanted.map(answers.mergeRequest), request);
    },
  ],
  [
    'POST',
    /^\/merge_requests$/,
    (given, request) => {
      mustDevelop(given, request);
      const { source_branch: source, target_branch: target, title, description } = request.body;
      const mr = given.world.openMergeRequest(request.by, {
        source: text(source),
        target: text(target),
        title: text(title),
        description: text(description),
      });
      given.tell(given.hooks.mergeRequest(mr, request.by));
      return { json: given.answers.mergeRequest(mr) };
    },
  ],
  [
    'GET',
    /^\/merge_requests\/(\d+)$/,
    ({ world, answers }, _request, iid) => ({
      json: answers.mergeRequest(world.mergeRequest(Number(iid))),
    }),
  ],
  [
    'PUT',
    /^\/merge_requests\/(\d+)$/,
    (given, request, iid) => {
      mustDevelop(given, request);
      const mr = given.world.mergeRequest(Number(iid));
      const { title, description, add_labels: labels } = request.body;
      if (title !== undefined) mr.title = text(title);
      if (description !== undefined) mr.description = given.world.act(mr, request.by, text(description));
      mr.labels = [...new Set([...mr.labels, ...labelsOf(labels)])];
      given.tell(given.hooks.mergeRequest(mr, request.by));
      return { json: given.answers.mergeRequest(mr) };
    },
  ],
  [
    'GET',
    /^\/merge_requests\/(\d+)\/reviewers$/,
    ({ world, answers }, _request, iid) => ({
      list: answers.reviewersOf(world.mergeRequest(Number(iid))),
    }),
  ],
  [
    'GET',
    /^\/merge_requests\/(\d+)\/approvals$/,
    ({ world, answers }, _request, iid) => {
      const mr = world.mergeRequest(Number(iid));
      const by = world.people.filter(({ id }) => mr.approvedBy.has(id));
      return { json: { user_has_approved: false, approved_by: by.map((each) => ({ user: answers.user(each) })) } };
    },
  ],
];

/** What the API answers. Throws Refused. */
export const answer = (given: Given, request: Request): Answer => {
  for (const [method, pattern, route] of routes) {
    const parts = request.method === method ? pattern.exec(request.path) : null;
    if (parts !== null) return route(given, request, ...parts.slice(1).map(decodeURIComponent));
  }
  throw new Refused(404, '404 Not Found');
};
