import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openFolder, projectRoot } from './rig.ts';

/** git as a person runs it, without this machine's configuration. */
export const gitIn = (folder: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder, ...args], {
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.invalid',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.invalid',
      GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
      GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
    },
  });

/** A repository with these files in one commit. */
export const repositoryWith = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = path.join(await openFolder('longhaul-repository-'), 'repository');
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  return committed(folder);
};

/** The sample repository of the demo: a shop whose tests fail. */
export const sampleRepository = async (): Promise<string> => {
  const folder = path.join(await openFolder('longhaul-repository-'), 'repository');
  await cp(path.join(projectRoot, 'scripts', 'sample'), folder, { recursive: true });
  await chmod(folder, 0o755);
  return committed(folder);
};

const committed = (folder: string): string => {
  gitIn(folder, 'init', '--quiet', '--initial-branch=main');
  gitIn(folder, 'add', '--all');
  gitIn(folder, 'commit', '--quiet', '--message=Begin');
  return folder;
};
