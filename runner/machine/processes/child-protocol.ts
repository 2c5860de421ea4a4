import { z } from 'zod';
import { IsolationSettings, ModelSettings, SandboxLimits, Ticket } from '../../../shared/api/worker-api.ts';
import { ActivationId } from '../../../shared/ids.ts';

/** What a worker needs to know besides its ticket. The model's key is in its environment (OPENAI_API_KEY, or Anthropic's), never here. */
export const WorkerSettings = z.strictObject({
  /** The run's own folder on this machine, absolute. Holds the tree and its checkpoints; exists. */
  dataFolder: z.string().min(1),
  /** Where checkpoints are: in that folder alone, or uploaded as well, because the next activation may be on another machine. */
  keep: z.enum(['local', 'uploaded']),
  sandbox: SandboxLimits,
  isolation: IsolationSettings,
  /** Folders outside /usr that commands may read. */
  readable: z.array(z.string()),
  model: ModelSettings,
  /** As root: the commands of run n run as user `uidBase + n`. */
  uidBase: z.int().positive(),
});
export type WorkerSettings = z.infer<typeof WorkerSettings>;

/** A question of the worker API, in tRPC's terms. */
const Asked = z.strictObject({
  kind: z.literal('ask'),
  /** A child counts its questions. */
  id: z.int().positive(),
  path: z.string(),
  type: z.enum(['query', 'mutation']),
  input: z.unknown(),
});
export type Asked = z.infer<typeof Asked>;

/** tRPC's answer to it. */
const Answered = z.strictObject({
  kind: z.literal('answer'),
  id: z.int().positive(),
  answer: z.union([
    z.object({
      error: z.object({ message: z.string(), code: z.number(), data: z.looseObject({ httpStatus: z.int() }) }),
    }),
    z.object({ result: z.object({ data: z.unknown() }) }),
  ]),
});
export type Answered = z.infer<typeof Answered>;

/** From the control plane to its child. `cancel`: leave that activation at once. `stop`: leave what you do and exit. */
export const ToChild = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run'),
    ticket: Ticket,
    settings: WorkerSettings,
    /** The child's name in the log: no other process ever has it. */
    worker: z.string().min(1).max(200),
    /** It asks the process that started it, over their channel, and over HTTP for blobs alone. */
    asksParent: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('cancel'), activation: ActivationId }),
  z.strictObject({ kind: z.literal('stop') }),
  Answered,
]);
export type ToChild = z.infer<typeof ToChild>;

/** From a child. One activation at a time: `ready` once, then a `done` for each `run`. A child whose channel closes exits. */
export const FromChild = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  z.strictObject({
    kind: z.literal('done'),
    activation: ActivationId,
    /** Null: the activation was ended, the log says how. Else why the worker left without ending it. */
    left: z.string().nullable(),
  }),
  z.strictObject({
    kind: z.literal('log'),
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    fields: z.record(z.string(), z.json()).default({}),
  }),
  Asked,
]);
export type FromChild = z.infer<typeof FromChild>;
