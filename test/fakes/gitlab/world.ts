import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';

export interface Person {
  readonly id: number;
  readonly username: string;
}

export interface Note {
  readonly id: number;
  readonly author: Person;
  readonly body: string;
  readonly system: boolean;
  readonly at: string;
  /** On a line of the new side of a file; null: on the whole. */
  readonly on: { readonly path: string; readonly line: number } | null;
}

interface Thread {
  readonly iid: number;
  readonly author: Person;
  readonly notes: Note[];
  readonly createdAt: string;
  title: string;
  description: string;
  labels: string[];
  updatedAt: string;
}

export interface Issue extends Thread {
  readonly kind: 'issue';
  state: 'opened' | 'closed';
  assignees: Person[];
}

export interface MergeRequest extends Thread {
  readonly kind: 'merge request';
  readonly source: string;
  readonly target: string;
  /** It is a fork's. */
  readonly isForks: boolean;
  readonly reviewers: Map<number, string>;
  readonly approvedBy: Set<number>;
  state: 'opened' | 'closed' | 'merged';
  endedBy: Person | null;
}

export interface Job {
  readonly id: number;
  readonly sha: string;
  readonly name: string;
  readonly trace: string | null;
  readonly allowFailure: boolean;
  status: string;
}

/** What GitLab refuses, as it says it. */
export class Refused extends Error {
  readonly status: number;
  readonly said: unknown;
  constructor(status: number, said: unknown) {
    super(JSON.stringify(said));
    this.status = status;
    this.said = said;
  }
}

export interface Action {
  readonly action: string;
  readonly file_path: string;
  readonly content?: string;
  readonly encoding?: string;
  readonly execute_filemode?: boolean;
}

/** A project with its repository, and people with roles in it. */
export class World {
  readonly bare: string;
  readonly people: readonly Person[];
  /** Role by id of a person: 30 is Developer. */
  readonly roles: ReadonlyMap<number, number>;
  readonly issues: Issue[] = [];
  readonly mergeRequests: MergeRequest[] = [];
  readonly jobs: Job[] = [];
  #last = 1000;

  constructor(bare: string, roles: Readonly<Record<string, number>>) {
    this.bare = bare;
    this.people = Object.keys(roles).map((username, at) => ({ id: at + 1, username }));
    this.roles = new Map(this.people.map(({ id, username }) => [id, roles[username] ?? 0]));
  }

  person(username: string): Person {
    const found = this.people.find((each) => each.username === username);
    if (found === undefined) throw new Error(`nobody is called ${username}`);
    return found;
  }

  /** Numbers that are given once, and grow. */
  next(): number {
    this.#last += 1;
    return this.#last;
  }

  issue(iid: number): Issue {
    return found(this.issues.find((each) => each.iid === iid));
  }

  mergeRequest(iid: number): MergeRequest {
    return found(this.mergeRequests.find((each) => each.iid === iid));
  }

  /** What is written as a quick action is done, and is no part of the text. docs.gitlab.com/user/project/quick_actions */
  act(on: Issue | MergeRequest, author: Person, text: string): string {
    const kept: string[] = [];
    for (const line of text.split('\n')) {
      if (/^\/close[ \t]*$/.test(line)) on.state = 'closed';
      else if (/^\/merge[ \t]*$/.test(line) && on.kind === 'merge request') this.merge(on.iid, author.username);
      else kept.push(line);
    }
    return kept.join('\n');
  }

  note(on: Issue | MergeRequest, by: Pick<Note, 'author' | 'body'> & Partial<Note>): Note {
    const body = by.system === true ? by.body : this.act(on, by.author, by.body);
    const note = { id: this.next(), system: false, at: now(), on: null, ...by, body };
    on.notes.push(note);
    return note;
  }

  openIssue(author: Person, said: { readonly title: string; readonly description?: string }): Issue {
    const issue: Issue = {
      kind: 'issue',
      state: 'opened',
      assignees: [],
      ...thread(this.issues, author, said.title),
    };
    this.issues.push(issue);
    issue.description = this.act(issue, author, said.description ?? '');
    return issue;
  }

  openMergeRequest(
    author: Person,
    said: { readonly source: string; readonly target: string; readonly title: string; readonly description?: string },
    isForks = false,
  ): MergeRequest {
    const { source, target } = said;
    if (!isForks) {
      this.head(source);
      const other = this.mergeRequests.find(
        (each) => each.state === 'opened' && each.source === source && each.target === target && !each.isForks,
      );
      if (other !== undefined)
        throw new Refused(409, [`Another open merge request already exists for this source branch: !${other.iid}`]);
    }
    const mr: MergeRequest = {
      kind: 'merge request',
      source,
      target,
      isForks,
      reviewers: new Map(),
      approvedBy: new Set(),
      state: 'opened',
      endedBy: null,
      ...thread(this.mergeRequests, author, said.title),
    };
    this.mergeRequests.push(mr);
    mr.description = this.act(mr, author, said.description ?? '');
    return mr;
  }

  /** A reviewer ends a review: what they say first, then what they make of it. */
  review(
    iid: number,
    username: string,
    { state, says }: { readonly state: 'requested_changes' | 'approved' | 'reviewed'; readonly says: readonly Said[] },
  ): MergeRequest {
    const mr = this.mergeRequest(iid);
    const author = this.person(username);
    for (const { body, on } of says) this.note(mr, { author, body, on: on ?? null });
    mr.reviewers.set(author.id, state);
    if (state === 'approved') mr.approvedBy.add(author.id);
    else mr.approvedBy.delete(author.id);
    if (state === 'requested_changes') this.note(mr, { author, body: 'requested changes', system: true });
    if (state === 'approved') this.note(mr, { author, body: 'approved this merge request', system: true });
    return mr;
  }

  merge(iid: number, username: string): MergeRequest {
    const mr = this.mergeRequest(iid);
    const source = this.head(mr.source);
    const args = [
      'commit-tree',
      `${source}^{tree}`,
      '-p',
      this.head(mr.target),
      '-p',
      source,
      '-m',
      `Merge ${mr.source}`,
    ];
    this.git('update-ref', `refs/heads/${mr.target}`, this.git(...args));
    Object.assign(mr, { state: 'merged', endedBy: this.person(username), updatedAt: now() });
    return mr;
  }

  close(iid: number, username: string): MergeRequest {
    return Object.assign(this.mergeRequest(iid), { state: 'closed', endedBy: this.person(username), updatedAt: now() });
  }

  /** A job of a pipeline; a later one of the same name and commit takes its place, as a retry does. */
  job(given: { sha: string; name: string; status: string; trace?: string; allowFailure?: boolean }): Job {
    const before = this.jobs.findIndex(({ sha, name }) => sha === given.sha && name === given.name);
    if (before !== -1) this.jobs.splice(before, 1);
    const job = { id: this.next(), trace: null, allowFailure: false, ...given };
    this.jobs.push(job);
    return job;
  }

  head(branch: string): string {
    return found(this.tip(`refs/heads/${branch}`));
  }

  /** Null: there is no such thing. */
  tip(ref: string): string | null {
    try {
      return this.git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
    } catch {
      return null;
    }
  }

  /** docs.gitlab.com/api/commits: all of the actions, or none; one after the other. */
  commit(asked: {
    branch: string;
    commit_message: string;
    start_sha?: string | undefined;
    actions: readonly Action[];
  }): string {
    const { branch, commit_message: message, start_sha: start, actions } = asked;
    const there = this.tip(`refs/heads/${branch}`);
    if (start !== undefined && there !== null)
      throw new Refused(
        400,
        `A branch called '${branch}' already exists. Switch to that branch in order to make changes`,
      );
    const parent = start === undefined ? there : this.tip(start);
    if (parent === null) throw new Refused(400, 'You can only create or edit files when you are on a branch');
    const index = path.join(this.bare, `index-${randomUUID()}`);
    const inIndex = (args: readonly string[], input?: Buffer): string =>
      this.#run(args, { GIT_INDEX_FILE: index }, input);
    inIndex(['read-tree', parent]);
    for (const { action, file_path: file, content = '', encoding, execute_filemode: executable } of actions) {
      const [mode = null, blob = ''] = inIndex(['ls-files', '-s', '--', `:(literal)${file}`]).split(' ');
      const isThere = mode !== null && mode !== '';
      if (action === 'create' && isThere) throw new Refused(400, 'A file with this name already exists');
      if (action !== 'create' && !isThere) throw new Refused(400, "A file with this name doesn't exist");
      const write = (): string =>
        inIndex(['hash-object', '-w', '--stdin'], Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8'));
      const entry = {
        delete: () => `0 ${'0'.repeat(40)}`,
        chmod: () => `${executable === true ? '100755' : '100644'} ${blob}`,
        create: () => `100644 ${write()}`,
        update: () => `${mode ?? ''} ${write()}`,
      }[action];
      if (entry === undefined) throw new Refused(400, 'actions[0][action] does not have a valid value');
      inIndex(['update-index', '-z', '--index-info'], Buffer.from(`${entry()}\t${file}\0`));
    }
    const commit = inIndex(['commit-tree', inIndex(['write-tree']), '-p', parent, '-m', message], undefined);
    this.git('update-ref', `refs/heads/${branch}`, commit);
    return commit;
  }

  git(...args: readonly string[]): string {
    return this.#run(args, {});
  }

  /** The content of a blob. */
  bytes(blob: string): Buffer {
    return execFileSync('git', ['-C', this.bare, 'cat-file', 'blob', blob]);
  }

  #run(args: readonly string[], env: Readonly<Record<string, string>>, input?: Buffer): string {
    const said = execFileSync('git', ['-C', this.bare, ...args], {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(input === undefined ? {} : { input }),
      env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', ...identity, ...env },
    });
    return said.trimEnd();
  }

  async remove(): Promise<void> {
    await rm(this.bare, { recursive: true, force: true });
  }
}

export interface Said {
  readonly body: string;
  readonly on?: Note['on'];
}

const identity = {
  GIT_AUTHOR_NAME: 'GitLab',
  GIT_AUTHOR_EMAIL: 'gitlab@example.invalid',
  GIT_COMMITTER_NAME: 'GitLab',
  GIT_COMMITTER_EMAIL: 'gitlab@example.invalid',
};

const now = (): string => new Date().toISOString();

const thread = (all: readonly Thread[], author: Person, title: string): Thread => ({
  iid: all.length + 1,
  author,
  title,
  description: '',
  labels: [],
  notes: [],
  createdAt: now(),
  updatedAt: now(),
});

const found = <Thing>(thing: Thing | null | undefined): Thing => {
  if (thing != null) return thing;
  throw new Refused(404, '404 Not found');
};
