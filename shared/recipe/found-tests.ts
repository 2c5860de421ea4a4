import { z } from 'zod';

/** A command that shows whether things work, as a manifest suggests it. Never text of the manifest: whoever wrote that is not asked. */
export interface FoundTests {
  /** Name of the manifest. */
  readonly file: string;
  readonly command: string;
}

const PackageJson = z.object({ scripts: z.object({ test: z.string() }) });

/** What `npm init` writes, which always fails. */
const unset = /no test specified/;

const hasTestScript = (text: string): boolean => {
  try {
    const parsed = PackageJson.safeParse(JSON.parse(text));
    return parsed.success && parsed.data.scripts.test.trim() !== '' && !unset.test(parsed.data.scripts.test);
  } catch {
    return false;
  }
};

/** Whether a rule of a Makefile is for the target `test`. `test := x` is a variable. */
const hasTestTarget = (text: string): boolean =>
  text.split('\n').some((line) => {
    const at = line.indexOf(':');
    if (at < 0 || /^[\t#]/.test(line) || /^:{0,2}=/.test(line.slice(at + 1))) return false;
    return line.slice(0, at).split(/\s+/).includes('test');
  });

const always = (): boolean => true;
const mentions =
  (pattern: RegExp) =>
  (text: string): boolean =>
    pattern.test(text);

/** By manifest, the likeliest first: what has to be in it, and the command. */
const known: readonly (FoundTests & { readonly has: (text: string) => boolean })[] = [
  { file: 'package.json', command: 'npm test', has: hasTestScript },
  { file: 'Cargo.toml', command: 'cargo test', has: mentions(/^\s*\[(package|workspace)\]/m) },
  { file: 'go.mod', command: 'go test ./...', has: mentions(/^module\s/m) },
  { file: 'pytest.ini', command: 'pytest', has: always },
  { file: 'pyproject.toml', command: 'pytest', has: mentions(/\bpytest\b/) },
  { file: 'tox.ini', command: 'pytest', has: mentions(/\bpytest\b/) },
  ...['GNUmakefile', 'makefile', 'Makefile'].map((file) => ({ file, command: 'make test', has: hasTestTarget })),
];

/** The files of a folder that are worth reading. */
export const testManifests: readonly string[] = known.map(({ file }) => file);

/** What the manifests of one folder suggest, the likeliest first, each command once. `texts` by the names of the files. Total. */
export const testsIn = (texts: ReadonlyMap<string, string>): readonly FoundTests[] => {
  const found = known.flatMap(({ file, command, has }) => {
    const text = texts.get(file);
    return text !== undefined && has(text) ? [{ file, command }] : [];
  });
  return found.filter(({ command }, index) => found.findIndex((other) => other.command === command) === index);
};
