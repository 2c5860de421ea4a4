import { Trouble } from '../../../shared/trouble.ts';
import type { RemoteConfig } from '../../machine/config/config.ts';
import type { RemoteCredential } from '../../machine/git/git.ts';
import { gitHubCredential } from './github.ts';

/** What the runner may read from elsewhere, and with which credential. */
export interface Remotes {
  /** The remote as it is to be asked for; null: none that this runner may go to. */
  allowed(url: string): AllowedRemote | null;
}

export interface AllowedRemote {
  /** In the one form in which it was compared with the settings. */
  readonly url: string;
  /** Made for reading this remote alone, where its server can do that. Null: it is read without. Throws Trouble. */
  credential(): Promise<RemoteCredential | null>;
}

/** The first setting that matches a URL decides; where none does, nobody connects. */
export const openRemotes = (
  configs: readonly RemoteConfig[],
  env: Readonly<Record<string, string | undefined>>,
): Remotes => {
  const known = configs.map((config) => ({ config, pattern: patternOf(config.match) }));
  return {
    allowed: (given) => {
      const url = plainUrl(given);
      if (url === null) return null;
      const match = known.find(({ pattern }) => pattern.test(url));
      return match === undefined ? null : { url, credential: () => credentialFor(match.config, url, env) };
    },
  };
};

/**
 * A URL in the one form in which it is compared and asked for, without what leads elsewhere on the way, such as /../ in any spelling. Null: it has what some
 * servers take for a part of the path and others do not, so that nobody can say where it leads: encoded slashes, backslashes, dots,
 * percent signs and control characters.
 */
const plainUrl = (given: string): string | null => {
  const url = URL.parse(given)?.href;
  return url === undefined || ambiguous.test(url) ? null : url;
};

const ambiguous = /%(?:2f|5c|2e|25|7f|[01][0-9a-f])|\\/i;

const patternOf = (match: string): RegExp =>
  new RegExp(
    `^${match
      .split('*')
      .map((part) => part.replace(/[\\^$.+?()[\]{}|/]/g, '\\$&'))
      .join('.*')}$`,
  );

const credentialFor = async (
  { match, username, passwordVariable, github }: RemoteConfig,
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<RemoteCredential | null> => {
  if (github !== null) return gitHubCredential(github, url);
  if (passwordVariable === null) return null;
  const password = env[passwordVariable] ?? '';
  if (password === '')
    throw new Trouble(`The token for ${match} is missing: the runner's environment has no ${passwordVariable}.`, {
      remedy: 'Set it where the runner is started, and start it again.',
    });
  return { username, password };
};
