import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { ok, type Check } from '../../machine/check.ts';

interface BuildTool {
  readonly program: string;
  /** What has to be known before a run relies on it. */
  readonly about: string;
}

/**
 * Tools that load what they need from elsewhere when they first run. Commands of an agent and of verification have no network: what is
 * not in the home that setup leaves behind is not there.
 */
const buildTools: readonly BuildTool[] = [
  {
    program: 'mvn',
    about:
      'Maven loads plugins and dependencies: have setup do it, with its hosts (mvn -q dependency:go-offline, network: [repo.maven.apache.org]), and verify with mvn -o',
  },
  {
    program: 'gradle',
    about:
      'Gradle loads plugins and dependencies: have setup do it, with its hosts (gradle --no-daemon build -x test, network: [plugins.gradle.org, repo.maven.apache.org]), and verify with gradle --no-daemon --offline',
  },
  {
    program: 'uv',
    about:
      'uv loads packages, and Python itself where there is none of the version: have setup do it, with its hosts (uv sync, network: [pypi.org, files.pythonhosted.org]), and verify with uv run --offline',
  },
  {
    program: 'dotnet',
    about:
      '.NET restores packages: have setup do it, with its hosts (dotnet restore, network: [api.nuget.org]), and verify with dotnet test --no-restore. Longhaul’s own tests have not tried it: neither Debian nor npm has it',
  },
];

/** Those that this shell has, with what a run needs of them. */
export const buildToolChecks = (env: NodeJS.ProcessEnv): readonly Check[] => {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return buildTools
    .filter(({ program }) => folders.some((folder) => isProgram(path.join(folder, program))))
    .map(({ program, about }) => ok(program, about));
};

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
