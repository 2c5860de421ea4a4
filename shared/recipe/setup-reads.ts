import { globMatches } from '../policy/glob.ts';
import type { PlannedCommand } from '../run/events.ts';

/** Files by which the common ecosystems say what is installed and what runs while it is, wherever in a tree they lie. */
const manifests: readonly RegExp[] = [
  // JavaScript
  /^(package\.json|package-lock\.json|npm-shrinkwrap\.json|\.npmrc|\.yarnrc|\.yarnrc\.yml|yarn\.lock|\.pnp\.[cm]?js)$/,
  /^(pnpm-lock\.yaml|pnpm-workspace\.yaml|\.pnpmfile\.cjs|bun\.lockb?|bunfig\.toml|deno\.jsonc?|deno\.lock|lerna\.json)$/,
  /^(binding\.gyp|\.nvmrc|\.node-version|\.tool-versions)$/,
  // Python
  /^(.*requirements.*\.(txt|in)|constraints.*\.txt|pyproject\.toml|setup\.(py|cfg)|poetry\.lock|poetry\.toml|uv\.lock|uv\.toml)$/,
  /^(Pipfile|Pipfile\.lock|pdm\.lock|pip\.conf|tox\.ini|environment\.ya?ml|conda-lock\.yml|\.python-version)$/,
  // Rust, Go, Ruby, PHP
  /^(Cargo\.(toml|lock)|build\.rs|rust-toolchain(\.toml)?|go\.(mod|sum|work|work\.sum))$/,
  /^(Gemfile(\.lock)?|gems\.(rb|locked)|.*\.gemspec|Rakefile|\.ruby-version|composer\.(json|lock)|auth\.json)$/,
  // JVM, .NET
  /^(pom\.xml|.*\.gradle(\.kts)?|gradle\.properties|gradlew(\.bat)?|gradle-wrapper\.(properties|jar)|mvnw(\.cmd)?)$/,
  /^(libs\.versions\.toml|build\.sbt|maven-wrapper\.properties|settings\.xml|deps\.edn|project\.clj)$/,
  /^(.*\.(cs|fs|vb)proj|.*\.sln|nuget\.config|NuGet\.Config|packages\.config|packages\.lock\.json|global\.json)$/,
  /^Directory\.(Build|Packages)\.(props|targets)$/,
  // Others
  /^(mix\.(exs|lock)|rebar\.config|rebar\.lock|stack\.yaml(\.lock)?|.*\.cabal|cabal\.project.*|dune-project|.*\.opam)$/,
  /^(Package\.(swift|resolved)|Podfile(\.lock)?|pubspec\.(yaml|lock)|Brewfile|flake\.(nix|lock)|shell\.nix|default\.nix)$/,
  /^((GNU)?[Mm]akefile|.*\.mk|CMakeLists\.txt|CMakePresets\.json|configure(\.ac)?|meson\.build|justfile|Taskfile\.ya?ml)$/,
  /^(conanfile\.(py|txt)|vcpkg\.json|WORKSPACE|MODULE\.bazel(\.lock)?|BUILD(\.bazel)?|Dockerfile|\.gitmodules)$/,
];

/** Folders whose every file belongs to what installs. */
const folders = /(^|\/)(\.mvn|\.yarn|\.cargo|gradle\/wrapper|buildSrc)\//;

/** Words after which a folder is named that commands go to: what counts there are its manifests, not all that is in it. */
const goesTo = /^(cd|pushd|-C|--prefix|--cwd|--dir|--directory|--project|--root|-e|--editable)$/;

/** Parts of a command line that can name files, as a shell would pass them. */
const wordsOf = (command: string): readonly string[] => {
  const words = command
    .split(/[\s;&|()<>`]+/)
    .map((word) => word.replace(/["'\\]/g, ''))
    .filter((word) => word !== '');
  return words.flatMap((word, index) => {
    if (goesTo.test(words[index - 1] ?? '') || goesTo.test(word.split('=')[0] ?? '')) return [];
    const value = word.includes('=') ? word.slice(word.indexOf('=') + 1) : word;
    return [value.replace(/^\$PWD\/|^\/workspace\/|^(\.\/)+|^@/, '').replace(/\/+$/, '')];
  });
};

const names = (word: string, path: string): boolean =>
  word === '.' || path === word || path.startsWith(`${word}/`) || (word.includes('*') && globMatches(word, path));

/**
 * Says of a path whether these commands read it when they prepare a tree: a manifest or lock file of a common ecosystem, a file that
 * a word of theirs names, or one that the repository lists (`extra`, globs). What this does not know of is no hole: what has a network runs
 * on the base's own files whatever this says. It decides whether a person is asked for another setup.
 */
export const setupReads = (
  setup: readonly Pick<PlannedCommand, 'command'>[],
  extra: readonly string[],
): ((path: string) => boolean) => {
  const words = setup.flatMap(({ command }) => wordsOf(command)).filter((word) => word !== '');
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return (
      manifests.some((manifest) => manifest.test(name)) ||
      folders.test(path) ||
      words.some((word) => names(word, path)) ||
      extra.some((glob) => globMatches(glob, path))
    );
  };
};

/** Of the files that changed, those that setup reads, by either of their names; sorted. */
export const changedReads = (
  changes: readonly {
    readonly before: { readonly path: string } | null;
    readonly after: { readonly path: string } | null;
  }[],
  reads: (path: string) => boolean,
): readonly string[] =>
  [
    ...new Set(
      changes
        .flatMap(({ before, after }) => [before?.path ?? [], after?.path ?? []].flat())
        .filter((path) => reads(path)),
    ),
  ].toSorted();
