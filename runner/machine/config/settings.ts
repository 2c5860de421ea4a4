const kinds = ['text', 'number', 'boolean', 'list'] as const;
type Kind = (typeof kinds)[number];

/** A setting that a flag or a variable can give. `value` names its value in help. */
export interface Setting {
  /** Where it is in the file: `model.name`. */
  readonly path: string;
  /** Null: no flag, because a value on a command line can be read by every user of the machine. */
  readonly flag: string | null;
  readonly variable: string | null;
  readonly kind: Kind;
  readonly value: string;
  readonly about: string;
}

/** Values of flags by setting, as text. */
export type Flags = Readonly<Record<string, string | undefined>>;

/** `given`: its value by its kind, and what it is about. */
const setting = (
  path: string,
  [flag, variable]: readonly [flag: string | null, variable: string | null],
  given: Readonly<Partial<Record<Kind, string>>> & Pick<Setting, 'about'>,
): Setting => {
  const kind = kinds.find((each) => given[each] !== undefined) ?? 'text';
  return { path, flag, variable, kind, value: given[kind] ?? '', about: given.about };
};

/** Every setting that is not in the file alone. The command line makes its flags and its help from this. */
export const settings: readonly Setting[] = [
  setting('model.name', ['--model', 'LONGHAUL_MODEL'], { text: 'name', about: 'model that agents use' }),
  setting('model.api', ['--api', 'LONGHAUL_API'], {
    text: 'responses|chat|anthropic',
    about: 'API that the model endpoint speaks',
  }),
  setting('model.baseUrl', ['--base-url', 'OPENAI_BASE_URL'], {
    text: 'url',
    about: 'model endpoint, such as https://api.openai.com/v1',
  }),
  setting('model.background', [null, 'LONGHAUL_BACKGROUND'], {
    boolean: 'yes|no',
    about: 'let model calls outlive the worker',
  }),
  setting('model.reasoningEffort', ['--reasoning-effort', 'LONGHAUL_REASONING_EFFORT'], {
    text: 'effort',
    about: 'none, minimal, low, medium, high, xhigh or max',
  }),
  setting('model.contextWindow', ['--context-window', 'LONGHAUL_CONTEXT_WINDOW'], {
    number: 'tokens',
    about: 'context window of a model that the price list does not know',
  }),
  setting('model.idleSeconds', [null, 'LONGHAUL_MODEL_IDLE_SECONDS'], {
    number: 'seconds',
    about: 'silence after which a model call is asked again',
  }),
  setting('model.pricesOf', [null, 'LONGHAUL_PRICES_OF'], { text: 'provider', about: 'provider whose prices hold' }),
  setting('apiKey', [null, 'OPENAI_API_KEY'], { text: 'key', about: 'key of the model endpoint' }),
  setting('store.url', [null, 'LONGHAUL_DATABASE_URL'], {
    text: 'url',
    about: 'Postgres database for the runs, instead of a file in the home',
  }),
  setting('limits.workers', ['--workers', 'LONGHAUL_WORKERS'], { number: 'count', about: 'runs worked on at once' }),
  setting('limits.perTenant', [null, 'LONGHAUL_PER_TENANT'], { number: 'count', about: 'of them, for one tenant' }),
  setting('limits.perRepository', [null, 'LONGHAUL_PER_REPOSITORY'], {
    number: 'count',
    about: 'of them, on one repository',
  }),
  setting('engine.kind', ['--engine', 'LONGHAUL_ENGINE'], { text: 'embedded|trigger', about: 'what starts workers' }),
  setting('engine.waits', [null, 'LONGHAUL_WAITS'], {
    text: 'end|token',
    about: 'on Trigger.dev: end the task at a wait, or suspend it',
  }),
  setting('sandbox.isolation', ['--isolation', 'LONGHAUL_ISOLATION'], {
    text: 'kind',
    about: 'what keeps commands in: namespaces, container, e2b or daytona',
  }),
  setting('sandbox.containerNetwork', [null, 'LONGHAUL_CONTAINER_NETWORK'], {
    text: 'open|none',
    about: 'what a container reaches where its network cannot be cut',
  }),
  setting('sandbox.image', [null, 'LONGHAUL_SANDBOX_IMAGE'], {
    text: 'name',
    about: 'template (E2B) or snapshot (Daytona) for commands',
  }),
  setting('sandbox.readable', ['--readable', 'LONGHAUL_READABLE'], {
    list: 'folder:…',
    about: 'folders outside /usr that commands may read',
  }),
  setting('sandbox.memoryBytes', [null, 'LONGHAUL_MEMORY_BYTES'], { number: 'bytes', about: 'memory of a command' }),
  setting('sandbox.workspaceBytes', [null, 'LONGHAUL_WORKSPACE_BYTES'], {
    number: 'bytes',
    about: 'size of a workspace',
  }),
  setting('server.host', ['--host', 'LONGHAUL_HOST'], { text: 'address', about: 'address to listen on' }),
  setting('server.port', ['--port', 'LONGHAUL_PORT'], { number: 'port', about: 'port to listen on; 0: a free one' }),
  setting('server.publicUrl', ['--public-url', 'LONGHAUL_PUBLIC_URL'], {
    text: 'url',
    about: 'how workers and clients reach the runner',
  }),
  setting('leaseSeconds', [null, 'LONGHAUL_LEASE_SECONDS'], {
    number: 'seconds',
    about: 'silence after which a worker has lost its run',
  }),
  setting('followSeconds', [null, 'LONGHAUL_FOLLOW_SECONDS'], {
    number: 'seconds',
    about: 'how often a pull request is looked at',
  }),
  setting('decisionHours', [null, 'LONGHAUL_DECISION_HOURS'], {
    number: 'hours',
    about: 'how long a decision waits for a person',
  }),
  setting('idleMinutes', ['--idle-minutes', 'LONGHAUL_IDLE_MINUTES'], {
    number: 'minutes',
    about: 'stop when nobody was there and nothing was to do for so long; or never',
  }),
];
