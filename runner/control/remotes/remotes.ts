import { Trouble } from '../../../shared/trouble.ts';
import type { RemoteConfig } from '../../machine/config/remote-config.ts';
import type { RemoteCredential } from '../../machine/git/git.ts';
import type { Forge } from '../forges/forge.ts';
import { gitHubToken } from '../github/access.ts';
import { gitHubForge } from '../github/forge.ts';
import { gitLabToken } from '../gitlab/access.ts';
import { gitLabForge } from '../gitlab/forge.ts';

/** What the runner may read from elsewhere, and with which credential. */
export interface Remotes {
  /** The remote as it is to be asked for; null: none that this runner may go to. */
  allowed(url: string): AllowedRemote | null;
  /** What the webhooks of a kind of forge may be signed with, each once. */
  readonly webhookSecrets: Readonly<Record<Forge['name'], readonly string[]>>;
}

export interface AllowedRemote {
  /** In the one form in which it was compared with the settings. */
  readonly url: string;
  /** Made for reading this remote alone, where its server can do that. Null: it is read without. Throws Trouble. */
  readonly credential: () => Promise<RemoteCredential | null>;
  /** Null: it is a plain remote. */
  readonly forge: Forge | null;
  /** What its webhooks are signed with; null: nothing is heard of it. */
  readonly webhookSecret: string | null;
  /** How results are published there; null: its operator lets nothing be. */
  readonly publishing: Publishing | null;
}

export interface Publishing {
  /** Null: it is a plain remote, which has branches and nothing else. */
  readonly forge: Forge | null;
  /** Whoever may not approve may have somebody asked who does, and so has what publishes by itself. */
  readonly asks: boolean;
}

/** Of what a forge signs with; `openssl rand -hex 32` gives 64. */
const fewestSecretCharacters = 16;

/** The first setting that matches a URL decides; where none does, nobody connects. */
export const openRemotes = (configs: readonly RemoteConfig[], env: Environment): Remotes => {
  const known = configs.map((config) => ({ config, pattern: patternOf(config.match) }));
  const secretOf = ({ github, gitlab }: RemoteConfig): string | null => {
    const variable = (github ?? gitlab)?.webhookSecretVariable ?? null;
    const secret = variable === null ? '' : (env[variable] ?? '');
    // What can be guessed is no secret.
    return secret.length < fewestSecretCharacters ? null : secret;
  };
  const secretsOf = (of: readonly RemoteConfig[]): readonly string[] => [
    ...new Set(of.map(secretOf).filter((secret) => secret !== null)),
  ];
  return {
    webhookSecrets: {
      GitHub: secretsOf(configs.filter(({ github }) => github !== null)),
      GitLab: secretsOf(configs.filter(({ gitlab }) => gitlab !== null)),
    },
    allowed: (given) => {
      const url = plainUrl(given);
      if (url === null) return null;
      const match = known.find(({ pattern }) => pattern.test(url));
      if (match === undefined) return null;
      const credential = () => credentialFor(match.config, url, env);
      const forge = forgeOf(match.config, url, env);
      return {
        url,
        credential,
        forge,
        webhookSecret: secretOf(match.config),
        publishing: match.config.publish === false ? null : { forge, asks: match.config.publish === 'ask' },
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

const forgeOf = ({ github, gitlab }: RemoteConfig, url: string, env: Environment): Forge | null => {
  if (github !== null) return gitHubForge(github, url, env);
  return gitlab === null ? null : gitLabForge(gitlab, url, env);
};

const credentialFor = async (
  { match, username, passwordVariable, github, gitlab }: RemoteConfig,
  url: string,
  env: Environment,
): Promise<RemoteCredential | null> => {
  if (github !== null) {
    const permissions = { contents: 'read' } as const;
    return { username: 'x-access-token', password: await gitHubToken(github, { url, env, permissions }) };
  }
  // docs.gitlab.com: any name will do beside a token.
  if (gitlab !== null) {
    const tokenVariable = gitlab.readTokenVariable ?? gitlab.tokenVariable;
    return { username: 'oauth2', password: gitLabToken({ tokenVariable }, url, env) };
  }
  if (passwordVariable === null) return null;
  const password = env[passwordVariable] ?? '';
  if (password === '')
    throw new Trouble(`The token for ${match} is missing: the runner's environment has no ${passwordVariable}.`, {
      remedy: 'Set it where the runner is started, and start it again.',
    });
  return { username, password };
};
