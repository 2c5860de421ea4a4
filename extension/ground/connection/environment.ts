import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from './settings.ts';

/** VS Code's own variables steer its processes and mean nothing, or harm, to a program that outlives its window. */
const isVsCodes = (name: string): boolean => /^(VSCODE_|ELECTRON_)/.test(name) || name === 'NODE_OPTIONS';

export interface EnvironmentOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly settings: Pick<Settings, 'model' | 'baseUrl'>;
  /** Handed over here and nowhere else: not in settings, not on a command line. */
  readonly modelKey: string | undefined;
  /** The search program that VS Code brings along; undefined: the runner looks for one itself. */
  readonly ripgrep: string | undefined;
}

/** The environment of the packaged runner: this window's, as Node's, with what the person has set. */
export const runnerEnvironment = ({ env, settings, modelKey, ripgrep }: EnvironmentOptions): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !isVsCodes(name))),
  ELECTRON_RUN_AS_NODE: '1',
  ...(settings.model === '' ? {} : { LONGHAUL_MODEL: settings.model }),
  ...(settings.baseUrl === '' ? {} : { OPENAI_BASE_URL: settings.baseUrl, ANTHROPIC_BASE_URL: settings.baseUrl }),
  ...(modelKey === undefined ? {} : { OPENAI_API_KEY: modelKey, ANTHROPIC_API_KEY: modelKey }),
  ...(ripgrep === undefined ? {} : { LONGHAUL_RIPGREP: ripgrep }),
});

/** Where VS Code's versions have kept ripgrep, below the folder of the application. */
const ripgrepPlaces = (platform: string, arch: string): readonly string[] =>
  ['node_modules', 'node_modules.asar.unpacked'].flatMap((modules) => [
    join(modules, '@vscode', 'ripgrep-universal', 'bin', `${platform}-${arch}`, 'rg'),
    join(modules, '@vscode', 'ripgrep', 'bin', 'rg'),
  ]);

/** The ripgrep that VS Code searches with: packing another 5 MB would bring nothing. */
export const ripgrepOf = (appRoot: string): string | undefined =>
  ripgrepPlaces(process.platform, process.arch)
    .map((place) => join(appRoot, place))
    .find(existsSync);
