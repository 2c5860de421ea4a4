import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { gitLabForge } from '../../runner/control/gitlab/forge.ts';
import type { Forge } from '../../runner/control/forges/forge.ts';
import { startFakeGitLab, tokenOf, type FakeGitLab } from '../fakes/gitlab/server.ts';
import { World } from '../fakes/gitlab/world.ts';
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
    const api = await startFakeGitLab(world, { path: project, webUrl: `${git.url}/${project}` });
    return new GitLab({ world, api, git, folder });
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#git[Symbol.asyncDispose]();
    await this.api[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}
