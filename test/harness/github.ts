import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { sign } from '@octokit/webhooks-methods';
import { createEmulator, type Emulator } from 'emulate';
import { request } from 'undici';
import { octokitModules, octokitOptions, type Octokit } from '../../runner/control/github/octokit.ts';
import { startGitHttp, type GitHttp } from './git-http.ts';
import { gitIn } from './repository.ts';
import { openFolder } from './rig.ts';

const place = { owner: 'acme', repo: 'shop' };
/** Of the same owner: what the same token may write to, and nobody means. */
const otherRepo = 'bank';
const branch = (name: string): string => `heads/${name}`;

/**
 * GitHub with a repository, acme/shop, and one that nobody works on, acme/bank: its API by `emulate`, an independent implementation that names objects as git does, and its git over HTTP by
 * git itself, on a bare repository that is brought to what the API has.
 */
export class GitHub implements AsyncDisposable {
  readonly #api: Emulator;
  readonly #apiUrl: string;
  readonly #git: GitHttp;
  readonly #bare: string;

  private constructor({ api, apiUrl, git, bare }: Parts) {
    this.#api = api;
    this.#apiUrl = apiUrl;
    this.#git = git;
    this.#bare = bare;
  }

  /** `clone`: what it has on main; gets it as its origin. `people`: who has an account; the first one owns the repository. */
  static async start(clone: string, people: readonly string[]): Promise<GitHub> {
    const folder = await openFolder('longhaul-github-');
    const bare = path.join(folder, place.owner, `${place.repo}.git`);
    gitIn(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
    const git = await startGitHttp(folder, { username: 'x-access-token', password: tokenOf(place.owner) });
    const port = await freePort();
    const api = await createEmulator({
      service: 'github',
      port,
      // What it tells of itself with a webhook is where its git is, as on GitHub.
      baseUrl: git.url,
      seed: {
        tokens: Object.fromEntries(people.map((login) => [tokenOf(login), { login, scopes: ['repo', 'user'] }])),
        github: {
          users: people.map((login) => ({ login, name: login, email: `${login}@example.org` })),
          repos: [place.repo, otherRepo].map((name) => ({ owner: place.owner, name, auto_init: true })),
        },
      },
    });
    const github = new GitHub({ api, apiUrl: `http://127.0.0.1:${port}`, git, bare });
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

  /** Of the other repository, which has no git. */
  get otherUrl(): string {
    return `${this.#git.url}/${place.owner}/${otherRepo}.git`;
  }

  /** Folder of what git serves; `sync` brings it to what the API has. */
  get bare(): string {
    return this.#bare;
  }

  get apiUrl(): string {
    return this.#apiUrl;
  }

  /** The same as its pages have it. */
  get webUrl(): string {
    return this.url.replace(/\.git$/, '');
  }

  /** Settings of a runner that may publish there, by the token that is in this variable. */
  remote(tokenVariable: string, webhookSecretVariable: string | null = null): object {
    const github = { tokenVariable, apiUrl: this.#apiUrl, webhookSecretVariable };
    return { match: `${this.#git.url}/*`, github, publish: true };
  }

  /** Has it tell of these events to an address, signed with a secret. */
  async hook(url: string, { secret, events }: { readonly secret: string; readonly events: string[] }): Promise<void> {
    const { repos } = await this.as(place.owner);
    await repos.createWebhook({ ...place, events, config: { url, secret, content_type: 'json' } });
  }

  get token(): string {
    return tokenOf(place.owner);
  }

  /** Its API as somebody uses it. */
  async as(login: string): Promise<Octokit['rest']> {
    const { Octokit } = await octokitModules();
    const options = octokitOptions({ apiUrl: this.#apiUrl });
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

  /** Has git serve, as main, what a clone is on; the API is not told. */
  push(clone: string): void {
    gitIn(clone, 'push', '--quiet', this.#bare, 'HEAD:main');
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

export const hookSecret = 'it is a secret to everybody';

/** What GitHub would send of an issue that mallory opened just now, signed. */
export const deliveryOf = async (
  { webUrl }: Pick<GitHub, 'webUrl'>,
  number: number,
): Promise<{ readonly headers: Record<string, string>; readonly body: string }> => {
  const body = JSON.stringify({
    action: 'opened',
    issue: { number, title: `Issue ${number}`, body: 'It is wrong.', updated_at: new Date().toISOString() },
    repository: { html_url: webUrl, full_name: `${place.owner}/${place.repo}` },
    sender: { login: 'mallory', type: 'User' },
  });
  return {
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'issues',
      'x-github-delivery': `delivery-${number}`,
      'x-hub-signature-256': await sign(hookSecret, body),
    },
    body,
  };
};

/** Tells a runner of it. Returns the status of its answer; rejects where none comes. */
export const sendDelivery = async (
  url: string,
  { headers, body }: Awaited<ReturnType<typeof deliveryOf>>,
): Promise<number> => {
  const answer = await request(`${url}/webhooks/github`, { method: 'POST', headers, body });
  await answer.body.dump();
  return answer.statusCode;
};

interface Parts {
  readonly api: Emulator;
  /** Where its API is: what it says of itself is where its git is. */
  readonly apiUrl: string;
  readonly git: GitHttp;
  readonly bare: string;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // safe: it listens on TCP
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const tokenOf = (login: string): string => `token-of-${login}`;
