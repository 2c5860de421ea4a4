import type { Sandbox } from '@daytona/sdk';
import { z } from 'zod';

/** Bodies of Daytona's API as its SDK may send them. `satisfies` ties each to a type of the SDK: a field that is renamed there does not compile here. */
type Given<Name extends keyof Sandbox> = z.ZodType<Exclude<Sandbox[Name], undefined>>;

const labels = z.record(z.string(), z.string()) satisfies Given<'labels'>;

export const CreateSandbox = z.strictObject({
  snapshot: z.string().min(1).optional() satisfies z.ZodType<Sandbox['snapshot']>,
  user: z.literal('root') satisfies Given<'user'>,
  env: z.strictObject({}) satisfies Given<'env'>,
  labels,
  networkBlockAll: z.literal(true) satisfies Given<'networkBlockAll'>,
  autoStopInterval: z.int().positive() satisfies Given<'autoStopInterval'>,
  autoDeleteInterval: z.literal(0) satisfies Given<'autoDeleteInterval'>,
  target: z.string().optional(),
});

export const NetworkSettings = z.discriminatedUnion('networkBlockAll', [
  z.strictObject({ networkBlockAll: z.literal(true) }),
  z.strictObject({ networkBlockAll: z.literal(false), domainAllowList: z.string().min(1) }),
]) satisfies z.ZodType<Parameters<Sandbox['updateNetworkSettings']>[0]>;

export const CreateSession = z.strictObject({ sessionId: z.string().min(1) });

export const Execute = z.strictObject({ command: z.string().min(1), runAsync: z.literal(true) }) satisfies z.ZodType<
  Parameters<Sandbox['process']['executeSessionCommand']>[1]
>;

export const Download = z.strictObject({ paths: z.tuple([z.string().startsWith('/')]) });

export type Created = z.infer<typeof CreateSandbox>;

/** A sandbox as the API shows it. */
export const shown = (id: string, body: Created, url: string) => ({
  id,
  organizationId: 'fake',
  name: id,
  user: body.user,
  env: {},
  labels: body.labels,
  public: false,
  networkBlockAll: body.networkBlockAll,
  target: 'fake',
  cpu: 1,
  gpu: 0,
  memory: 1,
  disk: 3,
  state: 'started' as const,
  autoStopInterval: body.autoStopInterval,
  autoDeleteInterval: body.autoDeleteInterval,
  toolboxProxyUrl: `${url}/toolbox`,
});
