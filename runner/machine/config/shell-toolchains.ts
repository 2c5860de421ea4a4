import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { isOpenToAll, prefixOf } from './toolchain.ts';

/** A program that the person has in their shell from a place that commands do not see. */
export interface ShellToolchain {
  readonly program: string;
  /** What installed it there: pyenv, nvm, rustup, asdf, mise; null: nobody knows. */
  readonly by: string | null;
  /** To be shown: it has a `bin` folder. Null: which version is in use is not to be found out. */
  readonly folder: string | null;
  /** Users without rights can get there: what root's commands run as. */
  readonly open: boolean;
}

/** What is looked for, with the names that asdf and mise have for it. */
const programs: readonly (readonly [program: string, ...plugins: readonly string[]])[] = [
  ['node', 'nodejs', 'node'],
  ['python3', 'python'],
  ['cargo', 'rust'],
  ['go', 'golang', 'go'],
  ['java', 'java'],
  ['mvn', 'maven'],
  ['gradle', 'gradle'],
  ['ruby', 'ruby'],
  ['php', 'php'],
  ['dotnet', 'dotnet', 'dotnet-core'],
];

/** Those of the PATH that neither /usr nor one of `readable` holds. Runs nothing: versions are read from where version managers keep them. */
export const shellToolchains = (
  env: Readonly<Record<string, string | undefined>>,
  { home, readable }: { readonly home: string; readonly readable: readonly string[] },
): readonly ShellToolchain[] =>
  programs.flatMap(([program, ...plugins]) => {
    const file = onPath(program, env);
    if (file === null) return [];
    const real = unlessMissing(() => realpathSync(file), file);
    const seen = (path: string) =>
      /^\/(?:usr|bin|sbin)\//.test(path) || readable.some((folder) => path.startsWith(folder + sep));
    const found = managed({ file, real, program, plugins }, env, home);
    const folder = found === null ? (prefixOf(real, home)[0] ?? null) : found.folder;
    if (folder === null ? found === null || seen(real) : seen(join(folder, 'bin', program)) || seen(`${folder}/`))
      return [];
    return [
      {
        program,
        by: found?.by ?? null,
        folder,
        open: folder !== null && unlessMissing(() => isOpenToAll(join(folder, 'bin')), false),
      },
    ];
  });

/** What is not there, or not to be read, is as if it were nothing. */
const unlessMissing = <Value>(look: () => Value, otherwise: Value): Value => {
  try {
    return look();
  } catch {
    return otherwise;
  }
};

const names = (folder: string): readonly string[] => unlessMissing(() => readdirSync(folder), []);
const text = (file: string): string => unlessMissing(() => readFileSync(file, 'utf8'), '');

const onPath = (program: string, env: Readonly<Record<string, string | undefined>>): string | null => {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  const folder = folders.find((each) => names(each).includes(program));
  return folder === undefined ? null : join(folder, program);
};

interface Found {
  readonly file: string;
  /** Behind links. */
  readonly real: string;
  readonly program: string;
  readonly plugins: readonly string[];
}

/** What a version manager has put on the PATH is a shim, or lies below the manager's folder. Null: it is none of those that are known. */
const managed = (
  { file, real, program, plugins }: Found,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): { readonly by: string; readonly folder: string | null } | null => {
  const pyenv = env['PYENV_ROOT'] ?? join(home, '.pyenv');
  if (file.startsWith(`${pyenv}/`)) {
    const version = text(join(pyenv, 'version')).split(/\s/)[0] ?? '';
    return { by: 'pyenv', folder: existing(join(pyenv, 'versions'), version) };
  }
  const rustup = env['RUSTUP_HOME'] ?? join(home, '.rustup');
  const cargo = env['CARGO_HOME'] ?? join(home, '.cargo');
  if (program === 'cargo' && dirname(file) === join(cargo, 'bin')) {
    const version = /^default_toolchain\s*=\s*"([^"]+)"/m.exec(text(join(rustup, 'settings.toml')))?.[1] ?? '';
    return { by: 'rustup', folder: existing(join(rustup, 'toolchains'), version) };
  }
  const nvm = env['NVM_DIR'] ?? join(home, '.nvm');
  if (real.startsWith(`${nvm}/`)) return { by: 'nvm', folder: dirname(dirname(real)) };
  const managers = [
    ['asdf', env['ASDF_DATA_DIR'] ?? join(home, '.asdf'), join(home, '.tool-versions')],
    ['mise', env['MISE_DATA_DIR'] ?? join(home, '.local/share/mise'), join(home, '.config/mise/config.toml')],
  ] as const;
  for (const [by, root, versions] of managers) {
    if (!file.startsWith(`${root}/`)) continue;
    const inPlace = /^(.*\/installs\/[^/]+\/[^/]+)\//.exec(file)?.[1];
    return { by, folder: inPlace ?? installed(root, plugins, text(versions)) };
  }
  return null;
};

/** The version that the person's own list names, or the only one. */
const installed = (root: string, plugins: readonly string[], versions: string): string | null => {
  for (const plugin of plugins) {
    const folder = join(root, 'installs', plugin);
    const named = new RegExp(`^${plugin}\\s*[= ]\\s*"?([^"\\s]+)`, 'm').exec(versions)?.[1] ?? '';
    const found = existing(folder, named);
    if (found !== null) return found;
  }
  return null;
};

const existing = (folder: string, version: string): string | null => {
  const there = names(folder);
  if (version !== '' && there.includes(version)) return join(folder, version);
  return there.length === 1 ? join(folder, there[0] ?? '') : null;
};
