import { z } from 'zod';
import { globTouches } from '../policy/names.ts';
import { agentFiles } from '../policy/default.ts';
import { linkLeadsTo } from '../policy/difference.ts';
import { allRules } from '../policy/evaluate.ts';
import type { Policy, TaskPolicy } from '../policy/policy.ts';

/** What a reviewer should not overlook in a changed file, in one sentence. */
export const Caution = z.strictObject({
  kind: z.enum(['automation', 'policy', 'link', 'git', 'scripts', 'editor', 'dependencies', 'owners', 'name']),
  text: z.string(),
});
export type Caution = z.infer<typeof Caution>;

/** A changed file that has any, by its path in the result; of a deleted file, where it was. */
export const MarkedFile = z.strictObject({ path: z.string(), cautions: z.array(Caution).min(1) });
export type MarkedFile = z.infer<typeof MarkedFile>;

/** One side of a changed file. `text` null: it was not read, or is no text; of a link it is what the link says. */
export interface Side {
  readonly path: string;
  /** Git's: 100644, 100755, 120000. */
  readonly mode: string;
  readonly text: string | null;
}

/** A file that differs. A side that is null is not there. */
export interface Changed {
  readonly before: Side | null;
  readonly after: Side | null;
}

const link = '120000';
/** What the agent knows the repository as. */
const sandboxRoot = '/workspace';

interface Known extends Caution {
  readonly glob: string;
}

/** What has an effect by lying there, at any depth where tools look for it at any depth. */
const known: readonly Known[] = [
  {
    kind: 'automation',
    glob: '{.github/workflows/**,.github/actions/**,.gitlab-ci.yml,.gitlab/**,.circleci/**,.gitea/**,.forgejo/**,.travis.yml,.drone.yml,appveyor.yml,azure-pipelines.yml,bitbucket-pipelines.yml,Jenkinsfile,.buildkite/**,.buildkite.yml,.woodpecker/**,.woodpecker.yml,.semaphore/**,.tekton/**,.builds/**,.appveyor.yml,cloudbuild.yaml,.github/dependabot.yml}',
    text: 'It runs by itself once it is pushed, with the rights and secrets of the repository.',
  },
  {
    kind: 'automation',
    glob: '.longhaul/**',
    text: 'It says what background agents may do and what runs before them.',
  },
  {
    kind: 'automation',
    glob: agentFiles,
    text: 'Agents take it as instructions, or start what it names, when somebody works here with one.',
  },
  {
    kind: 'automation',
    glob: '{**/.husky/**,**/.githooks/**,lefthook.yml,.lefthook.yml,.pre-commit-config.yaml}',
    text: 'It runs on your machine when you commit or push.',
  },
  {
    kind: 'owners',
    glob: '{CODEOWNERS,docs/CODEOWNERS,.github/CODEOWNERS,.gitlab/CODEOWNERS}',
    text: 'It says who has to approve changes.',
  },
  { kind: 'git', glob: '**/.gitattributes', text: 'It changes how git reads, shows, merges and exports files.' },
  { kind: 'git', glob: '.gitmodules', text: 'It says from where git fetches further code.' },
  { kind: 'git', glob: '**/.gitignore', text: 'It hides files from git, and so from reviews.' },
  { kind: 'git', glob: '{**/.git,**/.git/**}', text: 'It is repository data of git, which may run programs.' },
  {
    kind: 'editor',
    glob: '{**/.vscode/**,**/.idea/**,**/.fleet/**,**/*.code-workspace}',
    text: 'Your editor takes it up: settings, tasks and programs to start.',
  },
  {
    kind: 'editor',
    glob: '{**/.devcontainer/**,**/.devcontainer.json}',
    text: 'It says what is built and run when the folder is opened in a container.',
  },
  {
    kind: 'editor',
    glob: '{**/.envrc,**/flake.nix,**/shell.nix,**/mise.toml,**/.mise.toml,**/.tool-versions}',
    text: 'Your shell takes it up when you go into the folder.',
  },
  {
    kind: 'scripts',
    glob: '{**/Makefile,**/GNUmakefile,**/*.mk,**/justfile,**/Taskfile.yml,**/Rakefile,**/Dockerfile,**/setup.py,**/conftest.py,**/sitecustomize.py,**/usercustomize.py,**/*.pth,**/noxfile.py,**/CMakeLists.txt,**/pom.xml,**/Directory.Build.props,**/Directory.Build.targets,**/build.rs,**/build.gradle,**/build.gradle.kts}',
    text: 'It runs when somebody builds or tests.',
  },
  {
    kind: 'dependencies',
    glob: '{**/package-lock.json,**/npm-shrinkwrap.json,**/yarn.lock,**/pnpm-lock.yaml,**/bun.lock,**/Cargo.lock,**/poetry.lock,**/uv.lock,**/Pipfile.lock,**/Gemfile.lock,**/composer.lock,**/go.sum}',
    text: 'It says which code of others is fetched, and from where.',
  },
  {
    kind: 'dependencies',
    glob: '{**/.npmrc,**/.yarnrc,**/.yarnrc.yml,**/.pypirc,**/pip.conf,**/.cargo/config.toml}',
    text: 'It says from where packages are fetched, and with which rights.',
  },
];

/** Whether a change of `package.json` touches what it has run. Text that is no JSON may be anything. */
const changesScripts = ({ before, after }: Changed): boolean => scriptsOf(before) !== scriptsOf(after);

const scriptsOf = (side: Side | null): string | null => {
  if (side === null) return '{}';
  if (side.text === null) return null;
  try {
    const value: unknown = JSON.parse(side.text);
    const field = (name: string): unknown =>
      typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    const ran = {
      scripts: field('scripts') ?? {},
      bin: field('bin'),
      hooks: field('simple-git-hooks') ?? field('husky'),
    };
    return ran.bin === undefined && ran.hooks === undefined && JSON.stringify(ran.scripts) === '{}'
      ? '{}'
      : JSON.stringify(ran);
  } catch {
    return null;
  }
};

const ofScripts = (change: Changed, paths: readonly string[]): readonly Caution[] => {
  if (!paths.some((path) => globTouches('**/package.json', path))) return [];
  const unread = [change.before, change.after].some((side) => side !== null && scriptsOf(side) === null);
  return unread || changesScripts(change)
    ? [{ kind: 'scripts', text: 'It changes what package managers run: scripts, hooks or programs.' }]
    : [];
};

/** Where a link leads, as a file and as a folder: what policy protects there is protected from it too. */
const leadsOf = ({ after }: Changed): readonly string[] => {
  if (after?.mode !== link || after.text === null) return [];
  const leads = linkLeadsTo(after.path, after.text, sandboxRoot);
  return [leads, `${leads}/`];
};

const ofLink = ({ before, after }: Changed): readonly Caution[] => {
  if (after?.mode !== link) return [];
  const target = after.text;
  if (target === null) return [{ kind: 'link', text: 'It is a symbolic link.' }];
  const leads = linkLeadsTo(after.path, target, sandboxRoot);
  if (target.startsWith('/') || leads === '..' || leads.startsWith('../'))
    return [{ kind: 'link', text: `It is a link that leaves the repository, to ${JSON.stringify(target)}.` }];
  const hidden = known.find(({ glob }) => globTouches(glob, leads) || globTouches(glob, `${leads}/x`));
  const was = before !== null && before.mode !== link ? ' It was a file.' : '';
  return hidden === undefined
    ? [{ kind: 'link', text: `It is a link to ${JSON.stringify(target)}.${was}` }]
    : [{ kind: 'link', text: `It is a link to ${JSON.stringify(target)}. ${hidden.text}` }];
};

/** Characters that make a name look like another one, and short names that Windows has for others. */
const misleading = /[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\\]|~\d|[. ](?:\/|$)/u;

const ofName = (paths: readonly string[]): readonly Caution[] =>
  paths.some((path) => misleading.test(path))
    ? [{ kind: 'name', text: 'Its name may be shown as, or taken for, another one.' }]
    : [];

const ofMode = ({ before, after }: Changed): readonly Caution[] =>
  after?.mode === '100755' && before?.mode !== '100755'
    ? [{ kind: 'scripts', text: 'It can be run as a program now.' }]
    : [];

/** Rules of the run's policy that ask or deny by path: what they protect stays marked, whoever let it through. */
const ofPolicy = (policy: Policy | TaskPolicy, paths: readonly string[]): readonly Caution[] =>
  allRules(policy).flatMap(({ verdict, path: glob, id, reason }): Caution[] =>
    verdict !== 'allow' && glob !== undefined && paths.some((path) => globTouches(glob, path))
      ? [{ kind: 'policy', text: `Policy protects it (rule ${id}): ${reason}` }]
      : [],
  );

/** What a reviewer should not overlook in one changed file; the weightiest first. Pure. */
export const cautionsOf = (change: Changed, policy: Policy | TaskPolicy): readonly Caution[] => {
  const paths = [...new Set([change.before?.path, change.after?.path].filter((path) => path !== undefined))];
  const named = known.filter(({ glob }) => paths.some((path) => globTouches(glob, path)));
  return [
    ...ofLink(change),
    ...ofPolicy(policy, [...paths, ...leadsOf(change)]),
    ...named.map(({ kind, text }) => ({ kind, text })),
    ...ofScripts(change, paths),
    ...ofName(paths),
    ...ofMode(change),
  ];
};

/** A folder that git takes for a repository by what lies in it, `.git` or not, and whose configuration it then obeys. */
const bareRepository: Caution = {
  kind: 'git',
  text: 'It makes its folder a repository of git, whose configuration may run programs.',
};

/** What only all changed files together tell of one of them. `paths`: of the result. Pure. */
export const cautionsAmong = (paths: readonly string[]): ReadonlyMap<string, Caution> => {
  const lower = paths.map((path) => path.toLowerCase());
  const folders = lower
    .filter((path) => path === 'head' || path.endsWith('/head'))
    .map((path) => path.slice(0, -'head'.length))
    .filter((folder) => lower.some((path) => path === `${folder}config` || path.startsWith(`${folder}objects/`)));
  return new Map(
    paths
      .filter((_, index) =>
        folders.some((folder) => lower[index] === `${folder}head` || lower[index] === `${folder}config`),
      )
      .map((path) => [path, bareRepository]),
  );
};

/** Whether the text of a file is needed to say so. */
export const needsText = (path: string, mode: string): boolean => mode === link || globTouches('**/package.json', path);
