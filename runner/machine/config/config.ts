import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { Role } from '../../../shared/api/runner-api.ts';
import {
  ContainerNetwork,
  Isolation,
  IsolationSettings,
  ModelSettings,
  ModelSwitches,
  SandboxLimits,
} from '../../../shared/api/worker-api.ts';
import { WebhookName } from '../../../shared/recipe/trigger.ts';
import { Budget, defaultBudget } from '../../../shared/run/budget.ts';
import { readConfigFile } from './config-file.ts';
import { fromTexts, isObject, layer, textOf, type Layer } from './layers.ts';
import { operatorSettings } from './operator.ts';
import { RemoteConfig } from './remote-config.ts';
import { settings, type Flags } from './settings.ts';
import { firstSandboxUser, toolchains } from './toolchain.ts';

const GiB = 2 ** 30;
const Count = z.int().positive();

const { shape: model } = ModelSettings;
const Model = ModelSettings.extend({
  name: model.name.default('gpt-5.1-codex'),
  api: model.api.default('responses'),
  /** Default: OpenAI's own, or Anthropic's where that is the API. */
  baseUrl: z.url({ protocol: /^https?$/ }).default('https://api.openai.com/v1'),
  background: model.background.default(false),
  reasoningEffort: model.reasoningEffort.default(null),
  contextWindow: model.contextWindow.default(null),
  idleSeconds: model.idleSeconds.max(3600).default(120),
  switches: ModelSwitches.prefault({}),
  pricesOf: z.string().min(1).nullable().default(null),
});

const Limits = z.strictObject({
  /** Activations at once. A worker mostly waits for its model, but what it runs in its sandbox can fill a core. */
  workers: Count.max(256).default(() => Math.max(1, availableParallelism())),
  perTenant: Count.nullable().default(null),
  perRepository: Count.nullable().default(null),
});

const { shape: limits } = SandboxLimits;
/** Of each run's sandbox; a repair of an ordinary project fits, a runaway does not. */
const Sandbox = SandboxLimits.extend({
  isolation: Isolation.default('namespaces'),
  containerNetwork: ContainerNetwork.nullable().default(null),
  image: IsolationSettings.shape.image.default(null),
  /** A test runner with a dozen processes fits. */
  memoryBytes: limits.memoryBytes.default(8 * GiB),
  /** One node has 11 threads; a test runner on 16 cores starts some 20 of them. */
  processes: limits.processes.default(1024),
  fileBytes: limits.fileBytes.default(2 * GiB),
  tmpBytes: limits.tmpBytes.default(GiB),
  /** node_modules of a large project comes to 2 GB. */
  workspaceBytes: limits.workspaceBytes.default(10 * GiB),
  /** Folders outside /usr that commands may read: toolchains. */
  readable: z.array(z.string().startsWith('/', 'expected an absolute path')).default(() => toolchains(process.env)),
  /** As root: run n's commands run as this user plus n. */
  uidBase: z.int().min(1000).default(firstSandboxUser),
});

/** Where runs are kept. A URL alone means Postgres, so that a variable is enough to choose it. */
const Store = z.preprocess(
  (value) => (isObject(value) && 'url' in value && !('kind' in value) ? { ...value, kind: 'postgres' } : value),
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('sqlite') }),
    z.strictObject({
      kind: z.literal('postgres'),
      /** A database of Longhaul's own. May hold a password, so it is never logged, and no flag gives it. */
      url: z.string().regex(/^postgres(?:ql)?:\/\/\S+$/, 'expected postgres://user:password@host:port/database'),
      /** For reads and writes at once; each control plane has two more. The server's own limit is 100 as a rule. */
      connections: Count.min(2).max(500).default(10),
    }),
  ]),
);
export type StoreConfig = z.infer<typeof Store>;

/** What starts workers: child processes of the runner's own, or a task that is deployed to Trigger.dev. */
const Engine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('embedded') }),
  z.strictObject({
    kind: z.literal('trigger'),
    /** `token` where a wait frees the machine (Trigger.dev's Cloud); elsewhere it would hold one for days. */
    waits: z.enum(['end', 'token']).default('end'),
    /** An activation that no machine has begun with for so long is lost. */
    ttlSeconds: Count.max(86_400).default(3600),
    /** Trigger.dev's name for a size; null: what trigger.config.ts says. */
    machine: z
      .enum(['micro', 'small-1x', 'small-2x', 'medium-1x', 'medium-2x', 'large-1x', 'large-2x'])
      .nullable()
      .default(null),
    /** A deployment to stay with, such as 20260131.1; null: the current one. */
    version: z.string().min(1).nullable().default(null),
  }),
]);

/** A person as git names them: `Ada <ada@example.org>`. */
export const Author = z
  .string()
  .max(200)
  .regex(
    /^[^\p{Cc}<>]*[^\p{Cc}<>\s][^\p{Cc}<>]* <[^\p{Cc}<>\s@]+@[^\p{Cc}<>\s@]+>$/u,
    'expected Ada <ada@example.org>',
  );

const Token = z.strictObject({
  /** Hex SHA-256 of the token: printf %s TOKEN | sha256sum */
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'expected the hex SHA-256 of a token'),
  name: z.string().min(1).max(100),
  tenant: z.string().min(1).max(100),
  role: Role,
  /** Named in the commits of their runs, where those are made by an app; left out: nobody is. */
  author: Author.optional(),
});
export type TokenConfig = z.infer<typeof Token>;

const Server = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any free one; runner.json says which. */
  port: z.int().min(0).max(65_535).default(0),
  /** What workers are told, where it is not the address listened on. Its host is one that requests may name. */
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .nullable()
    .default(null),
  /** Web pages that may call, as origins; none by default: editor and command line send no Origin. */
  origins: z.array(z.string()).default([]),
  tokens: z.array(Token).default([]),
  /** 200 events of a worker at once, each with 16 KB of output and some with a file's content. */
  maxBodyBytes: Count.default(16 * 2 ** 20),
  maxBlobBytes: Count.default(GiB),
  /** Snapshots that a tenant uploaded and has not delegated on. */
  maxUploadedBytes: Count.default(4 * GiB),
});

/** Where large contents are kept. Keys of a bucket come from where the AWS SDK looks for them, never from here. */
const Blobs = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('folder') }),
  z.strictObject({
    kind: z.literal('s3'),
    bucket: z.string().min(3),
    region: z.string().min(1),
    /** Of a store that is not Amazon's. */
    endpoint: z
      .url({ protocol: /^https?$/ })
      .nullable()
      .default(null),
    /** Before each key, such as longhaul/ */
    prefix: z.string().max(500).default(''),
    /** https://host/bucket and not https://bucket.host: what most stores but Amazon's want. */
    forcePathStyle: z.boolean().default(false),
  }),
]);

/** Signed webhooks of anybody's, as standardwebhooks.com has them: `POST /webhooks/in/<name>`. */
const WebhookConfig = z.strictObject({
  name: WebhookName,
  /** Whose triggers they are for. */
  tenant: z.string().min(1).max(100).default('local'),
  /** Variable of the runner's environment that holds the secret: `whsec_` and base64. */
  secretVariable: z.string().min(1),
});

const Config = z.strictObject({
  model: Model.prefault({}),
  /** Goes to workers through their environment, and nowhere else. Null: the endpoint asks for none. */
  apiKey: z.string().trim().min(1).nullable().default(null),
  store: Store.prefault({ kind: 'sqlite' }),
  limits: Limits.prefault({}),
  budget: Budget.partial()
    .default({})
    .transform((own) => Budget.parse({ ...defaultBudget, ...own })),
  ...operatorSettings,
  engine: Engine.prefault({ kind: 'embedded' }),
  sandbox: Sandbox.prefault({}),
  server: Server.prefault({}),
  blobs: Blobs.prefault({ kind: 'folder' }),
  remotes: z.array(RemoteConfig).default([]),
  webhooks: z.array(WebhookConfig).default([]),
  /** A worker that is not heard of for so long has lost its run. Three heartbeats fit in. */
  leaseSeconds: z.number().min(0.5).max(600).default(15),
  /** Between two looks at a pull request of which there has been news lately; where there is none, up to ten times as long. */
  followSeconds: z.number().min(1).max(3600).default(60),
  /** How long a decision waits, where the delegation does not say. */
  decisionHours: z
    .number()
    .positive()
    .max(24 * 365)
    .default(72),
  /** Without anybody there or anything to do for so long, the runner stops. Null, or `never`: it stays. */
  idleMinutes: z.preprocess(
    (value) => (value === 'never' ? null : value),
    z
      .number()
      .positive()
      .max(60 * 24 * 365)
      .nullable()
      .default(null),
  ),
  audit: z
    .strictObject({
      /** Where the end of each tenant's audit log is written down each minute, outside of the store; null: nowhere. */
      anchorFile: z.string().startsWith('/', 'expected an absolute path').nullable().default(null),
    })
    .prefault({}),
  retention: z
    .strictObject({
      /** Days that the snapshot of a run that is over is kept; its branch can be made that long. */
      sourceDays: z.number().nonnegative().default(30),
      /** Days that the tree and the checkpoints of a run that failed or was cancelled are kept; it can be resumed that long. */
      treeDays: z.number().nonnegative().default(7),
    })
    .prefault({}),
});

/** Minutes after which a runner goes that was started because something needed it, where nobody says otherwise. */
export const onDemandIdleMinutes = 30;

/** All settings of a runner, each with a value. */
export type RunnerConfig = z.infer<typeof Config>;

/** The part of the sandbox's settings that goes to every worker. The rest are folders and user ids of this machine. */
export const sandboxForWorkers = ({
  sandbox,
}: RunnerConfig): { readonly sandbox: SandboxLimits; readonly isolation: IsolationSettings } => {
  const { readable: _readable, uidBase: _uidBase, isolation: kind, containerNetwork, image, ...limits } = sandbox;
  return { sandbox: limits, isolation: { kind, containerNetwork, image } };
};

export type LoadedConfig =
  | { readonly outcome: 'ok'; readonly config: RunnerConfig }
  /** A sentence each, with where the bad value came from. */
  | { readonly outcome: 'invalid'; readonly problems: readonly string[] };

export interface ConfigSources {
  /** By setting, as `settings` names them: `model.name`. */
  readonly flags: Flags;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `<home>/config.yaml`; a missing one is an empty one. */
  readonly file: string;
  /** In the place of some defaults, as flags have them. */
  readonly defaults?: Flags;
}

/** Reads the settings: a flag wins over the environment, that over the file, that over the defaults. Throws for broken I/O only. */
export const loadConfig = async ({ flags, env, file, defaults = {} }: ConfigSources): Promise<LoadedConfig> => {
  const read = await readConfigFile(file);
  if (read.outcome === 'invalid') return read;
  const layersFor = (anthropic: boolean): readonly Layer[] => [
    fromTexts(
      settings.flatMap(({ path }) => textOf(path, defaults[path] ?? (anthropic ? ofAnthropic[path] : undefined), path)),
    ),
    { values: read.values, origin: (path) => `${file}: ${path}` },
    fromTexts(
      settings.flatMap(({ path, variable: usual }) => {
        const variable = anthropic ? (usual?.replace(/^OPENAI_/, 'ANTHROPIC_') ?? null) : usual;
        return textOf(path, variable === null ? undefined : env[variable], variable ?? '');
      }),
    ),
    fromTexts(settings.flatMap(({ path, flag }) => textOf(path, flags[path], flag ?? path))),
  ];
  // Another provider's key and address are nothing to this one: with its API, its own variables count.
  const first = layer(layersFor(false));
  const merged = isAnthropic(first.values) ? layer(layersFor(true)) : first;
  const parsed = Config.safeParse(merged.values);
  if (parsed.success) return { outcome: 'ok', config: parsed.data };
  return { outcome: 'invalid', problems: parsed.error.issues.map((issue) => describe(issue, merged.originOf, file)) };
};

const ofAnthropic: Readonly<Record<string, string>> = { 'model.baseUrl': 'https://api.anthropic.com/v1' };

const isAnthropic = ({ model }: Readonly<Record<string, unknown>>): boolean =>
  isObject(model) && 'api' in model && model.api === 'anthropic';

const describe = (issue: z.core.$ZodIssue, originOf: (path: string) => string | null, file: string): string => {
  const path = issue.path.join('.');
  // Of the ways that there are it is the one of which least is wrong; a union that says itself what it takes is told as it says.
  const [nearest] =
    issue.code === 'invalid_union' && issue.message === 'Invalid input'
      ? issue.errors.toSorted((a, b) => a.length - b.length)
      : [];
  if (nearest !== undefined && nearest.length > 0)
    return nearest
      .map((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, originOf, file))
      .join(' ');
  if (issue.code === 'unrecognized_keys')
    return issue.keys
      .map((key) => `${file}: ${path === '' ? key : `${path}.${key}`}: there is no such setting.`)
      .join(' ');
  for (let at = path; at !== ''; at = at.includes('.') ? at.slice(0, at.lastIndexOf('.')) : '') {
    const origin = originOf(at);
    if (origin !== null) return `${origin}: ${at === path ? '' : `${path.slice(at.length + 1)}: `}${issue.message}`;
  }
  return `${path}: ${issue.message}`;
};
