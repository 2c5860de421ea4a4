import { errorMessage } from '../../../shared/trouble.ts';
import { findRipgrep } from '../../worker/start/ripgrep.ts';
import { fail, ok, versionOf, type Check } from '../../machine/check.ts';

/** The oldest Node with `node:sqlite` and type stripping as they are used here; `engines` in package.json says the same. */
const oldestNode = [22, 13] as const;

export const nodeCheck = (version: string): Check => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [leastMajor, leastMinor] = oldestNode;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
    ? ok('node', version)
    : fail(
        'node',
        `${version} is too old`,
        `Install Node ${oldestNode.join('.')} or later: https://nodejs.org/en/download`,
      );
};

/** A program, how it says its version, and the Debian package that has it. */
const programs = [
  { name: 'git', asked: '--version', debian: 'git', purpose: 'snapshots and checkpoints' },
  { name: 'socat', asked: '-V', debian: 'socat', purpose: 'network access of approved commands' },
  { name: 'prlimit', asked: '--version', debian: 'util-linux', purpose: 'limits of commands' },
] as const;

export const programChecks = (): Promise<readonly Check[]> =>
  Promise.all(
    programs.map(async ({ name, asked, debian, purpose }) => {
      const version = await versionOf(name, asked);
      const remedy = `Install it; on Debian and Ubuntu: sudo apt-get install ${debian}`;
      return version === null ? fail(name, `missing; needed for ${purpose}`, remedy) : ok(name, version);
    }),
  );

export const ripgrepCheck = async (): Promise<Check> => {
  const remedy =
    'Install it; on Debian and Ubuntu: sudo apt-get install ripgrep. In a checkout npm run setup brings it (@vscode/ripgrep).';
  try {
    const file = await findRipgrep(process.env);
    const version = await versionOf(file);
    return version === null ? fail('ripgrep', `${file} does not run`, remedy) : ok('ripgrep', version);
  } catch (error) {
    return fail('ripgrep', errorMessage(error), remedy);
  }
};
