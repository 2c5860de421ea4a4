import { z } from 'zod';
import { ActivationId, RunId } from '../ids.ts';
import { WorkerEvent, type RunEvent } from '../run/events.ts';
import type { Refusal } from '../run/refusal.ts';
import type { Principal } from './runner-api.ts';

export const LeaseInput = z.strictObject({ run: RunId, activation: ActivationId, worker: z.string().min(1).max(200) });
export type LeaseInput = z.infer<typeof LeaseInput>;

export const AppendInput = z.strictObject({
  run: RunId,
  activation: ActivationId,
  fence: z.int().positive(),
  /** Counts this activation's appends from 1. Sent again after a lost answer it is not written again. */
  batch: z.int().positive(),
  /** The last event the worker knows: the answer has all that came after it. */
  after: z.int().nonnegative(),
  events: z.array(WorkerEvent).min(1).max(200),
  /** The answer need not repeat these events: it says where they stand. */
  brief: z.boolean().default(false),
});
export type AppendInput = z.infer<typeof AppendInput>;

export const HeartbeatInput = z.strictObject({
  run: RunId,
  activation: ActivationId,
  fence: z.int().positive(),
  after: z.int().nonnegative(),
});
export type HeartbeatInput = z.infer<typeof HeartbeatInput>;

/** Of what a command prints, so many characters are told while it runs: its last. */
export const printedCharacters = 16_000;

export const PrintedInput = z.strictObject({
  run: RunId,
  activation: ActivationId,
  /** Counts from 1 what this activation tells: they may overtake one another. */
  order: z.int().positive(),
  /** Null: no command runs. */
  output: z.string().max(printedCharacters).nullable(),
});
export type PrintedInput = z.infer<typeof PrintedInput>;

/** The source of a run, or what it is to be merged with. */
const CredentialOf = z.enum(['source', 'base']);
export type CredentialOf = z.infer<typeof CredentialOf>;

export const CredentialInput = z.strictObject({ run: RunId, activation: ActivationId, of: CredentialOf });
export type CredentialInput = z.infer<typeof CredentialInput>;

/** To read the remote that the run's source names, or what it is to be merged with, and nothing else. Null: that remote is read without one. */
export interface Credential {
  readonly outcome: 'credential';
  readonly credential: { readonly username: string; readonly password: string } | null;
}

export interface Leased {
  readonly outcome: 'leased';
  readonly fence: number;
  /** The lease ends this many ms after the last heartbeat or append that the control plane saw. */
  readonly leaseMs: number;
  readonly events: readonly RunEvent[];
}
export interface Held {
  readonly outcome: 'held';
  /** All events after `after`, the worker's own among them. */
  readonly events: readonly RunEvent[];
}
/** An event of the worker's own that the answer does not repeat, by its place in what was sent. */
interface Own extends Pick<RunEvent, 'seq' | 'position' | 'at'> {
  readonly own: number;
}
/** As `Held`; where it was asked to be brief, with `Own` for what the worker has just sent. */
export interface Appended {
  readonly outcome: 'held';
  readonly events: readonly (RunEvent | Own)[];
}
export interface Refused {
  readonly outcome: 'refused';
  readonly refusal: Refusal;
}

/**
 * Raised whenever a worker from before could not work with it: an event it does not know, a field it does not send. A
 * worker that is deployed apart from its control plane compares its own with the one it is told.
 */
export const contract = 10;

/** Sizes in bytes. */
export const SandboxLimits = z.strictObject({
  /** What all processes of a command may use together; besides, files in /tmp and /dev/shm are memory. */
  memoryBytes: z.int().positive(),
  /** Threads count. */
  processes: z.int().positive(),
  /** Largest file that can be written. */
  fileBytes: z.int().positive(),
  /** /tmp; and the home, where none is kept. */
  tmpBytes: z.int().positive(),
  /** The whole workspace with the home: polled while a command runs, and looked at when it has ended. */
  workspaceBytes: z.int().positive(),
});
export type SandboxLimits = Readonly<z.infer<typeof SandboxLimits>>;

/**
 * What keeps commands in: namespaces of the worker's own machine; the container that the worker is in, which then is there
 * for one run alone; or a machine of a provider.
 */
export const Isolation = z.enum(['namespaces', 'container', 'e2b', 'daytona']);
export type Isolation = z.infer<typeof Isolation>;

/** The operator's word on what a container's network reaches, needed where commands cannot be kept from it. `none`: nothing but what the worker needs. */
export const ContainerNetwork = z.enum(['open', 'none']);
export type ContainerNetwork = z.infer<typeof ContainerNetwork>;

export const IsolationSettings = z.strictObject({
  kind: Isolation,
  containerNetwork: ContainerNetwork.nullable(),
  /** Template (E2B) or snapshot (Daytona); null: the provider's own. */
  image: z.string().min(1).nullable(),
});
export type IsolationSettings = z.infer<typeof IsolationSettings>;

/** Parts of a request that OpenAI knows and not every endpoint does; those that are left out are known. */
export const ModelSwitches = z.strictObject({
  /** `strict: true` with each tool. */
  strict: z.boolean().optional(),
  /** `stream_options` of Chat Completions, which asks for usage. */
  streamOptions: z.boolean().optional(),
  /** `parallel_tool_calls`. */
  parallelCalls: z.boolean().optional(),
  /** Reasoning text and signatures go back to the endpoint that gave them. */
  returnReasoning: z.boolean().optional(),
  /** `include: ['reasoning.encrypted_content']` of the Responses API. */
  encryptedReasoning: z.boolean().optional(),
  /** How much the model is to think, where the configuration says so. */
  reasoning: z.boolean().optional(),
  /** Images in a message. Never left out by itself: a task that brings some is not begun without them. */
  images: z.boolean().optional(),
});
export type ModelSwitches = z.infer<typeof ModelSwitches>;

/** The runner's default; a task may name another model. Its key is in the worker's environment, never here. */
export const ModelSettings = z.strictObject({
  name: z.string().min(1),
  /** `chat`: Chat Completions, for endpoints that have no Responses. */
  api: z.enum(['responses', 'chat', 'anthropic']),
  baseUrl: z.string(),
  /** Responses only: a call outlives the worker that made it. */
  background: z.boolean(),
  reasoningEffort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullable(),
  /** Tokens; null: what the price list says of the model. */
  contextWindow: z.int().positive().nullable(),
  /** A stream that says nothing for so long is given up and asked again. */
  idleSeconds: z.number().positive(),
  /** What of the API the endpoint does not know, each `false`. A control plane from before there was one has none. */
  switches: ModelSwitches.default({}),
  /** Provider whose prices hold, where the endpoint is not OpenAI's own. */
  pricesOf: z.string().nullable(),
});
export type ModelSettings = z.infer<typeof ModelSettings>;

/** What a worker that the control plane did not start has to know besides its ticket. What is new in it, it may ignore. */
export const WorkSettings = z.object({
  contract: z.int().positive(),
  sandbox: SandboxLimits,
  /** A control plane from before it had a choice knows of one. */
  isolation: IsolationSettings.default({ kind: 'namespaces', containerNetwork: null, image: null }),
  model: ModelSettings,
  /** Where checkpoints have to be when an activation ends: `local` is enough where the next one finds this disk again. */
  keep: z.enum(['local', 'uploaded']),
  /** `token`: the worker stays, suspended, until the next activation; `end`: it leaves, and another one is started then. */
  waits: z.enum(['end', 'token']),
});
export type WorkSettings = z.infer<typeof WorkSettings>;

export const SettingsInput = z.strictObject({ run: RunId, activation: ActivationId });
export type SettingsInput = z.infer<typeof SettingsInput>;

/** What a worker may ask, with a token for one activation of one run. Refusals are values: a worker acts on them. */
export interface WorkerApi {
  settings(caller: Principal, input: SettingsInput): Promise<WorkSettings>;
  lease(caller: Principal, input: LeaseInput): Promise<Leased | Refused>;
  append(caller: Principal, input: AppendInput): Promise<Appended | Refused>;
  heartbeat(caller: Principal, input: HeartbeatInput): Promise<Held | Refused>;
  /** What the command that runs has printed so far: for whoever looks on, and not for the log. */
  printed(caller: Principal, input: PrintedInput): Promise<null>;
  /** A short-lived credential. Which remote it is for, the run says, and not the worker. */
  credential(caller: Principal, input: CredentialInput): Promise<Credential | Refused>;
}

/** What an engine gives a worker to begin with. */
export const Ticket = z.strictObject({
  run: RunId,
  activation: ActivationId,
  /** Base URL of the control plane, without a slash at the end. */
  url: z.url(),
  token: z.string().min(1),
});
export type Ticket = z.infer<typeof Ticket>;
