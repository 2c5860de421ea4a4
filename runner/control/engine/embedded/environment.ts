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

/** The whole environment of a worker. The model's key is the one secret that it has. */
export const workerEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  apiKey: string | null,
): Record<string, string> => {
  const own = Object.fromEntries(inherited.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return apiKey === null ? own : { ...own, OPENAI_API_KEY: apiKey };
};
