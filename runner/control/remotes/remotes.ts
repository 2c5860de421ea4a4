import { Trouble } from '../../../shared/trouble.ts';
import type { RemoteConfig } from '../../machine/config/config.ts';
import type { RemoteCredential } from '../../machine/git/git.ts';
import { gitHubToken, openGitHub, type OpenGitHub } from '../github/access.ts';

/** What the runner may read from elsewhere, and with which credential. */
export interface Remotes {
  /** The remote as it is to be asked for; null: none that this runner may go to. */
  allowed(url: string): AllowedRemote | null;
  /** What GitHub's webhooks may be signed with, each once. */
  readonly webhookSecrets: readonly string[];
}

export interface AllowedRemote {
  /** In the one form in which it was compared with the settings. */
  readonly url: string;
  /** Made for reading this remote alone, where its server can do that. Null: it is read without. Throws Trouble. */
  readonly credential: () => Promise<RemoteCredential | null>;
  /** GitHub's API, where the remote is GitHub's: for that repository alone. */
  readonly github: OpenGitHub | null;
  /** What its webhooks are signed with; null: nothing is heard of it. */
  readonly webhookSecret: string | null;
  /** How results are published there; null: its operator lets nothing be. */
  readonly publishing: Publishing | null;
}

export interface Publishing {
  /** GitHub's API, where the remote is GitHub's: for that repository alone. Null: it is a plain remote. */
  readonly github: OpenGitHub | null;
  /** Whoever may not approve may have somebody asked who does, and so has what publishes by itself. */
  readonly asks: boolean;
}

/** Of what GitHub signs with; `openssl rand -hex 32` gives 64. */
const fewestSecretCharacters = 16;

/** The first setting that matches a URL decides; where none does, nobody connects. */
export const openRemotes = (configs: readonly RemoteConfig[], env: Environment): Remotes => {
  const known = configs.map((config) => ({ config, pattern: patternOf(config.match) }));
  const secretOf = ({ github }: RemoteConfig): string | null => {
    const secret = github?.webhookSecretVariable == null ? '' : (env[github.webhookSecretVariable] ?? '');
    // What can be guessed is no secret.
    return secret.length < fewestSecretCharacters ? null : secret;
  };
  return {
    webhookSecrets: [...new Set(configs.map(secretOf).filter((secret) => secret !== null))],
    allowed: (given) => {
      const url = plainUrl(given);
      if (url === null) return null;
      const match = known.find(({ pattern }) => pattern.test(url));
      if (match === undefined) return null;
      const credential = () => credentialFor(match.config, url, env);
      const github = match.config.github === null ? null : openGitHub(match.config.github, url, env);
      return {
        url,
        credential,
        github,
        webhookSecret: secretOf(match.config),
        publishing: match.config.publish === false ? null : { github, asks: match.config.publish === 'ask' },
      };
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

type Environment = Readonly<Record<string, string | undefined>>;

const credentialFor = async (
  { match, username, passwordVariable, github }: RemoteConfig,
  url: string,
  env: Environment,
): Promise<RemoteCredential | null> => {
  if (github !== null) {
    const permissions = { contents: 'read' } as const;
    return { username: 'x-access-token', password: await gitHubToken(github, { url, env, permissions }) };
  }
  if (passwordVariable === null) return null;
  const password = env[passwordVariable] ?? '';
  if (password === '')
    throw new Trouble(`The token for ${match} is missing: the runner's environment has no ${passwordVariable}.`, {
      remedy: 'Set it where the runner is started, and start it again.',
    });
  return { username, password };
};
