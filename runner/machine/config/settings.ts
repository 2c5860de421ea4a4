/** A setting that a flag or a variable can give. `value` names its value in help. */
export interface Setting {
  /** Where it is in the file: `model.name`. */
  readonly path: string;
  /** Null: no flag, because a value on a command line can be read by every user of the machine. */
  readonly flag: string | null;
  readonly variable: string | null;
  readonly kind: 'text' | 'number' | 'boolean' | 'list';
  readonly value: string;
  readonly about: string;
}

/** Values of flags by setting, as text. */
export type Flags = Readonly<Record<string, string | undefined>>;

const setting = (
  path: string,
  names: Pick<Setting, 'flag' | 'variable'>,
  rest: Omit<Setting, 'path' | 'flag' | 'variable'>,
): Setting => ({
  path,
  ...names,
  ...rest,
});

/** Every setting that is not in the file alone. The command line makes its flags and its help from this. */
export const settings: readonly Setting[] = [
  setting(
    'model.name',
    { flag: '--model', variable: 'LONGHAUL_MODEL' },
    { kind: 'text', value: 'name', about: 'model that agents use' },
  ),
  setting(
    'model.api',
    { flag: '--api', variable: 'LONGHAUL_API' },
    { kind: 'text', value: 'responses|chat|anthropic', about: 'API that the model endpoint speaks' },
  ),
  setting(
    'model.baseUrl',
    { flag: '--base-url', variable: 'OPENAI_BASE_URL' },
    { kind: 'text', value: 'url', about: 'model endpoint, such as https://api.openai.com/v1' },
  ),
  setting(
    'model.background',
    { flag: null, variable: 'LONGHAUL_BACKGROUND' },
    { kind: 'boolean', value: 'yes|no', about: 'let model calls outlive the worker' },
  ),
  setting(
    'model.reasoningEffort',
    { flag: '--reasoning-effort', variable: 'LONGHAUL_REASONING_EFFORT' },
    { kind: 'text', value: 'effort', about: 'none, minimal, low, medium, high, xhigh or max' },
  ),
  setting(
    'model.contextWindow',
    { flag: '--context-window', variable: 'LONGHAUL_CONTEXT_WINDOW' },
    { kind: 'number', value: 'tokens', about: 'context window of a model that the price list does not know' },
  ),
  setting(
    'model.idleSeconds',
    { flag: null, variable: 'LONGHAUL_MODEL_IDLE_SECONDS' },
    { kind: 'number', value: 'seconds', about: 'silence after which a model call is asked again' },
  ),
  setting(
    'model.pricesOf',
    { flag: null, variable: 'LONGHAUL_PRICES_OF' },
    { kind: 'text', value: 'provider', about: 'provider whose prices hold' },
  ),
  setting(
    'apiKey',
    { flag: null, variable: 'OPENAI_API_KEY' },
    { kind: 'text', value: 'key', about: 'key of the model endpoint' },
  ),
  setting(
    'store.url',
    { flag: null, variable: 'LONGHAUL_DATABASE_URL' },
    { kind: 'text', value: 'url', about: 'Postgres database for the runs, instead of a file in the home' },
  ),
  setting(
    'limits.workers',
    { flag: '--workers', variable: 'LONGHAUL_WORKERS' },
    { kind: 'number', value: 'count', about: 'runs worked on at once' },
  ),
  setting(
    'limits.perTenant',
    { flag: null, variable: 'LONGHAUL_PER_TENANT' },
    { kind: 'number', value: 'count', about: 'of them, for one tenant' },
  ),
  setting(
    'limits.perRepository',
    { flag: null, variable: 'LONGHAUL_PER_REPOSITORY' },
    { kind: 'number', value: 'count', about: 'of them, on one repository' },
  ),
  setting(
    'engine.kind',
    { flag: '--engine', variable: 'LONGHAUL_ENGINE' },
    { kind: 'text', value: 'embedded|trigger', about: 'what starts workers' },
  ),
  setting(
    'engine.waits',
    { flag: null, variable: 'LONGHAUL_WAITS' },
    { kind: 'text', value: 'end|token', about: 'on Trigger.dev: end the task at a wait, or suspend it' },
  ),
  setting(
    'sandbox.isolation',
    { flag: '--isolation', variable: 'LONGHAUL_ISOLATION' },
    { kind: 'text', value: 'kind', about: 'what keeps commands in: namespaces, container, e2b or daytona' },
  ),
  setting(
    'sandbox.containerNetwork',
    { flag: null, variable: 'LONGHAUL_CONTAINER_NETWORK' },
    { kind: 'text', value: 'open|none', about: 'what a container reaches where its network cannot be cut' },
  ),
  setting(
    'sandbox.image',
    { flag: null, variable: 'LONGHAUL_SANDBOX_IMAGE' },
    { kind: 'text', value: 'name', about: 'template (E2B) or snapshot (Daytona) for commands' },
  ),
  setting(
    'sandbox.readable',
    { flag: '--readable', variable: 'LONGHAUL_READABLE' },
    { kind: 'list', value: 'folder:…', about: 'folders outside /usr that commands may read' },
  ),
  setting(
    'sandbox.memoryBytes',
    { flag: null, variable: 'LONGHAUL_MEMORY_BYTES' },
    { kind: 'number', value: 'bytes', about: 'memory of a command' },
  ),
  setting(
    'sandbox.workspaceBytes',
    { flag: null, variable: 'LONGHAUL_WORKSPACE_BYTES' },
    { kind: 'number', value: 'bytes', about: 'size of a workspace' },
  ),
  setting(
    'server.host',
    { flag: '--host', variable: 'LONGHAUL_HOST' },
    { kind: 'text', value: 'address', about: 'address to listen on' },
  ),
  setting(
    'server.port',
    { flag: '--port', variable: 'LONGHAUL_PORT' },
    { kind: 'number', value: 'port', about: 'port to listen on; 0: a free one' },
  ),
  setting(
    'server.publicUrl',
    { flag: '--public-url', variable: 'LONGHAUL_PUBLIC_URL' },
    { kind: 'text', value: 'url', about: 'how workers and clients reach the runner' },
  ),
  setting(
    'leaseSeconds',
    { flag: null, variable: 'LONGHAUL_LEASE_SECONDS' },
    { kind: 'number', value: 'seconds', about: 'silence after which a worker has lost its run' },
  ),
  setting(
    'decisionHours',
    { flag: null, variable: 'LONGHAUL_DECISION_HOURS' },
    { kind: 'number', value: 'hours', about: 'how long a decision waits for a person' },
  ),
  setting(
    'idleMinutes',
    { flag: '--idle-minutes', variable: 'LONGHAUL_IDLE_MINUTES' },
    {
      kind: 'number',
      value: 'minutes',
      about: 'stop when nobody was there and nothing was to do for so long; or never',
    },
  ),
];

/** Values of one source, nested as in the file, and how to name each of them there. */
export interface Layer {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origin: (path: string) => string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lays later layers over earlier ones, and remembers where each value came from. */
export const layer = (
  layers: readonly Layer[],
): { values: Record<string, unknown>; originOf: (path: string) => string | null } => {
  const origins = new Map<string, string>();
  const put = (
    target: Record<string, unknown>,
    values: Readonly<Record<string, unknown>>,
    at: { prefix: string; origin: Layer['origin'] },
  ): void => {
    for (const [key, value] of Object.entries(values)) {
      const path = at.prefix === '' ? key : `${at.prefix}.${key}`;
      if (isObject(value)) {
        const below = target[key];
        const next: Record<string, unknown> = isObject(below) ? below : {};
        target[key] = next;
        put(next, value, { prefix: path, origin: at.origin });
      } else {
        target[key] = value;
        origins.set(path, at.origin(path));
      }
    }
  };
  const values: Record<string, unknown> = Object.create(null);
  for (const { values: own, origin } of layers) put(values, own, { prefix: '', origin });
  return { values, originOf: (path) => origins.get(path) ?? null };
};
