import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { gitLabForge } from '../../runner/control/gitlab/forge.ts';
import type { Forge } from '../../runner/control/forges/forge.ts';
import { startFakeGitLab, tokenOf, type FakeGitLab } from '../fakes/gitlab/server.ts';
import { hooksOf, type Hook } from '../fakes/gitlab/hooks.ts';
import { World, type Job, type Said } from '../fakes/gitlab/world.ts';
import { startGitHttp, type GitHttp } from './git-http.ts';
import { gitIn } from './repository.ts';
import { openFolder } from './rig.ts';

const project = 'acme/tools/shop';
/** The user of a project's access token. */
export const runner = 'project_1_bot_0123456789abcdef';

/** GitLab with a project in a group of a group, acme/tools/shop: its API, and its git over HTTP by git itself, on one bare repository. */
export class GitLab implements AsyncDisposable {
  readonly world: World;
  readonly api: FakeGitLab;
  readonly #git: GitHttp;
  readonly #folder: string;
  /** What its webhook was answered, in order, as `Issue Hook 202`. */
  readonly told: string[] = [];
  #hook: { readonly url: string; readonly token: string } | null = null;

  private constructor(parts: { world: World; api: FakeGitLab; git: GitHttp; folder: string }) {
    this.world = parts.world;
    this.api = parts.api;
    this.#git = parts.git;
    this.#folder = parts.folder;
  }

  /** `clone`: what it has on main; gets it as its origin. `roles`: by name of whoever has an account; the runner is a Developer. */
  static async start(clone: string, roles: Readonly<Record<string, number>> = {}): Promise<GitLab> {
    const folder = await openFolder('longhaul-gitlab-');
    const bare = path.join(folder, `${project}.git`);
    await mkdir(path.dirname(bare), { recursive: true });
    gitIn(folder, 'init', '--quiet', '--bare', '--initial-branch=main', bare);
    const git = await startGitHttp(folder, { username: 'oauth2', password: tokenOf(runner) });
    gitIn(clone, 'remote', 'add', 'origin', bare);
    gitIn(clone, 'push', '--quiet', 'origin', 'HEAD:main');
    gitIn(clone, 'remote', 'set-url', 'origin', `${git.url}/${project}.git`);
    const world = new World(bare, { [runner]: 30, ...roles });
    const tell = (hook: Hook): void => gitlab.tell(hook);
    const api = await startFakeGitLab(world, { path: project, webUrl: `${git.url}/${project}`, tell });
    const gitlab = new GitLab({ world, api, git, folder });
    return gitlab;
  }

  /** Of the project, as git has it; its pages have it without `.git`. */
  get url(): string {
    return `${this.#git.url}/${project}.git`;
  }

  get webUrl(): string {
    return this.url.replace(/\.git$/, '');
  }

  get token(): string {
    return tokenOf(runner);
  }

  /** Settings of a runner that may publish there, by the token that is in this variable. */
  remote(tokenVariable: string, webhookSecretVariable: string | null = null) {
    return {
      match: `${this.#git.url}/*`,
      username: 'x',
      passwordVariable: null,
      github: null,
      gitlab: { tokenVariable, readTokenVariable: null, apiUrl: this.api.apiUrl, webhookSecretVariable },
      publish: true,
    };
  }

  /** The same as the runner has it. */
  forge(token = this.token): Forge {
    const { gitlab } = this.remote('TOKEN');
    return gitLabForge(gitlab, this.url, { TOKEN: token });
  }

  /** Has it tell of everything to an address, with a secret token. */
  hook(url: string, token: string): void {
    this.#hook = { url, token };
  }

  /** Sends what a webhook tells; whoever acts there does not wait for it. */
  tell(hook: Hook): void {
    if (this.#hook === null) return;
    const { url, token } = this.#hook;
    void sendHook(url, hook, { 'x-gitlab-token': token, 'idempotency-key': randomUUID() }).then(
      ({ status }) => this.told.push(`${hook.name} ${status}`),
      () => this.told.push(`${hook.name} failed`),
    );
  }

  /** Its API as somebody uses it. */
  async ask(
    username: string,
    request: `${'POST' | 'PUT'} /${string}`,
    body: object,
  ): Promise<{ readonly iid: number }> {
    const [method = '', path = ''] = request.split(' ');
    const answer = await fetch(`${this.api.apiUrl}/projects/${encodeURIComponent(project)}${path}`, {
      method,
      headers: { 'private-token': tokenOf(username), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { readonly iid: number }; // safe: what is made there has one
  }

  /** A reviewer requests changes. */
  requestChanges(iid: number, username: string, says: readonly Said[]): void {
    const mr = this.world.review(iid, username, { state: 'requested_changes', says });
    this.tell(hooksOf(this.webUrl).mergeRequest(mr, this.world.person(username)));
  }

  /** A pipeline of one job ends. */
  pipeline(job: Pick<Job, 'sha' | 'name' | 'status'> & { readonly trace?: string }, ref: string): void {
    const { pipeline } = hooksOf(this.webUrl);
    this.tell(pipeline(this.world.job(job), { ref, by: this.world.person(runner) }));
  }

  merge(iid: number, username: string): void {
    const mr = this.world.merge(iid, username);
    this.tell(hooksOf(this.webUrl).mergeRequest(mr, this.world.person(username)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#git[Symbol.asyncDispose]();
    await this.api[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

export const hookToken = 'it is a secret to everybody';

/** Tells a runner of something, as GitLab does. */
export const sendHook = (
  url: string,
  { name, payload }: Hook,
  headers: Readonly<Record<string, string>>,
): Promise<Response> =>
  fetch(`${url}/webhooks/gitlab`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-gitlab-event': name, ...headers },
    body: JSON.stringify(payload),
  });
