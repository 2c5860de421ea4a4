import type { Isolation, ModelSettings } from '../../../../shared/api/worker-api.ts';
import { keyVariable } from '../../../machine/config/model-key.ts';

type Api = ModelSettings['api'];

/** What a worker may inherit: where programs are, how text is written, how the network is reached. Nothing that is a secret. */
const inherited = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'LC_ALL',
  // How VS Code's own program is made to run as node.
  'ELECTRON_RUN_AS_NODE',
  // The search program that VS Code brings along.
  'LONGHAUL_RIPGREP',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_ENV_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
] as const;

/** What a provider's SDK reads in a worker, where its machines run the commands: the key, and where the provider is. */
const ofProviders = {
  e2b: ['E2B_API_KEY', 'E2B_DOMAIN', 'E2B_API_URL', 'E2B_SANDBOX_URL'],
  daytona: ['DAYTONA_API_KEY', 'DAYTONA_API_URL', 'DAYTONA_TARGET'],
  namespaces: [],
  container: [],
} as const satisfies Record<Isolation, readonly string[]>;

/** The whole environment of a worker. Its secrets are the model's key, and the key of who runs its commands if that is somebody else. */
export const workerEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  { apiKey, api, isolation }: { readonly apiKey: string | null; readonly api: Api; readonly isolation: Isolation },
): Record<string, string> => {
  const names = [...inherited, ...ofProviders[isolation]];
  const own = Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return apiKey === null ? own : { ...own, [keyVariable(api)]: apiKey };
};
