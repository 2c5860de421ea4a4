import { findRipgrep } from '../../worker/start/ripgrep.ts';
import { fail, firstLine, ok, type Check } from '../../machine/check.ts';

/** The oldest Node with `node:sqlite` and type stripping as they are used here; `engines` in package.json says the same. */
const OLDEST_NODE = [22, 13] as const;

export const nodeCheck = (version: string): Check => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [leastMajor, leastMinor] = OLDEST_NODE;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
    ? ok('node', version)
    : fail(
        'node',
        `${version} is too old`,
        `Install Node ${OLDEST_NODE.join('.')} or later: https://nodejs.org/en/download`,
      );
};

/** A program, how it says its version, and the Debian package that has it. */
const programs = [
  { name: 'git', args: ['--version'], debian: 'git', purpose: 'snapshots and checkpoints' },
  { name: 'socat', args: ['-V'], debian: 'socat', purpose: 'network access of approved commands' },
  { name: 'prlimit', args: ['--version'], debian: 'util-linux', purpose: 'limits of commands' },
] as const;

export const programChecks = (): Promise<readonly Check[]> =>
  Promise.all(
    programs.map(async ({ name, args, debian, purpose }) => {
      const line = await firstLine(name, args);
      return line === null
        ? fail(
            name,
            `missing; needed for ${purpose}`,
            `Install it; on Debian and Ubuntu: sudo apt-get install ${debian}`,
          )
        : ok(name, versionIn(line));
    }),
  );

const versionIn = (line: string): string => /\d+(?:\.\d+)+/.exec(line)?.[0] ?? 'there';

export const ripgrepCheck = async (): Promise<Check> => {
  const remedy =
    'Install it; on Debian and Ubuntu: sudo apt-get install ripgrep. In a checkout npm run setup brings it (@vscode/ripgrep).';
  try {
    const file = await findRipgrep(process.env);
    const line = await firstLine(file, ['--version']);
    return line === null ? fail('ripgrep', `${file} does not run`, remedy) : ok('ripgrep', versionIn(line));
  } catch (error) {
    return fail('ripgrep', error instanceof Error ? error.message : String(error), remedy);
  }
};
