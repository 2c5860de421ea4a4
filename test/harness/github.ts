import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createEmulator, type Emulator } from 'emulate';
import { octokitModules, octokitOptions, type Octokit } from '../../runner/control/github/octokit.ts';
import { startGitHttp, type GitHttp } from './git-http.ts';
import { gitIn } from './repository.ts';
import { openFolder } from './rig.ts';

const place = { owner: 'acme', repo: 'shop' };
const branch = (name: string): string => `heads/${name}`;

/**
 * GitHub with one repository, acme/shop: its API by `emulate`, an independent implementation that names objects as git does, and its git over HTTP by
 * git itself, on a bare repository that is brought to what the API has.
 */
export class GitHub implements AsyncDisposable {
  readonly #api: Emulator;
  readonly #git: GitHttp;
  readonly #bare: string;

  private constructor(api: Emulator, git: GitHttp, bare: string) {
    this.#api = api;
    this.#git = git;
    this.#bare = bare;
  }

  /** `clone`: what it has on main; gets it as its origin. `people`: who has an account; the first one owns the repository. */
  static async start(clone: string, people: readonly string[]): Promise<GitHub> {
    const api = await createEmulator({
      service: 'github',
      port: 0,
      seed: {
        tokens: Object.fromEntries(people.map((login) => [tokenOf(login), { login, scopes: ['repo', 'user'] }])),
        github: {
          users: people.map((login) => ({ login, name: login, email: `${login}@example.org` })),
          repos: [{ owner: place.owner, name: place.repo, auto_init: true }],
        },
      },
    });
    const folder = await openFolder('longhaul-github-');
    const bare = path.join(folder, place.owner, `${place.repo}.git`);
    gitIn(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
    const git = await startGitHttp(folder, { username: 'x-access-token', password: tokenOf(place.owner) });
    const github = new GitHub(api, git, bare);
    gitIn(clone, 'remote', 'add', 'origin', bare);
    gitIn(clone, 'push', '--quiet', 'origin', 'HEAD:main');
    gitIn(clone, 'remote', 'set-url', 'origin', github.url);
    await github.#adopt(clone);
    return github;
  }

  /** Of the repository. */
  get url(): string {
    return `${this.#git.url}/${place.owner}/${place.repo}.git`;
  }

  /** Settings of a runner that may publish there, by the token that is in this variable. */
  remote(tokenVariable: string): object {
    return { match: `${this.#git.url}/*`, github: { tokenVariable, apiUrl: this.#api.url }, publish: true };
  }

  get token(): string {
    return tokenOf(place.owner);
  }

  /** Its API as somebody uses it. */
  async as(login: string): Promise<Octokit['rest']> {
    const { Octokit } = await octokitModules();
    const options = octokitOptions({ apiUrl: this.#api.url });
    return new Octokit({ ...options, auth: tokenOf(login), request: { fetch } }).rest;
  }

  /** Brings what git serves to what the API has. */
  async sync(): Promise<void> {
    const { git } = await this.as(place.owner);
    const { data: refs } = await git.listMatchingRefs({ ...place, ref: 'heads/' });
    for (const { ref, object } of refs) {
      await this.#fetch(object.sha);
      gitIn(this.#bare, 'update-ref', ref, object.sha);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#git[Symbol.asyncDispose]();
    await this.#api.close();
    await rm(path.dirname(path.dirname(this.#bare)), { recursive: true });
  }

  /** Has the API begin with the commit that the clone is on. */
  async #adopt(clone: string): Promise<void> {
    const { git } = await this.as(place.owner);
    const entries = gitIn(clone, 'ls-tree', '-r', '-z', 'HEAD').split('\0').filter(Boolean);
    const tree = await Promise.all(
      entries.map(async (entry) => {
        const [mode = '', type = '', sha = '', name = ''] = /^(\d+) (\w+) (\w+)\t(.*)$/s.exec(entry)?.slice(1) ?? [];
        const content = gitIn(clone, 'cat-file', 'blob', sha);
        const { data } = await git.createBlob({ ...place, content, encoding: 'utf-8' });
        // safe: what git says of files
        return { path: name, mode: mode as '100644', type: type as 'blob', sha: data.sha };
      }),
    );
    const { data: whole } = await git.createTree({ ...place, tree });
    const [name = '', email = '', seconds = ''] = gitIn(clone, 'log', '-1', '--format=%an%n%ae%n%at').split('\n');
    const who = { name, email, date: new Date(Number(seconds) * 1000).toISOString() };
    const message = `${gitIn(clone, 'log', '-1', '--format=%B').trimEnd()}\n`;
    const { data: commit } = await git.createCommit({
      ...place,
      message,
      tree: whole.sha,
      parents: [],
      author: who,
      committer: who,
    });
    const head = gitIn(clone, 'rev-parse', 'HEAD').trim();
    if (commit.sha !== head) throw new Error(`the API calls ${head} ${commit.sha}`);
    await git.updateRef({ ...place, ref: branch('main'), sha: head, force: true });
  }

  /** Has git have a commit of the API's, and all that is below it. */
  async #fetch(sha: string): Promise<void> {
    if (this.#has(sha)) return;
    const { git } = await this.as(place.owner);
    const { data: commit } = await git.getCommit({ ...place, commit_sha: sha });
    for (const parent of commit.parents) await this.#fetch(parent.sha);
    const { data: tree } = await git.getTree({ ...place, tree_sha: commit.tree.sha, recursive: 'true' });
    for (const { type, sha: blob } of tree.tree) {
      if (type !== 'blob' || this.#has(blob)) continue;
      const { data } = await git.getBlob({ ...place, file_sha: blob });
      this.#write('blob', Buffer.from(data.content, 'base64'));
    }
    this.#writeTree(tree.tree);
    const who = ({ name, email, date }: { name: string; email: string; date: string }): string =>
      `${name} <${email}> ${Math.floor(Date.parse(date) / 1000)} +0000`;
    const text = [
      `tree ${commit.tree.sha}`,
      ...commit.parents.map((parent) => `parent ${parent.sha}`),
      `author ${who(commit.author)}`,
      `committer ${who(commit.committer)}`,
      '',
      commit.message.replace(/\n?$/, '\n'),
    ].join('\n');
    const written = this.#write('commit', Buffer.from(text));
    if (written !== sha) throw new Error(`git calls ${sha} ${written}`);
  }

  #has(sha: string): boolean {
    try {
      gitIn(this.#bare, 'cat-file', '-e', sha);
      return true;
    } catch {
      return false;
    }
  }

  #write(type: 'blob' | 'commit', content: Buffer): string {
    const args = ['-C', this.#bare, 'hash-object', '-t', type, '-w', '--stdin'];
    return execFileSync('git', args, { input: content, encoding: 'utf8' }).trim();
  }

  #writeTree(
    entries: readonly { readonly type: string; readonly mode: string; readonly path: string; readonly sha: string }[],
  ): void {
    const index = path.join(this.#bare, 'longhaul-index');
    const env = { ...process.env, GIT_INDEX_FILE: index };
    const input = entries
      .filter(({ type }) => type === 'blob')
      .map(({ mode, sha, path: name }) => `${mode} ${sha}\t${name}\0`)
      .join('');
    execFileSync('git', ['-C', this.#bare, 'read-tree', '--empty'], { env });
    execFileSync('git', ['-C', this.#bare, 'update-index', '-z', '--index-info'], { env, input });
    execFileSync('git', ['-C', this.#bare, 'write-tree'], { env });
  }
}

const tokenOf = (login: string): string => `token-of-${login}`;
